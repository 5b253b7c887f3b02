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
	f.Add(append(bytes.Clone(whole), 0, '\n'))
	f.Add(gzipped(f, string(whole)))
	f.Add(whole[:len(whole)-1])
	f.Add(gzipped(f, strings.Repeat("a", limit)))
	f.Add(gzipped(f, strings.Repeat("a", limit+1)))
	f.Add(gzipped(f, strings.Repeat("\x00", 1<<20)))
	f.Add([]byte("\x1f\x8b\x08\x1e\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		text, work, failed := event.NewInflater(limit).Inflate(body, "")
		if work > limit+1 {
			t.Errorf("inflated %d bytes, limit is %d", work, limit)
		}
		want, inflates := reference(body, limit)
		switch {
		case bytes.HasPrefix(body, []byte("\x28\xb5\x2f\xfd")): // zstd has a test of its own
		case !record.IsGzip(body):
			if failed != nil || !bytes.Equal(text, body) {
				t.Errorf("a body that is not gzip was changed")
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
			if inflates && !record.IsGzip(want) {
				t.Errorf("%q is %s", want, failed.Reason)
			}
		}
	})
}

// reference inflates body with fresh readers, up to one byte more than limit: all of
// it, or all except the zeros and line ends after it.
func reference(body []byte, limit int64) (text []byte, inflates bool) {
	for {
		reader, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			text, err = io.ReadAll(io.LimitReader(reader, limit+1))
		}
		if err == nil || len(body) == 0 || bytes.IndexByte([]byte("\x00\r\n"), body[len(body)-1]) < 0 {
			return text, err == nil
		}
		body = body[:len(body)-1]
	}
}

func TestWhatStandsBehindGzipIsIgnoredWhereItIsPadding(t *testing.T) {
	for behind, want := range map[string]bool{
		"": true, "\n": true, "\r\n": true, strings.Repeat("\x00", 1000): true, "\x00\n": true, "x": false, "\x1f": false, "\x00\x1f\x8b": false,
	} {
		body := append(gzipped(t, `{"a":1}`), behind...)
		text, _, failed := event.NewInflater(1<<10).Inflate(body, "")
		if (failed == nil) != want || want && string(text) != `{"a":1}` {
			t.Errorf("with %q behind: %q, %+v", behind, text, failed)
		}
	}
}

func TestGzipWithinGzipIsNamed(t *testing.T) {
	_, _, failed := event.NewInflater(1<<10).Inflate(gzipped(t, string(gzipped(t, "{}"))), "")
	if failed == nil || failed.Reason != record.BadEncoding ||
		failed.Errors[0].Message != "gzip holds gzip: compressed twice" {
		t.Errorf("failed is %+v", failed)
	}
}
