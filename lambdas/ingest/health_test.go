package ingest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"global-ingest/lambdas/aws/firehose"
	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
)

// slow is a stream or a bucket that answers after a time.
type slow struct {
	after time.Duration // until it answers; hangs: never
	err   error         // its answer
	put   [][]byte
	keys  []string
}

const hangs = time.Hour

func (s *slow) take(ctx context.Context, data []byte) error {
	s.put = append(s.put, bytes.Clone(data))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	select {
	case <-time.After(s.after):
		return s.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// asStream is s as a stream.
type asStream struct{ *slow }

func (s asStream) Put(ctx context.Context, _ string, data []byte) error { return s.take(ctx, data) }

// asBucket is s as a bucket.
type asBucket struct{ *slow }

func (s asBucket) Put(ctx context.Context, key string, data []byte) error {
	s.keys = append(s.keys, key)
	return s.take(ctx, data)
}

func inFrankfurt() ingest.Config {
	c := config()
	c.Region = "eu-central-1"
	return c
}

// checked asks h for its health.
func checked(t *testing.T, h *ingest.Handler) (a answer, text struct{ Region, Stored, Error string }) {
	t.Helper()
	const event = `{"resource":"/health","path":"/health","httpMethod":"GET","headers":{},"body":null}`
	response, err := h.Invoke(t.Context(), []byte(event))
	if err == nil {
		err = json.Unmarshal(response, &a)
	}
	if err == nil {
		err = json.Unmarshal([]byte(a.Body), &text)
	}
	if err != nil {
		t.Fatalf("%v in %s", err, response)
	}
	return a, text
}

// TestOnlyARegionThatStoresNothingIsUnhealthy: a region in which one of the two stores works
// is healthy, however the other one fails, and whether or not clients send something.
func TestOnlyARegionThatStoresNothingIsUnhealthy(t *testing.T) {
	throttled := errors.New("status 400, ServiceUnavailableException: Slow down")
	for name, c := range map[string]struct {
		firehose, s3 slow
		stored       string // "": it is unhealthy
		took         time.Duration
	}{
		"nobody sends anything":            {slow{}, slow{}, "stream", 0},
		"S3 is down":                       {slow{}, slow{err: errDown}, "stream", 0},
		"S3 hangs":                         {slow{}, slow{after: hangs}, "stream", 0},
		"Firehose is slow":                 {slow{after: 900 * time.Millisecond}, slow{err: errDown}, "stream", 900 * time.Millisecond},
		"Firehose throttles":               {slow{err: throttled}, slow{}, "spill", 0},
		"Firehose is down":                 {slow{err: errDown}, slow{}, "spill", 0},
		"Firehose hangs":                   {slow{after: hangs}, slow{}, "spill", time.Second},
		"Firehose is slow, S3 a little":    {slow{after: 1400 * time.Millisecond}, slow{after: 400 * time.Millisecond}, "spill", 1400 * time.Millisecond},
		"Firehose is down, S3 slow":        {slow{err: errDown}, slow{after: time.Second}, "spill", time.Second},
		"both are down":                    {slow{err: throttled}, slow{err: errDown}, "", 0},
		"both hang":                        {slow{after: hangs}, slow{after: hangs}, "", 1500 * time.Millisecond},
		"both are slow":                    {slow{after: 1400 * time.Millisecond}, slow{after: 600 * time.Millisecond}, "", 1500 * time.Millisecond},
		"Firehose hangs, S3 is down":       {slow{after: hangs}, slow{err: errDown}, "", time.Second},
		"Firehose is down, and S3 hangs":   {slow{err: errDown}, slow{after: hangs}, "", ingest.Default().Spill.WorstCase()},
		"Firehose is slow and S3 refuses":  {slow{after: 1100 * time.Millisecond}, slow{err: errDown}, "", time.Second},
		"both are denied, as without role": {slow{err: errors.New("AccessDenied")}, slow{err: errors.New("AccessDenied")}, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				stream, bucket := &c.firehose, &c.s3
				h := ingest.New(inFrankfurt(), asStream{stream}, asBucket{bucket}, nil, &out, logger(&out))
				began := time.Now()
				a, text := checked(t, h)
				if took := time.Since(began); took != c.took {
					t.Errorf("took %v, want %v", took, c.took)
				}
				status, failed := 200, ""
				if c.stored == "" {
					status, failed = 503, "unstored"
				}
				checkContract(t, a, status)
				if text.Region != "eu-central-1" || text.Stored != c.stored || text.Error != failed ||
					a.Headers["Cache-Control"] != "no-store" || a.Headers[ingest.RegionHeader] != "eu-central-1" {
					t.Errorf("answer is %+v", a)
				}
				checkProbe(t, stream, bucket)
				checkHealthMetrics(t, out.String(), c.stored)
			})
		})
	}
}

