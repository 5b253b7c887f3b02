package validate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate"
)

// ids returns the ids of all lines of answers and objects, and how often each is there.
func (l *lab) ids(t *testing.T, answers []answered) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, r := range append(answers, answered{Data: l.stored()}) {
		for line := range bytes.Lines(r.Data) {
			id, _, ok := bytes.Cut(bytes.TrimPrefix(line, []byte(`{"id":"`)), []byte(`"`))
			if !ok {
				t.Fatalf("%.100q is not a line", line)
			}
			found[string(id)]++
		}
	}
	return found
}

// requestID returns an ingest id of the usual length.
func requestID(n int) string { return fmt.Sprintf("0198c6a2-7b1e-7000-8000-%012d", n) }

// repeated is the body of n times the same event, as an array.
func repeated(n int, event string) string {
	return "[" + strings.Repeat(event+",", n-1) + event + "]"
}

// session is a body of n events of one session, each of about size bytes of which some
// are random digits. gzip makes half a byte of a random digit, and next to nothing of
// the rest.
func session(n, size, random int) string {
	source := rand.New(rand.NewPCG(uint64(n), uint64(size)))
	var events []string
	for range n {
		noise := make([]byte, random)
		for i := range noise {
			noise[i] = "0123456789abcdef"[source.IntN(16)]
		}
		filler := strings.Repeat("x", max(size-random-40, 0))
		events = append(events, fmt.Sprintf(`{"type":"seen","noise":%q,"filler":%q}`, noise, filler))
	}
	return "[" + strings.Join(events, ",") + "]"
}

// TestEveryEventArrivesHoweverLargeItsLinesAre: what people reported of systems like
// this one, as batches of up to 1 MiB.
func TestEveryEventArrivesHoweverLargeItsLinesAre(t *testing.T) {
	for name, c := range map[string]struct {
		records, events int // of each record
		body            func(n int) string
	}{
		"two events of 2.3 MB, gzip":        {2, 1, func(int) string { return zipped(t, `{"v":"`+strings.Repeat("a", 2_300_000)+`"}`) }},
		"10,000 empty objects, three times": {3, 10_000, func(int) string { return repeated(10_000, "{}") }},
		"ratio 5":                           {60, 100, func(int) string { return zipped(t, session(100, 962, 310)) }},
		"ratio 5, large bodies":             {12, 500, func(int) string { return zipped(t, session(500, 962, 310)) }},
		"ratio 16":                          {150, 100, func(int) string { return zipped(t, session(100, 900, 68)) }},
		"small lines, not compressed": {60, 500, func(int) string {
			return strings.Repeat(`{"type":"seen","n":1,"text":"0123456789012345678901234567890"}`+"\n", 500)
		}},
		"ratio 1000": {40, 4, func(int) string { return zipped(t, repeated(4, `{"v":"`+strings.Repeat("a", 1_040_000)+`"}`)) }},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, config())
			body := c.body(c.events)
			var records [][]byte
			for n := range c.records {
				records = append(records, sent(requestID(n), body))
			}
			text, err := l.Invoke(context.Background(), batch(records...))
			if err != nil || len(text) > config().MaxResponseBytes {
				t.Fatalf("answer has %d bytes, error %v", len(text), err)
			}
			answers := decode(t, text)
			found := l.ids(t, answers)
			for n := range c.records {
				if answers[n].Result == "ProcessingFailed" {
					t.Errorf("record %d failed: %s", n, l.logs.String())
				}
				for i := range c.events {
					if id := record.EventID(requestID(n), i); found[id] != 1 {
						t.Fatalf("event %s is there %d times", id, found[id])
					}
				}
			}
			if len(found) != c.records*c.events || len(l.objects) == 0 {
				t.Errorf("%d events in answer and %d objects, want %d", len(found), len(l.objects), c.records*c.events)
			}
			for key, lines := range l.objects {
				if len(lines) > 64<<20+2*record.MaxInflated {
					t.Errorf("%s has %d bytes of lines", key, len(lines))
				}
			}
			if most := runtime.GOMAXPROCS(0) + len(l.stored())>>26; len(l.objects) > most {
				t.Errorf("%d objects, want at most one a worker and 64 MiB: %d", len(l.objects), most)
			}
			for _, want := range []string{fmt.Sprintf(`"EventsValid":%d`, c.records*c.events), `"RecordsStored":`} {
				if !strings.Contains(l.metrics.String(), want) {
					t.Errorf("metrics are %s, want %s", l.metrics.String(), want)
				}
			}
		})
	}
}

