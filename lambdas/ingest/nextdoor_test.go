package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

// street is a handler between its own stream and bucket and the bucket next door.
type street struct {
	*ingest.Handler
	stream, bucket, nextDoor *slow
	out                      bytes.Buffer
}

func newStreet(c ingest.Config, stream, bucket, nextDoor slow) *street {
	s := &street{stream: &stream, bucket: &bucket, nextDoor: &nextDoor}
	c.NextDoor = ingest.NextDoor{Bucket: "lake-2", Region: "ap-southeast-1"}
	s.Handler = ingest.New(c, asStream{s.stream}, asBucket{s.bucket}, asBucket{s.nextDoor},
		&s.out, logger(&s.out))
	return s
}

// post has s answer an event with this body.
func (s *street) post(ctx context.Context, t *testing.T, body string) answer {
	t.Helper()
	response, err := s.Invoke(ctx, []byte(`{"body":"`+body+`"}`))
	var a answer
	if err == nil {
		err = json.Unmarshal(response, &a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestWhatTheRegionRefusesIsSpilledNextDoor, and nothing else is: within AnswerWithin, and
// only when both stores of the region have refused it.
func TestWhatTheRegionRefusesIsSpilledNextDoor(t *testing.T) {
	down, hanging := slow{err: errDown}, slow{after: hangs}
	const longest = ingest.AnswerWithin
	for name, c := range map[string]struct {
		stream, bucket, nextDoor slow
		metric                   string // "": the stream took it
		took                     time.Duration
	}{
		"the stream takes it":           {slow{}, down, down, "", 0},
		"a slow stream takes it":        {slow{after: 900 * time.Millisecond}, slow{}, slow{}, "", 900 * time.Millisecond},
		"the bucket takes it":           {down, slow{}, slow{}, ingest.MetricSpilled, 0},
		"a slow bucket takes it":        {hanging, slow{after: 400 * time.Millisecond}, slow{}, ingest.MetricSpilled, 1400 * time.Millisecond},
		"both refuse":                   {down, down, slow{after: 200 * time.Millisecond}, ingest.MetricNextDoor, 200 * time.Millisecond},
		"both hang":                     {hanging, hanging, slow{}, ingest.MetricNextDoor, 1500 * time.Millisecond},
		"both hang, a new connection":   {hanging, hanging, slow{after: 3 * 327 * time.Millisecond}, ingest.MetricNextDoor, 2481 * time.Millisecond},
		"breaker is open, bucket hangs": {down, hanging, slow{after: time.Second}, ingest.MetricNextDoor, 2025 * time.Millisecond},
		"stream hangs, bucket refuses":  {hanging, down, slow{after: 1500 * time.Millisecond}, ingest.MetricNextDoor, 2500 * time.Millisecond},
		"all refuse":                    {down, down, down, ingest.MetricUnstored, 0},
		"both refuse, next door hangs":  {down, down, hanging, ingest.MetricUnstored, longest},
		"all hang":                      {hanging, hanging, hanging, ingest.MetricUnstored, longest},
		"all hang but the stream":       {down, hanging, hanging, ingest.MetricUnstored, longest},
		"both hang, next door refuses":  {hanging, hanging, down, ingest.MetricUnstored, 1500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStreet(inFrankfurt(), c.stream, c.bucket, c.nextDoor)
				began := time.Now()
				a := s.post(t.Context(), t, "secret")
				if took := time.Since(began); took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				status := 200
				if c.metric == ingest.MetricUnstored {
					status = 503
				}
				checkContract(t, a, status)
				if asked := c.metric == ingest.MetricNextDoor || status == 503; (len(s.nextDoor.put) == 1) != asked {
					t.Errorf("next door is asked %d times", len(s.nextDoor.put))
				}
				for _, metric := range []string{ingest.MetricSpilled, ingest.MetricNextDoor, ingest.MetricUnstored} {
					if counted := strings.Contains(s.out.String(), `"`+metric+`":1`); counted != (metric == c.metric) {
						t.Errorf("%s is counted: %v, in %s", metric, counted, &s.out)
					}
				}
				if status == 503 {
					checkLog(t, s.out.String(), "spilling to ap-southeast-1")
				}
			})
		})
	}
}

// The next region's notification, Redrive and Validator know the record by its key and its
// bytes: those of a record that was spilled at home.
func TestWhatIsSpilledNextDoorIsARecordLikeTheOthers(t *testing.T) {
	for name, body := range map[string]string{"usual": "secret", "oversize": strings.Repeat("x", 2*record.MaxBytes)} {
		s := newStreet(inFrankfurt(), slow{err: errDown}, slow{err: errDown}, slow{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // the put has used up the time of the invocation
		a := s.post(ctx, t, body)
		r, rest, err := record.Decode(s.nextDoor.put[0])
		if err != nil || len(rest) > 0 || string(r.Body) != body || r.Region != "eu-central-1" || r.Probe {
			t.Errorf("%s: stored %+v, error %v, %d bytes behind it", name, r.Header, err, len(rest))
		}
		key := record.SpillKey(r.ID, r.ReceivedAt)
		if s.nextDoor.keys[0] != key || !bytes.Equal(s.nextDoor.put[0], s.bucket.put[0]) {
			t.Errorf("%s: it lies at %s, want the same bytes at %s", name, s.nextDoor.keys[0], key)
		}
		if want := `{"id":"` + r.ID + `"}`; a.StatusCode != 200 || a.Body != want {
			t.Errorf("%s: answer is %d %s, want %s", name, a.StatusCode, a.Body, want)
		}
		checkLog(t, s.out.String(), "record is spilled next door", errDown.Error())
	}
}

// Clients must go to the next region themselves.
func TestARegionThatStoresNextDoorOnlyIsUnhealthy(t *testing.T) {
	s := newStreet(inFrankfurt(), slow{err: errDown}, slow{err: errDown}, slow{})
	checkContract(t, s.post(t.Context(), t, "b"), 200)
	a, text := checked(t, s.Handler)
	checkContract(t, a, 503)
	if text.Error != "unstored" || len(s.nextDoor.put) != 1 {
		t.Errorf("answer is %+v, next door was asked %d times, want the event's", text, len(s.nextDoor.put))
	}
}

// While next door takes records, none is lost, so the answer stays the first thing.
func TestImmediateSpillsNextDoorToo(t *testing.T) {
	s := newStreet(immediate(), slow{err: errDown}, slow{err: errDown}, slow{})
	invocations, ended := make(next), make(chan error)
	go func() { ended <- s.WriteBehind(context.Background(), invocations) }()
	for n := range 3 {
		invocations.begin(nil)
		ctx, answered := context.WithTimeout(t.Context(), time.Minute)
		answer, err := s.Invoke(ctx, []byte(`{"body":"b"}`))
		if err != nil || !strings.Contains(string(answer), `"statusCode":200`) || len(s.nextDoor.put) != n {
			t.Errorf("request %d: %s, error %v, after %d records next door", n, answer, err, len(s.nextDoor.put))
		}
		answered()
	}
	invocations.begin(errEnd)
	invoke(t, s.Handler)
	if err := <-ended; !errors.Is(err, errEnd) {
		t.Fatal(err)
	}
	if n := strings.Count(s.out.String(), `"EventsSpilledNextDoor":1`); n != 4 || len(s.nextDoor.put) != 4 {
		t.Errorf("counted %d and stored %d next door, want all 4", n, len(s.nextDoor.put))
	}
}