// checkProbe looks at what the stores were asked to keep.
func checkProbe(t *testing.T, stream, bucket *slow) {
	t.Helper()
	for _, data := range slices.Concat(stream.put, bucket.put) {
		r, _, err := record.Decode(data)
		if err != nil || !r.Probe || r.Region != "eu-central-1" || len(r.Body) > 0 {
			t.Errorf("stored %+v, error %v, want a probe of the region", r, err)
		}
	}
	for _, key := range bucket.keys {
		if key != "health/probe" {
			t.Errorf("stored at %s, where a queue may hear of it", key)
		}
	}
}

// checkHealthMetrics: what alarms watch never counts a probe.
func checkHealthMetrics(t *testing.T, out, stored string) {
	t.Helper()
	for metric, want := range map[string]bool{
		ingest.MetricHealthSpilled: stored == "spill", ingest.MetricHealthUnstored: stored == "",
		ingest.MetricSpilled: false, ingest.MetricUnstored: false,
	} {
		if got := strings.Contains(out, `"`+metric+`":1`); got != want {
			t.Errorf("%s is counted: %v, want %v, in %s", metric, got, want, out)
		}
	}
}

func TestAPanicOfAProbeIsUnhealthyAndNoEvent(t *testing.T) {
	var out bytes.Buffer
	h := ingest.New(inFrankfurt(), stream(func(context.Context, []byte) error { panic("broken") }), &spill{}, nil,
		&out, logger(&out))
	for range 2 {
		a, _ := checked(t, h)
		checkContract(t, a, 503)
	}
	checkHealthMetrics(t, out.String(), "")
}

// WhenUnstored may answer 200 for an event that is lost. A health check tells the truth.
func TestAnUnhealthyRegionSaysSoAlsoWhereEventsAreAcknowledged(t *testing.T) {
	c := inFrankfurt()
	c.WhenUnstored = ingest.Acknowledge
	h := quiet(c, asStream{&slow{err: errDown}}, asBucket{&slow{err: errDown}})
	a, _ := checked(t, h)
	checkContract(t, a, 503)
}

// A breaker that is open keeps probes from Firehose too, and S3 takes them.
func TestAProbeRespectsTheBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down, bucket := &slow{err: errDown}, &slow{}
		breaker := firehose.NewBreaker(putter{down}, bounds.DefaultBreaker(), time.Now)
		h := quiet(inFrankfurt(), firehose.Streams{breaker}, asBucket{bucket})
		for range bounds.DefaultBreaker().Failures {
			if _, err := h.Invoke(t.Context(), []byte(`{"body":"b"}`)); err != nil {
				t.Fatal(err)
			}
		}
		asked := len(down.put)
		time.Sleep(bounds.DefaultBreaker().OpenMin - time.Millisecond)
		bucket.err = errDown
		if _, err := h.Invoke(t.Context(), []byte(`{"body":"b"}`)); err != nil { // nothing is fresh
			t.Fatal(err)
		}
		bucket.err = nil
		if _, text := checked(t, h); text.Stored != "spill" || len(down.put) != asked {
			t.Errorf("stored is %q, Firehose was asked %d times, want %d", text.Stored, len(down.put), asked)
		}
	})
}

// putter is s as what a breaker guards.
type putter struct{ *slow }

func (s putter) Put(ctx context.Context, data []byte) error { return s.take(ctx, data) }