// TestWhatDoesNotFitTheAnswerIsAnObjectOfEvents: where Firehose would have put it, and
// its rejects beside.
func TestWhatDoesNotFitTheAnswerIsAnObjectOfEvents(t *testing.T) {
	l := newLab(t, config())
	body := `{"a":"` + strings.Repeat("x", 1_000_000) + `"}`
	got := l.invoke(t,
		sent("0", body), sent("1", body), sent("2", body), sent("3", body), sent("id-4", "no\n"+body), sent("s", `{}`),
	)
	var results []string
	for _, r := range got {
		results = append(results, r.Result)
	}
	if diff := cmp.Diff([]string{"Ok", "Ok", "Ok", "Ok", "Dropped", "Ok"}, results); diff != "" {
		t.Error(diff)
	}
	key := regexp.MustCompile(`^events/day=2026-11-23/hour=12/id-4-[0-9a-f]{32}\.jsonl\.gz$`)
	if len(l.puts) != 1 || !key.MatchString(l.puts[0]) {
		t.Fatalf("objects are %v", l.puts)
	}
	h := header("id-4")
	if want := record.AppendLine(nil, h, 1, "", []byte(body)); !bytes.Equal(l.objects[l.puts[0]], want) {
		t.Errorf("object is %.200s", l.objects[l.puts[0]])
	}
	if rejects := l.rejects(t); len(rejects) != 1 || rejects[0].ID != "id-4/0" {
		t.Errorf("rejects are %v", rejects)
	}
}

// However Firehose spells its event. Without an arrival the time of the request counts.
func TestAnObjectsFolderIsThatOfTheOldestArrival(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	c := config()
	c.MaxResponseBytes = 1_000
	body := `{"a":"` + strings.Repeat("x", 1_000) + `"}`
	event, at := string(batch(sent("a", body), sent("b", body))), fmt.Sprint(arrivedAt.UnixMilli())
	last := strings.LastIndex(event, at)
	for name, row := range map[string]struct{ event, hour string }{
		"as ever":      {event, "hour=12/"},
		"spaces":       {strings.ReplaceAll(event, ":"+at, ": \n"+at), "hour=12/"},
		"more members": {strings.Replace(event, "{", `{"x":{},`, 1), "hour=12/"},
		"older one":    {event[:last] + strings.Replace(event[last:], at, fmt.Sprint(receivedAt.Add(-time.Hour).UnixMilli()), 1), "hour=09/"},
		"no arrival":   {strings.ReplaceAll(event, "approximateArrivalTimestamp", "other"), "hour=10/"},
		"words":        {strings.ReplaceAll(event, at, `"now"`), "hour=10/"},
	} {
		l := newLab(t, c)
		if _, err := l.Invoke(context.Background(), []byte(row.event)); err != nil {
			t.Fatal(err)
		}
		if len(l.puts) != 1 || !strings.Contains(l.puts[0], row.hour) {
			t.Errorf("%s: objects are %v, want one in %s", name, l.puts, row.hour)
		}
	}
}

func TestAnAnswerMayTakeItsLimitToTheByte(t *testing.T) {
	c := config()
	data := sent("a", `{}`)
	c.MaxResponseBytes = 10_000
	text, err := newLab(t, c).Invoke(context.Background(), batch(data))
	if err != nil {
		t.Fatal(err)
	}
	full := len(text) + len("ProcessingFailed") - len("Ok") + len(",") // what is set aside
	body := strings.Repeat(" ", 3000)
	for size, want := range map[int]string{full + 4000: "Ok", full + 3999: "Dropped"} {
		c.MaxResponseBytes = size
		l := newLab(t, c)
		got := l.invoke(t, sent("a", "{"+body+"}"))[0].Result
		if got != want || (len(l.objects) == 1) != (want == "Dropped") {
			t.Errorf("with %d bytes: %s and %d objects, want %s", size, got, len(l.objects), want)
		}
	}
}

// TestARepeatedBatchOverwritesItsObjectsAndNoOthers: parts, replays and splits of one
// request have its ingest id.
func TestARepeatedBatchOverwritesItsObjectsAndNoOthers(t *testing.T) {
	c := config()
	c.MaxResponseBytes = 1_000
	body := []byte(`{"a":"` + strings.Repeat("x", 1_000) + `"}`)
	part, replay := header("a"), header("a")
	part.First, replay.Replays = 7, 1
	l := newLab(t, c)
	for range 2 {
		for _, h := range []record.Header{header("a"), part, replay} {
			l.invoke(t, record.Append(nil, h, body))
		}
	}
	if len(l.puts) != 6 || len(l.objects) != 3 || !slices.Equal(l.puts[:3], l.puts[3:]) {
		t.Errorf("puts are %v", l.puts)
	}
	if diff := cmp.Diff(map[string]int{"a/0": 2, "a/7": 1}, l.ids(t, nil)); diff != "" {
		t.Error(diff)
	}
}

