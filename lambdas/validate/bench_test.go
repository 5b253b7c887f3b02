package validate_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schemas"
)

// clicks returns events of about 500 bytes each, 1 MiB of them, of a type with a
// schema or of one without.
func clicks(eventType string) (events [][]byte, size int) {
	for i := 0; size < 1<<20; i++ {
		e := fmt.Appendf(nil, `{"type":%q,"event_id":"0198c6a2-7b1e-7000-8000-%012d","occurred_at":"2026-11-23T10:00:%02d.123Z",`+
			`"session":"s-%08x","page":{"url":"https://shop.example/products/%d?ref=mail&utm_source=autumn","title":"Größe und Farbe wählen","referrer":"https://search.example/"},`+
			`"element":{"id":"buy-now","tag":"button","text":"In den Warenkorb"},"position":{"x":%d,"y":%d.5},`+
			`"tags":["autumn","sale","new"],"logged_in":%t,"price":1%d.90,"viewport":{"width":1280,"height":720}}`,
			eventType, i, i%60, i*7919, i, i%1280, i%720, i%2 == 0, i%90)
		events = append(events, e)
		size += len(e)
	}
	return events, size
}

// subject is one way to read the same events.
type subject struct {
	name string
	run  func() error
}

func subjects(b *testing.B) (all []subject, size int) {
	c := config()
	set, err := schemas.Load()
	if err != nil {
		b.Fatal(err)
	}
	l := &lab{objects: map[string][]byte{}}
	h := validate.New(c, set, l, l, io.Discard, slog.New(slog.DiscardHandler))
	invoke := func(batch []byte) func() error {
		return func() error {
			_, err := h.Invoke(context.Background(), batch)
			return err
		}
	}
	known, size := clicks("click")
	other, _ := clicks("other")
	return []subject{
		{"schema", invoke(asBatch(known))},
		{"syntax", invoke(asBatch(other))},
		{"v1-any", func() error {
			for _, e := range known {
				var v any
				if err := json.Unmarshal(e, &v); err != nil {
					return err
				}
			}
			return nil
		}},
	}, size
}

func asBatch(events [][]byte) []byte {
	records := make([][]byte, len(events))
	for i, e := range events {
		records[i] = sent(fmt.Sprintf("0198c6a2-7b1e-7000-8000-%012d", i), string(e))
	}
	return batch(records...)
}

// BenchmarkValidate answers a batch of 1 MiB of clicks, one event a record, with
// and without a schema, next to encoding/json decoding of the same events alone:
// that neither reads Firehose's event, nor checks anything, nor writes a line.
func BenchmarkValidate(b *testing.B) {
	all, size := subjects(b)
	for _, s := range all {
		b.Run(s.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if err := s.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkValidateRatio runs the subjects in turns, so that a noisy machine hits
// all alike, and reports how many times as fast as v1-any each of the others is.
func BenchmarkValidateRatio(b *testing.B) {
	all, _ := subjects(b)
	took := map[string]time.Duration{}
	for b.Loop() {
		for _, s := range all {
			start := time.Now()
			if err := s.run(); err != nil {
				b.Fatal(err)
			}
			took[s.name] += time.Since(start)
		}
	}
	for _, s := range all[:2] {
		b.ReportMetric(float64(took["v1-any"])/float64(took[s.name]), s.name+"-x-v1-any")
	}
}

// The events of a batch share what they need: a valid event without a schema
// costs at most two allocations, as decoding its record's header does.
func TestAValidEventWithoutASchemaCostsFewAllocations(t *testing.T) {
	l := newLab(t, config())
	const events = 1_000
	body := "["
	for i := range events {
		if i > 0 {
			body += ","
		}
		body += fmt.Sprintf(`{"type":"type-%d","a":{"b":[1,2,"c\n"]}}`, i)
	}
	event := batch(sent("a", body+"]"))
	invoke := func() {
		if _, err := l.Invoke(context.Background(), event); err != nil {
			t.Fatal(err)
		}
	}
	invoke()
	if got := testing.AllocsPerRun(10, invoke) / events; got > 2 {
		t.Errorf("%v allocations per event, limit is 2", got)
	} else {
		t.Logf("%v allocations per event", got)
	}
}
