package event

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"global-ingest/lambdas/record"
)

// maxWindow is the memory that a body of zstd may ask for: what RFC 8878, section
// 3.1.1.1.2, wants every decoder to have.
const maxWindow = 8 << 20

// coding returns the content coding of body and what inflates it, or nil when it is not
// compressed.
func (i *Inflater) coding(body []byte, encoding string) (name string, read func([]byte) ([]byte, error)) {
	switch {
	case record.IsGzip(body):
		return "gzip", i.readAll
	case bytes.HasPrefix(body, []byte{0x28, 0xb5, 0x2f, 0xfd}): // RFC 8878, section 3.1.1
		return "zstd", i.readWith(newZstd)
	case encoding == "" || looksLikeText(body):
		return "", nil
	}
	switch name = strings.ToLower(strings.TrimSpace(encoding)); name {
	case "deflate":
		return name, i.readWith(newDeflate)
	case "br":
		return name, i.readWith(func(body *bufio.Reader) (io.Reader, error) { return brotli.NewReader(body), nil })
	}
	return "", nil
}

// looksLikeText says whether body is text that a proxy has inflated, although its header
// says otherwise.
func looksLikeText(body []byte) bool {
	text := bytes.TrimLeft(bytes.TrimPrefix(body, []byte(bom)), whitespace)
	return len(text) == 0 || utf8.Valid(text) && (text[0] == '{' || text[0] == '[')
}

// readWith returns what inflates a body with the reader that open returns.
func (i *Inflater) readWith(open func(*bufio.Reader) (io.Reader, error)) func([]byte) ([]byte, error) {
	return func(body []byte) ([]byte, error) {
		reader, err := open(bufio.NewReader(bytes.NewReader(body)))
		if err != nil {
			return nil, dataError(err)
		}
		if closer, ok := reader.(interface{ Close() }); ok {
			defer closer.Close()
		}
		text, err := io.ReadAll(io.LimitReader(reader, int64(i.limit+1)))
		if err != nil {
			return text, dataError(err)
		}
		return text, nil
	}
}

// newZstd reads without goroutines.
func newZstd(body *bufio.Reader) (io.Reader, error) {
	return zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
}

// newDeflate reads zlib, which is what HTTP calls deflate, or what some clients send:
// its data alone. RFC 9110, section 8.4.1.2, tells of them.
func newDeflate(body *bufio.Reader) (io.Reader, error) {
	const method, deflated = 0x0f, 8 // RFC 1950, section 2.2
	begin, err := body.Peek(2)
	if err == nil && begin[0]&method == deflated && binary.BigEndian.Uint16(begin)%31 == 0 {
		return zlib.NewReader(body)
	}
	return flate.NewReader(body), nil
}

// dataError names the kind of fault without quoting the data.
func dataError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("ends too early")
	}
	return errors.New("data is wrong")
}