// TestWhatIsStoredFailsTheBatchWhenS3Refuses, and as long as there is time it is tried again.
func TestWhatIsStoredFailsTheBatchWhenS3Refuses(t *testing.T) {
	c := config()
	c.MaxResponseBytes = 1_000
	event := batch(sent("a", `{"a":"`+strings.Repeat("x", 1_000)+`"}`), sent("b", `{}`))
	for name, refusals := range map[string]int{"a few times": 3, "for ever": 1 << 30} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, c)
			tries := 0
			l.refuseKeys = func(string) error {
				if tries++; tries <= refusals {
					return errors.New("slow down")
				}
				return nil
			}
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			answer, err := l.Invoke(ctx, event)
			switch {
			case refusals == 3 && (err != nil || len(l.objects) != 1):
				t.Errorf("error is %v, objects are %v", err, l.puts)
			case refusals > 3 && (err == nil || answer != nil || tries < 4 || ctx.Err() != nil || l.metrics.Len() > 0):
				t.Errorf("answer is %s after %d tries, error %v, time %v", answer, tries, err, ctx.Err())
			}
		})
	}
}

// TestRefusedRejectsAreTriedAgainAlone while there is time.
func TestRefusedRejectsAreTriedAgainAlone(t *testing.T) {
	l := newLab(t, config())
	var asked []int
	l.refuse = func(rows [][]byte) ([]int, error) {
		if asked = append(asked, len(rows)); len(asked) < 3 {
			return []int{0}, errors.New("slow down")
		}
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := l.Invoke(ctx, batch(sent("a", "no"), sent("b", "no"), sent("c", "no")))
	if err != nil || !slices.Equal(asked, []int{3, 1, 1}) {
		t.Errorf("asked for %v rows, error %v", asked, err)
	}
}

// It lies in spill/, whole, in one object. Each batch makes progress, so that all is
// done after as many batches as there are records.
func TestWhatThereIsNoTimeForIsLeftForAnotherBatch(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	l := newLab(t, config())
	found := map[string]int{}
	two := append(sent("c", `{}`), sent("d", `{}`)...)
	waiting := [][]byte{sent("a", `{}`), sent("b", "no"), []byte("not ours"), two, sent("e", `{}`)}
	for goes := 1; len(waiting) > 0; goes++ {
		if goes > 5 {
			t.Fatalf("%d records are left after %d goes", len(waiting), goes)
		}
		clear(l.objects)
		ctx, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
		text, err := l.Invoke(ctx, batch(waiting...))
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		for id, n := range l.ids(t, decode(t, text)) {
			found[id] += n
		}
		waiting = waiting[:0]
		for key, object := range l.objects {
			if !regexp.MustCompile(`^spill/[0-9a-f]{2}/2026-11-23/[a-e]-[0-9a-f]{32}$`).MatchString(key) || len(l.objects) > 1 {
				t.Errorf("objects are %v", l.puts)
			}
			for len(object) > 0 {
				_, rest, err := record.Decode(object)
				if err != nil {
					t.Fatal(err)
				}
				waiting = append(waiting, object[:len(object)-len(rest)])
				object = rest
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"a/0": 1, "c/0": 1, "d/0": 1, "e/0": 1}, found); diff != "" {
		t.Error(diff)
	}
	if rejects := l.rejects(t); len(rejects) != 1 || rejects[0].ID != "b" {
		t.Errorf("rejects are %v", rejects)
	}
	for _, want := range []string{`"RecordsDeferred":3`, `"RecordsFailed":1`} {
		if !strings.Contains(l.metrics.String(), want) {
			t.Errorf("%s is not counted: %s", want, l.metrics.String())
		}
	}
}

// TestMemoryIsBounded whatever a batch inflates to: a GiB, once valid and once not.
func TestMemoryIsBounded(t *testing.T) {
	const limit = 300 << 20 // Go lets garbage grow to as much as is in use
	for name, body := range map[string]string{
		"lines":   zipped(t, repeated(4, `{"v":"`+strings.Repeat("a", 1_040_000)+`"}`)),
		"rejects": zipped(t, strings.Repeat("x", record.MaxInflated)),
	} {
		t.Run(name, func(t *testing.T) {
			var records [][]byte
			for n := range 250 {
				records = append(records, sent(fmt.Sprint(n), body))
			}
			event := batch(records...)
			set, err := load()
			if err != nil {
				t.Fatal(err)
			}
			h := validate.New(config(), set, nothing{}, nothing{}, io.Discard, slog.New(slog.DiscardHandler))
			runtime.GC()
			var done atomic.Bool
			peak := make(chan uint64)
			go func() {
				var most uint64
				for !done.Load() {
					var m runtime.MemStats
					runtime.ReadMemStats(&m)
					most = max(most, m.HeapAlloc)
					time.Sleep(5 * time.Millisecond)
				}
				peak <- most
			}()
			_, err = h.Invoke(context.Background(), event)
			done.Store(true)
			if most := <-peak; err != nil || most > limit {
				t.Errorf("the heap grew to %d MiB, error %v", most>>20, err)
			} else {
				t.Logf("the heap grew to %d MiB", most>>20)
			}
		})
	}
}

// nothing takes everything and keeps none of it.
type nothing struct{}

func (nothing) PutBatch(context.Context, [][]byte) ([]int, error) { return nil, nil }
func (nothing) Put(context.Context, string, []byte) error         { return nil }
func (nothing) PutLines(context.Context, string, []byte) error    { return nil }
