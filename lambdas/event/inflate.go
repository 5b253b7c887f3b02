package event

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"global-ingest/lambdas/record"
)

// Inflater inflates bodies. It uses its memory again and is not safe for concurrent
// use.
type Inflater struct {
	limit  int
	reader gzip.Reader
	source bytes.Reader
}

// NewInflater returns an Inflater of bodies that inflate to at most limit bytes.
func NewInflater(limit int) *Inflater { return &Inflater{limit: limit} }

// Inflate returns body inflated when it is gzip, with all of its members, or zstd. These
// are known by their first bytes: API Gateway may have inflated the body and kept the
// header. deflate and br have no such bytes, and count when encoding, the
// Content-Encoding, says so and body does not look like text. Zeros and line ends after
// the last member of gzip are ignored, as gzip(1) ignores zeros. failed says why body is
// rejected: BadEncoding or TooLargeInflated. work is how many bytes were inflated, at
// most one over the limit.
func (i *Inflater) Inflate(body []byte, encoding string) (text []byte, work int, failed *Item) {
	name, read := i.coding(body, encoding)
	if read == nil {
		return body, 0, nil
	}
	text, err := read(body)
	switch {
	case err != nil:
		message := name + " cannot be inflated: " + err.Error()
		return nil, len(text), reject(nil, record.BadEncoding, record.NoOffset, message)
	case len(text) > i.limit:
		message := fmt.Sprintf("inflates to more than %d bytes", i.limit)
		return nil, len(text), reject(nil, record.TooLargeInflated, record.NoOffset, message)
	case record.IsGzip(text):
		return nil, len(text), reject(nil, record.BadEncoding, record.NoOffset, "gzip holds gzip: compressed twice")
	}
	return text, len(text), nil
}

func (i *Inflater) readAll(body []byte) ([]byte, error) {
	i.source.Reset(body)
	var text bytes.Buffer
	// Most JSON shrinks by less than 8; for the rest the buffer grows.
	text.Grow(min(8*len(body), i.limit+1) + bytes.MinRead)
	for rest := body; len(rest) > 0 && text.Len() <= i.limit; {
		if err := i.reader.Reset(&i.source); err != nil {
			return text.Bytes(), gzipError(err)
		}
		i.reader.Multistream(false) // to see where a member ends
		if _, err := text.ReadFrom(io.LimitReader(&i.reader, int64(i.limit+1-text.Len()))); err != nil {
			return text.Bytes(), gzipError(err)
		}
		rest = bytes.TrimLeft(body[len(body)-i.source.Len():], "\x00\r\n")
	}
	return text.Bytes(), nil
}

// gzipError names the kind of fault in the same words for each version of Go.
func gzipError(err error) error {
	switch {
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("checksum is wrong")
	case errors.Is(err, gzip.ErrHeader):
		return errors.New("header is wrong")
	}
	return dataError(err)
}

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
