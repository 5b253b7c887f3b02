// Package firehose puts single records on a Firehose stream while a client waits.
// Package batch puts many.
package firehose

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync"

	"global-ingest/lambdas/aws/client"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
)

// Streams puts each record on the stream that its request belongs to. It holds at
// least one.
type Streams []Putter

// Put puts one record of the request with this ingest id.
func (s Streams) Put(ctx context.Context, id string, data []byte) error {
	return s[record.StreamOf(id, len(s))].Put(ctx, data)
}

// Stream is one Firehose stream. It is safe for concurrent use and meant to live as
// long as the sandbox, so that its connection is used again.
type Stream struct {
	name     string
	service  *client.Service
	prefix   []byte    // of a PutRecord's body, up to the record
	requests sync.Pool // of *[]byte, so that a sandbox uses the same memory for every request
}

// header is that of a PutRecord, in AWS JSON 1.1.
// https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecord.html
var header = http.Header{
	"Content-Type": {"application/x-amz-json-1.1"},
	"X-Amz-Target": {"Firehose_20150804.PutRecord"},
}

const suffix = `"}}`

// New returns the stream of this name in the function's region, within c's bounds. It
// fails when AWS_ENDPOINT_URL_FIREHOSE is not a URL.
func New(name string, c bounds.Config) (*Stream, error) {
	service, err := client.NewService(client.Region(), "firehose", "", c)
	if err != nil {
		return nil, err
	}
	return &Stream{
		name:     name,
		service:  service,
		prefix:   fmt.Appendf(nil, `{"DeliveryStreamName":%q,"Record":{"Data":"`, name),
		requests: sync.Pool{New: func() any { return new([]byte) }},
	}, nil
}

// Connect opens the connection that the first Put will use. After an error that Put
// opens its own.
func (s *Stream) Connect(ctx context.Context) error {
	if err := s.service.Connect(ctx); err != nil {
		return fmt.Errorf("connecting to stream %s: %w", s.name, err)
	}
	return nil
}

// Put stores one record of at most record.MaxBytes. A nil error says that Firehose has
// accepted it. After an error the record may be stored all the same, for example when
// only the answer was lost.
func (s *Stream) Put(ctx context.Context, data []byte) error {
	body := s.requests.Get().(*[]byte)
	defer s.requests.Put(body)
	*body = s.request((*body)[:0], data)
	answer, err := s.service.Call(ctx, http.MethodPost, "/", header, *body)
	if err == nil && !bytes.Contains(answer, []byte(`"RecordId"`)) {
		err = fmt.Errorf("answer of %d bytes names no record", len(answer))
	}
	if err != nil {
		return fmt.Errorf("putting a record of %d bytes on stream %s: %w", len(data), s.name, err)
	}
	return nil
}

// request appends the body of the PutRecord of data to dst, which grows at most once.
func (s *Stream) request(dst, data []byte) []byte {
	if size := len(s.prefix) + base64.StdEncoding.EncodedLen(len(data)) + len(suffix); cap(dst) < size {
		dst = make([]byte, 0, size)
	}
	dst = append(dst, s.prefix...)
	dst = base64.StdEncoding.AppendEncode(dst, data)
	return append(dst, suffix...)
}
