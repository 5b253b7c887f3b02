package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// click is an ordinary event of about 500 bytes.
func click(i int) []byte {
	return fmt.Appendf(nil, `{"type":"click","event_id":"0198c6a2-7b1e-7000-8000-%012d",`+
		`"occurred_at":"2026-11-23T10:00:%02d.123Z",`+
		`"session":"s-%08x","page":{"url":"https://shop.example/products/%d?ref=mail&utm_source=autumn","title":"Größe und Farbe wählen","referrer":"https://search.example/"},`+
		`"element":{"id":"buy-now","tag":"button","text":"In den Warenkorb"},"position":{"x":%d,"y":%d.5},"viewport":{"width":1280,"height":720},`+
		`"tags":["autumn","sale","new"],"logged_in":%t,"price":1%d.90}`, i, i%60, i*7919, i, i%1280, i%720, i%2 == 0, i%90)
}

// BenchmarkSplit compares splitting 1 MiB of clicks with plain decoding and with
// json.Valid of the same bytes.
func BenchmarkSplit(b *testing.B) {
	var clicks [][]byte
	size := 0
	for i := 0; size < 1<<20; i++ {
		clicks = append(clicks, click(i))
		size += len(clicks[i])
	}
	array := append(append([]byte("["), bytes.Join(clicks, []byte(","))...), ']')
	lines := bytes.Join(clicks, []byte("\n"))
	s := event.NewSplitter(event.MaxDepth, event.MaxEvents)
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"single", func() {
			for _, e := range clicks {
				s.Split(e, record.Header{})
			}
		}},
		{"array", func() { s.Split(array, record.Header{}) }},
		{"lines", func() { s.Split(lines, record.Header{}) }},
		{"v1-valid", func() {
			for _, e := range clicks {
				json.Valid(e)
			}
		}},
		{"v1-any", func() {
			for _, e := range clicks {
				var v any
				if err := json.Unmarshal(e, &v); err != nil {
					b.Fatal(err)
				}
			}
		}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				c.run()
			}
			b.ReportMetric(float64(len(clicks)), "events/op")
		})
	}
}
