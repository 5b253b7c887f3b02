package event

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

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
