package event_test

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"io"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// codings are what Inflate knows beside gzip, each with its Content-Encoding.
var codings = map[string]struct {
	encoding string
	open     func(io.Writer) io.WriteCloser
}{
	"zlib": {"deflate", func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }},
	"flate": {"Deflate", func(w io.Writer) io.WriteCloser {
		writer, _ := flate.NewWriter(w, flate.BestCompression) // fails only for an unknown level
		return writer
	}},
	"br": {" br", func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) }},
	"zstd": {"", func(w io.Writer) io.WriteCloser {
		writer, _ := zstd.NewWriter(w) // fails only for options
		return writer
	}},
}

func compressed(t *testing.T, text string, open func(io.Writer) io.WriteCloser) []byte {
	t.Helper()
	var out bytes.Buffer
	w := open(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestEveryCodingIsInflatedWithinTheLimit(t *testing.T) {
	const limit = 1_000
	for name, c := range codings {
		for _, text := range []string{`{}`, `{"type":"click"}`, strings.Repeat("a", limit)} {
			got, work, failed := event.NewInflater(limit).Inflate(compressed(t, text, c.open), c.encoding)
			if failed != nil || string(got) != text || work != len(text) {
				t.Errorf("%s: %q is %q after %d bytes, %+v", name, text, got, work, failed)
			}
		}
		bomb := compressed(t, strings.Repeat("a", 1<<20), c.open)
		if _, work, failed := event.NewInflater(limit).Inflate(bomb, c.encoding); failed == nil ||
			failed.Reason != record.TooLargeInflated || work > limit+1 {
			t.Errorf("%s: a MiB is %+v after %d bytes", name, failed, work)
		}
		whole := compressed(t, strings.Repeat(`{"type":"click"}`, 30), c.open)
		_, _, failed := event.NewInflater(limit).Inflate(whole[:len(whole)/2], c.encoding)
		if failed == nil || failed.Reason != record.BadEncoding ||
			!strings.HasSuffix(failed.Errors[0].Message, "ends too early") {
			t.Errorf("%s: half of it is %+v", name, failed)
		}
	}
}

// API Gateway inflates deflate and leaves the header.
func TestTextUnderAHeaderOfACodingIsText(t *testing.T) {
	for _, encoding := range []string{"deflate", "br", "zstd", "gzip"} {
		for _, text := range []string{"", "\ufeff {}", "[\n{}]"} {
			got, _, failed := event.NewInflater(100).Inflate([]byte(text), encoding)
			if failed != nil || string(got) != text {
				t.Errorf("%q under %s is %q, %+v", text, encoding, got, failed)
			}
		}
	}
}

// Whatever the bytes and the header: no more is inflated than the limit, and no fault
// quotes a byte.
func FuzzInflateCodings(f *testing.F) {
	const limit = 1 << 10
	f.Add([]byte("\x28\xb5\x2f\xfd\x04\x00\x11\x00\x00{}\x1d"), "")
	f.Add([]byte("\x0b\x00\x80{}\x03"), "br")
	f.Add([]byte("\xaa\xae\x05\x04\x00\x00\xff\xff"), "deflate")
	f.Fuzz(func(t *testing.T, body []byte, encoding string) {
		_, work, failed := event.NewInflater(limit).Inflate(body, encoding)
		if work > limit+1 {
			t.Errorf("inflated %d bytes, limit is %d", work, limit)
		}
		if failed != nil && failed.Reason != record.BadEncoding && failed.Reason != record.TooLargeInflated {
			t.Errorf("failed as %s", failed.Reason)
		}
	})
}
