package validate

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// maxInflations bounds what the bodies of one batch may inflate to, as a multiple
// of what one may. A batch of 1 MiB can hold 250 bodies of 4 KB that inflate to
// 4 MiB each; checking that whole GiB takes longer than the function may run, and
// every record of the batch would go to failed/ with them. Eight are 32 MiB, some
// seconds, and five times what an answer can return.
const maxInflations = 8

// inflater inflates bodies, all of a batch within one bound.
type inflater struct {
	limit  int // bytes of one body
	total  int // bytes of the batch so far
	reader gzip.Reader
	source bytes.Reader
}

// isGzip says whether body is gzip by its first bytes (RFC 1952, section 2.3.1).
// Its header is not asked: API Gateway may have inflated the body and kept it.
func isGzip(body []byte) bool {
	return len(body) >= 2 && body[0] == 0x1f && body[1] == 0x8b
}

// inflate returns body inflated when it is gzip, else as it is. It returns an
// event when body is rejected, and an error when the batch has inflated enough.
func (i *inflater) inflate(body []byte) (text []byte, failed *event.Event, err error) {
	if !isGzip(body) {
		return body, nil, nil
	}
	if i.total > i.limit*maxInflations {
		return nil, nil, errInflated
	}
	text, err = i.readAll(body)
	i.total += len(text)
	switch {
	case err != nil:
		return nil, rejected(record.BadEncoding, "gzip cannot be inflated: "+err.Error()), nil
	case len(text) > i.limit:
		return nil, rejected(record.TooLargeInflated, fmt.Sprintf("inflates to more than %d bytes", i.limit)), nil
	}
	return text, nil, nil
}

// readAll reads at most one byte more than the limit, members behind the first
// included.
func (i *inflater) readAll(body []byte) ([]byte, error) {
	i.source.Reset(body)
	if err := i.reader.Reset(&i.source); err != nil {
		return nil, gzipError(err)
	}
	var text bytes.Buffer
	// Most JSON shrinks by less than 8; more is what growing is for.
	text.Grow(min(8*len(body), i.limit+1) + bytes.MinRead)
	if _, err := text.ReadFrom(io.LimitReader(&i.reader, int64(i.limit)+1)); err != nil {
		return text.Bytes(), gzipError(err)
	}
	return text.Bytes(), nil
}

// gzipError keeps the kind of what is wrong, in the same words for each version of Go.
func gzipError(err error) error {
	switch {
	case errors.Is(err, gzip.ErrChecksum):
		return errors.New("checksum is wrong")
	case errors.Is(err, gzip.ErrHeader):
		return errors.New("header is wrong")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return errors.New("ends too early")
	}
	return errors.New("data is wrong")
}

func rejected(reason record.Reason, message string) *event.Event {
	return &event.Event{Reason: reason, Errors: []record.Error{{Message: message, Offset: record.NoOffset}}}
}
