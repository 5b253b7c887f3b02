// Package record holds the wire formats: the record that travels from Ingest to
// Firehose, the line of a valid event in events/, and the reject of an invalid one in
// rejected/. It encodes and decodes them and knows where they lie in the lake. It never
// looks inside a body.
package record

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// MaxBytes is the largest record that Firehose takes: 1,000 KiB before base64.
// https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html
const MaxBytes = 1_000 << 10

// MaxBatch and MaxBatchBytes are the most records and bytes of one call of PutRecordBatch.
// The bytes stay half a MiB below Firehose's limit of 4 MiB, at whose edge
// awslabs/lambda-streams-to-firehose#49 saw refusals.
// https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
const (
	MaxBatch      = 500
	MaxBatchBytes = 3_584 << 10
)

// MaxInflated is the most bytes that the body of a record may inflate to: a little less
// than the largest body that API Gateway accepts. One event of that size still fits an
// answer to Firehose: 4 MiB are 5.6 MB in base64, of the 6 MB that Lambda returns.
const MaxInflated = 4 << 20

// version is the record format's, the header's member "v".
const version = 1

// timeFormat is RFC 3339 in UTC with milliseconds, always 24 bytes.
const timeFormat = "2006-01-02T15:04:05.000Z"

// ErrHeader says that data does not begin with a record's header line.
var ErrHeader = errors.New("no record header")

// ErrShort says that data ends before the body its header announces.
var ErrShort = errors.New("record is cut off")

// Header says what Ingest knows of a request beyond its body. A record leaves out a
// member that is empty.
type Header struct {
	ID          string    `json:"id"`          // the ingest id, made once per request
	ReceivedAt  time.Time `json:"received_at"` // kept to the millisecond
	Region      string    `json:"region"`      // where Ingest ran; also in a record that another region stores
	RequestID   string    `json:"request_id"`  // API Gateway's request id
	IP          string    `json:"ip"`          // the client's address, as far as the setting keeps it
	UserAgent   string    `json:"ua"`
	ContentType string    `json:"content_type"`
	Encoding    string    `json:"encoding"` // the request's Content-Encoding, as sent
	Source      Source    `json:"source"`
	First       int       `json:"first"`   // index of the body's first event in its request, above 0 in a part
	Replays     int       `json:"replays"` // how often an operator has replayed it
	Probe       bool      `json:"probe"`   // whether it is a health check's, with no event in its body
}

// Record is one request in transit, its body exactly as received.
type Record struct {
	Header
	Body []byte
}

// NewID returns a new ingest id, a UUIDv7: unique, and sorted by time.
func NewID() string {
	return uuid.Must(uuid.NewV7()).String()
}

// EventID returns the id of the n-th event of the request with this ingest id.
func EventID(id string, n int) string {
	return id + "/" + strconv.Itoa(n)
}

// SplitEventID undoes EventID. An id without an index is that of a whole request.
func SplitEventID(eventID string) (id string, n int, isEvent bool) {
	id, index, _ := strings.Cut(eventID, "/")
	n, err := strconv.Atoi(index)
	if err != nil || n < 0 {
		return eventID, 0, false
	}
	return id, n, true
}

// StreamOf returns which of n streams takes the records of a request: all of its
// attempts, parts and replays go to the same one.
func StreamOf(id string, n int) int {
	if n == 1 {
		return 0
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(id)) // never fails
	return int(hash.Sum32() % uint32(n))
}

// Append appends the record of h and body to dst: one header line, then the body
// untouched. The caller checks the result against MaxBytes.
func Append(dst []byte, h Header, body []byte) []byte {
	dst = append(dst, headerBegin...)
	dst = appendMember(dst, "id", h.ID)
	dst = appendSender(dst, h)
	dst = appendMember(dst, "content_type", h.ContentType)
	dst = appendMember(dst, "encoding", h.Encoding)
	dst = appendSource(dst, h.Source)
	dst = appendCount(dst, "first", h.First)
	dst = appendCount(dst, "replays", h.Replays)
	if h.Probe {
		dst = append(dst, `,"probe":true`...)
	}
	dst = append(dst, `,"bytes":`...)
	dst = strconv.AppendInt(dst, int64(len(body)), 10)
	dst = append(dst, "}\n"...)
	return append(dst, body...)
}

// Decode returns the first record of data and what follows it. Records may stand one
// behind the other, because each header says how long its body is. The body is a part
// of data, not a copy. The error is ErrHeader or ErrShort, with its cause.
func Decode(data []byte) (Record, []byte, error) {
	line, rest, found := bytes.Cut(data, []byte{'\n'})
	if !found {
		return Record{}, nil, fmt.Errorf("decoding record: %w: no newline in %d bytes", ErrHeader, len(data))
	}
	header, length, err := readHeader(line)
	if err != nil {
		return Record{}, nil, fmt.Errorf("decoding record: %w: %w", ErrHeader, err)
	}
	if length > len(rest) {
		return Record{}, nil, fmt.Errorf("decoding record %s: %w: %d bytes of %d", header.ID, ErrShort, len(rest), length)
	}
	return Record{Header: header, Body: rest[:length:length]}, rest[length:], nil
}
