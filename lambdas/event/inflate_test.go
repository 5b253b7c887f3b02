package event_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

func gzipped(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Whatever the bytes: what is not gzip stays as it is, what inflates within the
// limit is what the standard library makes of it, and nothing beyond is read.
func FuzzInflate(f *testing.F) {
	const limit = 1 << 10
	whole := gzipped(f, `{"type":"click"}`)
	f.Add([]byte(`{}`))
	f.Add(whole)
	f.Add(append(bytes.Clone(whole), whole...))
	f.Add(append(bytes.Clone(whole), 0))
	f.Add(whole[:len(whole)-1])
	f.Add(gzipped(f, strings.Repeat("a", limit)))
	f.Add(gzipped(f, strings.Repeat("a", limit+1)))
	f.Add(gzipped(f, strings.Repeat("\x00", 1<<20)))
	f.Add([]byte("\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		text, work, failed := event.NewInflater(limit).Inflate(body)
		if work > limit+1 {
			t.Errorf("inflated %d bytes, limit is %d", work, limit)
		}
		want, inflates := reference(body, limit)
		switch {
		case !event.IsGzip(body):
			if failed != nil || !bytes.Equal(text, body) {
				t.Errorf("what is no gzip was changed")
			}
		case failed == nil:
			if !inflates || !bytes.Equal(text, want) || len(text) > limit {
				t.Errorf("inflated to %q, want %q, which is %t", text, want, inflates)
			}
		case failed.Reason == record.TooLargeInflated:
			if len(want) <= limit {
				t.Errorf("%d bytes are too large", len(want))
			}
		default:
			if inflates {
				t.Errorf("%q is %s", want, failed.Reason)
			}
		}
	})
}

// reference inflates body by a fresh reader, up to one byte more than limit.
func reference(body []byte, limit int64) (text []byte, inflates bool) {
	reader, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, false
	}
	text, err = io.ReadAll(io.LimitReader(reader, limit+1))
	return text, err == nil
}
