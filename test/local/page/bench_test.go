package page

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
)

const perRecord = 100

// clicks returns a record, and what the Validator answers for its events of 140 bytes.
func clicks(n int) (simulator.Record, []byte) {
	event := []byte(`{"type":"click","event_id":"1","occurred_at":"2026-11-23T10:00:00Z","session":"s",` +
		`"page":{"url":"https://example.com/"},"element":{"id":"buy"}}`)
	h := record.Header{ID: fmt.Sprintf("%08d-0000-7000-8000-000000000000", n), ReceivedAt: time.Now()}
	var body, lines []byte
	for i := range perRecord {
		body = append(body, event...)
		lines = record.AppendLine(lines, h, i, "click", event)
	}
	return simulator.Record{ID: h.ID, Data: record.Append(nil, h, body), Arrived: time.Now()}, lines
}

// BenchmarkARecordPassesBy is what a pipeline at full speed pays for the page, an event:
// that it was put, judged and stored.
func BenchmarkARecordPassesBy(b *testing.B) {
	tap, stream := newTap(), &simulator.StreamConfig{Transform: &simulator.TransformConfig{}}
	r, lines := clicks(0)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		r.ID = fmt.Sprint(n)
		tap.Put(stream, r)
		tap.Transformed(stream, r, lines)
		tap.Delivered(stream, "events/x", []string{r.ID})
		n++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*perRecord), "ns/event")
}

// BenchmarkAMessageInAFlood is what an open page costs a second, whatever the flood: every
// event that is kept is new.
func BenchmarkAMessageInAFlood(b *testing.B) {
	p := New()
	stream := &simulator.StreamConfig{Transform: &simulator.TransformConfig{}}
	for b.Loop() {
		b.StopTimer()
		for n := range kept / perRecord {
			r, lines := clicks(n)
			p.tap.Transformed(stream, r, lines)
		}
		b.StartTimer()
		if _, err := json.Marshal(p.state(p.tap.look(0), query{})); err != nil {
			b.Fatal(err)
		}
	}
}
