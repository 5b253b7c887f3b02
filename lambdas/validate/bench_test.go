package validate_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schema"
)

// sized returns events of about each bytes, at least 1 MiB of them, of a type with a
// schema or of one without.
func sized(eventType string, each int) (events [][]byte, size int) {
	for i := 0; size < 1<<20; i++ {
		e := fmt.Appendf(nil, `{"type":%q,"event_id":"%012d","occurred_at":"2026-11-23T10:00:%02d.123Z","session":"s-%08x",`+
			`"page":{"url":"https://shop.example/%d"},"element":{"id":"buy-now"}`, eventType, i, i%60, i*7919, i)
		if each > 200 {
			e = fmt.Appendf(e, `,"position":{"x":%d,"y":%d.5},"tags":["autumn","sale","new"],`+
				`"viewport":{"width":1280,"height":720},`+
				`"title":"Größe und Farbe wählen","text":"In den Warenkorb","logged_in":%t,"price":1%d.90`, i%1280, i%720, i%2 == 0, i%90)
		}
		for n := 0; len(e) < each-1; n++ {
			e = fmt.Appendf(e, `,"extra_%d":{"name":"Pullover, blau, Größe M","price":%d.90,"count":%d}`, n, i%100, n)
		}
		e = append(e, '}')
		events = append(events, e)
		size += len(e)
	}
	return events, size
}

// subject is one way to answer a batch.
type subject struct {
	name string
	size int // bytes of its events
	run  func() error
}

// subjects of batches of 1 MiB: ours and the naive transformer on the same events, each
// a record, with a schema and without; and base64 in and out, the limit of any
// transformer.
func subjects(b *testing.B) (all []subject) {
	b.Helper()
	set, err := schema.Load(config().Options())
	if err != nil {
		b.Fatal(err)
	}
	l := &lab{objects: map[string][]byte{}}
	h := validate.New(config(), set, l, l, io.Discard, slog.New(slog.DiscardHandler))
	n := newNaive()
	for _, each := range []int{200, 500, 5_000} {
		for kind, eventType := range map[string]string{"schema": "click", "syntax": "other"} {
			events, size := sized(eventType, each)
			event := batchOf(events, size)
			name := fmt.Sprintf("%s/%dB", kind, each)
			all = append(all, subject{name + "/ours", size, func() error {
				_, err := h.Invoke(context.Background(), event)
				return err
			}}, subject{name + "/naive", size, func() error {
				_, err := n.invoke(event)
				return err
			}})
		}
	}
	return append(all, limit())
}

// limit decodes and encodes a batch in base64 and does nothing with it.
func limit() subject {
	events, size := sized("other", 500)
	var texts [][]byte
	for _, e := range events {
		texts = append(texts, base64.StdEncoding.AppendEncode(nil, e))
	}
	var data, answer []byte
	return subject{"base64/500B/limit", size, func() (err error) {
		answer = answer[:0]
		for _, text := range texts {
			if data, err = base64.StdEncoding.AppendDecode(data[:0], text); err != nil {
				return err
			}
			answer = base64.StdEncoding.AppendEncode(answer, data)
		}
		return nil
	}}
}

