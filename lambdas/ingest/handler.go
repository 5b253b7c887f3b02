// Package ingest is the function behind the endpoint: it takes whatever a client
// posts, stores it as one record, and answers. It never looks into the payload;
// that is the validator's work, later and in batches.
package ingest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"global-ingest/lambdas/emf"
	"global-ingest/lambdas/record"
)

// Stream stores records. A nil error acknowledges: the record will not be lost.
type Stream interface {
	Put(ctx context.Context, record []byte) error
}

// MetricUnstored counts requests that were answered 503 because nothing stored them.
const MetricUnstored = "EventsUnstored"

// maxHeaderValue bounds what is kept of a client's User-Agent, Content-Type and
// Content-Encoding, in bytes: three times 512 take less than 0.2 % of a record.
const maxHeaderValue = 512

// Handler answers API Gateway's proxy events. It is safe for concurrent use.
type Handler struct {
	config  Config
	stream  Stream
	metrics io.Writer
	log     *slog.Logger
	now     func() time.Time
	scratch sync.Pool // of *scratch, so that an environment uses the same memory for every request
}

type scratch struct {
	parser parser
	record []byte
}

// New returns a Handler that puts records on stream, writes metric lines to
// metrics and tells log what an operator should know.
func New(c Config, stream Stream, metrics io.Writer, log *slog.Logger) *Handler {
	return &Handler{
		config:  c,
		stream:  stream,
		metrics: metrics,
		log:     log,
		now:     time.Now,
		scratch: sync.Pool{New: func() any { return new(scratch) }},
	}
}

// Invoke implements lambda.Handler. It answers every event and never fails: 200
// when the record is stored, 413 when it is over record.MaxBytes, 503 when the
// stream refused it.
func (h *Handler) Invoke(ctx context.Context, event []byte) (answer []byte, err error) {
	id := record.NewID()
	defer func() {
		if cause := recover(); cause != nil {
			answer = h.refuse(ctx, id, fmt.Errorf("panic: %v", cause))
		}
	}()
	s := h.scratch.Get().(*scratch)
	defer h.scratch.Put(s)

	data := h.encode(s, id, event)
	if len(data) > record.MaxBytes {
		h.log.WarnContext(ctx, "request is too large", "id", id, "bytes", len(data), "limit", record.MaxBytes)
		return tooLarge(len(data), record.MaxBytes), nil
	}
	if err := h.stream.Put(ctx, data); err != nil {
		return h.refuse(ctx, id, err), nil
	}
	return acknowledge(id), nil
}

// encode makes the record of event in s. An event that is no proxy event, as from
// somebody who invokes the function by hand, is stored whole, like any body.
func (h *Handler) encode(s *scratch, id string, event []byte) []byte {
	r, err := s.parser.parse(event)
	if err != nil {
		r = request{body: event}
	}
	s.record = record.Append(s.record[:0], record.Header{
		ID:          id,
		ReceivedAt:  h.now(),
		RequestID:   string(r.requestID),
		IP:          h.config.ClientIP.of(r.sourceIP),
		UserAgent:   headerValue(r.userAgent),
		ContentType: headerValue(r.contentType),
		Encoding:    headerValue(r.encoding),
	}, r.body)
	return s.record
}

func headerValue(value []byte) string {
	return string(value[:min(len(value), maxHeaderValue)])
}

func (h *Handler) refuse(ctx context.Context, id string, cause error) []byte {
	h.log.ErrorContext(ctx, "event is not stored", "id", id, "cause", cause.Error())
	line := emf.Line{
		Time:       h.now(),
		Dimensions: map[string]string{"Environment": h.config.Environment},
		Counts:     map[string]int{MetricUnstored: 1},
	}
	if err := line.Write(h.metrics); err != nil {
		h.log.ErrorContext(ctx, "metric is not written", "metric", MetricUnstored, "cause", err.Error())
	}
	return refuse()
}