// A record that was just stored, an event or a probe, answers for the region.
func TestForFiveSecondsAStoredRecordIsTheAnswer(t *testing.T) {
	const almost, longer = 5*time.Second - time.Millisecond, 5 * time.Second
	for name, steps := range map[string][]struct {
		wait   time.Duration
		event  bool  // a client's, in place of a check
		down   error // of both stores
		stored string
	}{
		"probe, then checks": {{0, false, nil, "stream"}, {almost, false, nil, "recent"}, {time.Millisecond, false, nil, "stream"}},
		"event, then checks": {{0, true, nil, ""}, {almost, false, errDown, "recent"}, {longer, false, errDown, ""}},
		"event, later":       {{0, true, nil, ""}, {longer, false, nil, "stream"}},
		"refused since":      {{0, true, nil, ""}, {time.Second, true, errDown, ""}, {0, false, errDown, ""}},
		"works again":        {{0, true, errDown, ""}, {0, false, nil, "stream"}, {0, false, errDown, "recent"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stream, bucket := &slow{}, &slow{}
				h := quiet(inFrankfurt(), asStream{stream}, asBucket{bucket})
				for n, step := range steps {
					time.Sleep(step.wait)
					stream.err, bucket.err = step.down, step.down
					if step.event {
						if _, err := h.Invoke(t.Context(), []byte(`{"body":"b"}`)); err != nil {
							t.Fatal(err)
						}
						continue
					}
					puts := len(stream.put)
					_, text := checked(t, h)
					if text.Stored != step.stored || (step.stored == "recent") != (len(stream.put) == puts) {
						t.Errorf("step %d: stored is %q after %d puts, want %q",
							n, text.Stored, len(stream.put)-puts, step.stored)
					}
				}
			})
		})
	}
}

// The memory of a probe is used again for an event, which must not overwrite the probe.
func TestAnEventAfterAProbeIsSpilledForRedrive(t *testing.T) {
	bucket := &slow{}
	h := quiet(inFrankfurt(), asStream{&slow{err: errDown}}, asBucket{bucket})
	checked(t, h)
	for range 100 { // a pool may forget
		if _, err := h.Invoke(t.Context(), []byte(`{"body":"b"}`)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range bucket.keys[1:] {
		if !strings.HasPrefix(key, record.SpillPrefix) {
			t.Errorf("an event is at %s", key)
		}
	}
	if r, _, err := record.Decode(bucket.put[1]); err != nil || r.Probe {
		t.Errorf("record is %+v, error %v, want an event", r, err)
	}
}

// Only the resource that infra makes is a check. An API without it sends the path by
// {proxy+}, where no client has it.
func TestTheSamePathByAnotherResourceIsNoSuchPath(t *testing.T) {
	for _, event := range []string{
		`{"resource":"/{proxy+}","path":"/health","httpMethod":"GET"}`,
		`{"resource":"/{proxy+}","path":"/health","httpMethod":"POST","body":"b"}`,
		`{"resource":"/health","path":"/health","httpMethod":"POST","body":"b"}`,
		`{"path":"/health","httpMethod":"GET","headers":{"resource":"/health"},` +
			`"requestContext":{"resource":"/health","resourcePath":"/health"}}`,
	} {
		stores := func(context.Context, []byte) error { return errors.New("stored") }
		a, logs := ask(t, inFrankfurt(), stores, []byte(event))
		if a.StatusCode != 404 || a.Body != clients.NoSuchPath || logs != "" {
			t.Errorf("%s: %+v, logs %s", event, a, logs)
		}
	}
}

// A probe is stored before its answer, and leaves nothing to store behind it.
func TestAProbeIsStoredFirstWhereEventsAreNot(t *testing.T) {
	puts := 0
	h, invocations, _, _ := behind(t, func(context.Context, []byte) error { puts++; return nil }, nil)
	invocations.begin(nil)
	if _, text := checked(t, h); text.Stored != "stream" || puts != 1 {
		t.Errorf("stored is %q after %d puts", text.Stored, puts)
	}
	invocations.begin(nil) // the extension asks for the next
	invoke(t, h)
	h.Finish()
	if puts != 2 {
		t.Errorf("%d puts, want that of the event too", puts)
	}
}
