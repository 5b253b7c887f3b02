package redrive

import (
	"bytes"
	"strings"
	"testing"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// FuzzParts cuts a body and puts the parts together again: every event is in one part,
// in its place, with its bytes and the Validator's verdict.
func FuzzParts(f *testing.F) {
	for _, seed := range []string{
		"", " ", "{}", "[]", `[{"a":1},{"b":[2,3]} , "text"]`, "{\"a\":1}\n{\"b\":2}\r\n\nno json\n",
		"[1,[2],{}]\n", "no json at all",
		"\ufeff[{},{}]", "{}{},{}", "\x1e{}\n\x1e{\n\x1e{\"b\":2}", "// x\n// y\n{}\n{,}\n{}", `[{"a":1,"a":2},{}]`,
		"[" + strings.Repeat("[", 70) + strings.Repeat("]", 70) + ",{}]",
	} {
		for _, limit := range []int{1, 10, 1000} {
			f.Add([]byte(seed), "", limit)
			f.Add([]byte(seed), "application/x-ndjson", limit)
		}
	}
	whole := event.NewSplitter(event.MaxDepth, event.MaxEvents)
	again := event.NewSplitter(event.MaxDepth, event.MaxEvents)
	f.Fuzz(func(t *testing.T, body []byte, contentType string, limit int) {
		h := record.Header{ContentType: contentType}
		b := whole.Split(body, h)
		next := 0
		for p := range parts(b, body, limit) {
			if p.first != next {
				t.Fatalf("part begins with event %d, want %d", p.first, next)
			}
			if want := b.Events[next]; p.only.Reason != "" { // rejected here
				if !bytes.Equal(p.only.Raw, want.Raw) || p.only.Reason != want.Reason {
					t.Fatalf("event %d is %q, %q, want %q, %q", next, p.only.Raw, p.only.Reason, want.Raw, want.Reason)
				}
				next++
				continue
			}
			found := again.Split(p.body, h).Events
			if len(p.body) > limit && len(found) > 1 {
				t.Fatalf("part of %d events is %d bytes, limit is %d", len(found), len(p.body), limit)
			}
			for _, e := range found {
				want := b.Events[next]
				if !bytes.Equal(e.Raw, want.Raw) || e.Type != want.Type || e.Reason != want.Reason {
					t.Fatalf(
						"event %d is %q, %q, %q, want %q, %q, %q",
						next, e.Raw, e.Type, e.Reason, want.Raw, want.Type, want.Reason,
					)
				}
				next++
			}
		}
		if next != len(b.Events) {
			t.Fatalf("%d events are in the parts, want %d", next, len(b.Events))
		}
	})
}