// BenchmarkValidate answers batches of 1 MiB.
func BenchmarkValidate(b *testing.B) {
	for _, s := range subjects(b) {
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(s.size))
			b.ReportAllocs()
			for b.Loop() {
				if err := s.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkValidateRatio runs the naive transformer and ours in turns, so that a noisy
// machine slows both alike. It reports the median of how many times as fast as the naive
// one, which always has a schema, ours is with a schema and without. An iteration is a
// round: -benchtime 40x.
func BenchmarkValidateRatio(b *testing.B) {
	all := map[string]func() error{}
	for _, s := range subjects(b) {
		all[s.name] = s.run
	}
	for _, size := range []string{"200B", "500B", "5000B"} {
		turns := []func() error{all["schema/"+size+"/naive"], all["schema/"+size+"/ours"], all["syntax/"+size+"/ours"]}
		b.Run(size, func(b *testing.B) {
			longer := inTurns(b, turns)
			b.ReportMetric(100/(100+longer[1]), "schema-x-naive")
			b.ReportMetric(100/(100+longer[2]), "syntax-x-naive")
		})
	}
}

// BenchmarkPortable answers a batch of 1 MiB without Portable, with it, and without it once
// more, in turns of milliseconds: a busy machine slows all alike. It reports the median of how
// much longer Portable takes than the first, in percent, and as the noise of that figure how
// much longer the third takes. An iteration is a round: -benchtime 500x.
func BenchmarkPortable(b *testing.B) {
	set, err := schema.Load(config().Options())
	if err != nil {
		b.Fatal(err)
	}
	for kind, eventType := range map[string]string{"schema": "click", "syntax": "other"} {
		for _, each := range []int{200, 500, 5_000} {
			event := batchOf(sized(eventType, each))
			var turns []func() error
			for i := range 3 {
				c := config()
				c.Portable = i == 1
				h := validate.New(c, set, nothing{}, nothing{}, io.Discard, slog.New(slog.DiscardHandler))
				turns = append(turns, func() error {
					_, err := h.Invoke(b.Context(), event)
					return err
				})
			}
			b.Run(fmt.Sprintf("%s/%dB", kind, each), func(b *testing.B) {
				longer := inTurns(b, turns)
				b.ReportMetric(longer[1], "%-longer")
				b.ReportMetric(longer[2], "%-noise")
			})
		}
	}
}

// inTurns runs each of turns once a round, another one first each time. It returns the median
// of how much longer each takes than the first, in percent.
func inTurns(b *testing.B, turns []func() error) []float64 {
	b.Helper()
	rounds := make([][]float64, len(turns))
	for round := 0; b.Loop(); round++ {
		took := make([]float64, len(turns))
		for turn := range turns {
			i := (turn + round) % len(turns)
			runtime.GC() // so that nobody collects the garbage of others
			start := time.Now()
			if err := turns[i](); err != nil {
				b.Fatal(err)
			}
			took[i] = time.Since(start).Seconds()
		}
		for i := range turns {
			rounds[i] = append(rounds[i], 100*(took[i]/took[0]-1))
		}
	}
	medians := make([]float64, len(turns))
	for i, all := range rounds {
		slices.Sort(all)
		medians[i] = all[len(all)/2]
	}
	return medians
}

// batchOf returns the transformation event of events, each a record.
func batchOf(events [][]byte, _ int) []byte {
	records := make([][]byte, len(events))
	for i, e := range events {
		records[i] = sent(fmt.Sprintf("0198c6a2-7b1e-7000-8000-%012d", i), string(e))
	}
	return batch(records...)
}

// inflating returns the event of a batch of about 1 MiB of bodies that inflate by a ratio.
func inflating(b *testing.B, ratio int) []byte {
	b.Helper()
	body := session(100, 900, 310)
	switch ratio {
	case 5:
		body = zipped(b, body)
	case 16:
		body = zipped(b, session(100, 900, 68))
	}
	var records [][]byte
	for size := 0; size < 1<<20; size += len(body) {
		records = append(records, sent(requestID(len(records)), body))
	}
	return batch(records...)
}

// shelf counts the bytes of objects.
type shelf struct {
	nothing
	bytes atomic.Int64
}

func (s *shelf) PutLines(_ context.Context, _ string, body []byte) error {
	s.bytes.Add(int64(len(body)))
	return nil
}

// BenchmarkValidateAnswer answers batches of 1 MiB as sent that inflate 1, 5 and 16 times,
// in turns, and reports what is in the answer, what is in objects beside it, compressed,
// and how many times as long as a batch that does not inflate each takes.
func BenchmarkValidateAnswer(b *testing.B) {
	set, err := load()
	if err != nil {
		b.Fatal(err)
	}
	var beside shelf
	h := validate.New(config(), set, nothing{}, &beside, io.Discard, slog.New(slog.DiscardHandler))
	ratios := []int{1, 5, 16}
	took, events := map[int]time.Duration{}, map[int][]byte{}
	for _, ratio := range ratios {
		events[ratio] = inflating(b, ratio)
	}
	for b.Loop() {
		for _, ratio := range ratios {
			runtime.GC() // so that nobody collects the garbage of others
			beside.bytes.Store(0)
			start := time.Now()
			answer, err := h.Invoke(context.Background(), events[ratio])
			if err != nil {
				b.Fatal(err)
			}
			took[ratio] += time.Since(start)
			b.ReportMetric(float64(len(answer))/1e6, fmt.Sprintf("ratio-%02d-answer-MB", ratio))
			b.ReportMetric(float64(beside.bytes.Load())/1e6, fmt.Sprintf("ratio-%02d-objects-MB", ratio))
		}
	}
	for _, ratio := range ratios {
		b.ReportMetric(float64(took[ratio])/float64(took[1]), fmt.Sprintf("ratio-%02d-times", ratio))
	}
}

// Else the ratio would say nothing.
func TestTheNaiveTransformerDoesTheSame(t *testing.T) {
	events, _ := sized("click", 500)
	n := newNaive()
	event := batch(sent("a", string(events[0])), sent("b", string(events[1])), sent("c", string(events[2])))
	text, err := n.invoke(event)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := newLab(t, config()).Invoke(context.Background(), event)
	if err != nil {
		t.Fatal(err)
	}
	theirs := decode(t, text)
	for i, answer := range decode(t, ours) {
		if answer.Result != "Ok" || theirs[i].Result != "Ok" || !bytes.Equal(answer.Data, theirs[i].Data) {
			t.Errorf("ours is %s %s, the naive one's %s %s", answer.Result, answer.Data, theirs[i].Result, theirs[i].Data)
		}
	}
}

// A valid event without a schema costs at most two allocations, because the events of a
// batch share memory.
func TestAValidEventWithoutASchemaCostsFewAllocations(t *testing.T) {
	l := newLab(t, config())
	for _, perRecord := range []int{1, 1_000} {
		events, _ := sized("other", 500)
		events = events[:1_000]
		var records [][]byte
		for i := 0; i < len(events); i += perRecord {
			records = append(
				records,
				sent("0198c6a2-7b1e-7000-8000-000000000000", "["+string(bytes.Join(events[i:i+perRecord], []byte(",")))+"]"),
			)
		}
		event := batch(records...)
		invoke := func() {
			if _, err := l.Invoke(context.Background(), event); err != nil {
				t.Fatal(err)
			}
		}
		invoke()
		if got := testing.AllocsPerRun(10, invoke) / float64(len(events)); got > 2 {
			t.Errorf("%d events a record: %v allocations per event, limit is 2", perRecord, got)
		} else {
			t.Logf("%d events a record: %.3f allocations per event", perRecord, got)
		}
	}
}
