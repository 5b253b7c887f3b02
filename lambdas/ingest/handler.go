// Package ingest is the function behind the endpoint: it takes whatever a client
// posts, stores it as one record, and answers. It never looks into the payload;
// that is the validator's work, later and in batches.
package ingest

import (
	"context"
	"errors"
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

// Spill stores what the stream does not take, whatever its size, for Redrive to
// bring it back. A nil error acknowledges like the stream's.
type Spill interface {
	Put(ctx context.Context, key string, record []byte) error
}

// The metrics of ingest, in requests.
const (
	MetricSpilled  = "EventsSpilled"  // the stream did not take it, the spill did
	MetricUnstored = "EventsUnstored" // nothing took it
)

// maxHeaderValue bounds what is kept of a client's User-Agent, Content-Type and
// Content-Encoding, in bytes: three times 512 take less than 0.2 % of a record.
const maxHeaderValue = 512

// Handler answers API Gateway's proxy events. It is safe for concurrent use.
type Handler struct {
	config  Config
	stream  Stream
	spill   Spill
	metrics io.Writer
	log     *slog.Logger
	now     func() time.Time
	scratch sync.Pool // of *scratch, so that an environment uses the same memory for every request
}

type scratch struct {
	parser parser
	record []byte
}

// New returns a Handler that puts records on stream, or into spill when stream does
// not take them, writes metric lines to metrics and tells log what an operator
// should know.
func New(c Config, stream Stream, spill Spill, metrics io.Writer, log *slog.Logger) *Handler {
	return &Handler{
		config:  c,
		stream:  stream,
		spill:   spill,
		metrics: metrics,
		log:     log,
		now:     time.Now,
		scratch: sync.Pool{New: func() any { return new(scratch) }},
	}
}

// Invoke implements lambda.Handler. It answers every event and never fails: 200
// when the record is stored, and what Config.WhenUnstored says when nothing took it.
func (h *Handler) Invoke(ctx context.Context, event []byte) (answer []byte, err error) {
	id := record.NewID()
	defer func() {
		if cause := recover(); cause != nil {
			answer = h.unstored(ctx, id, fmt.Errorf("panic: %v", cause))
		}
	}()
	s := h.scratch.Get().(*scratch)
	defer h.scratch.Put(s)

	received := h.now()
	data := h.encode(s, id, received, event)
	if err := h.store(ctx, id, received, data); err != nil {
		return h.unstored(ctx, id, err), nil
	}
	return acknowledge(id), nil
}

// store puts data on the stream, or spills it. An error means that neither took it.
func (h *Handler) store(ctx context.Context, id string, received time.Time, data []byte) error {
	refused := h.put(ctx, data)
	if refused == nil {
		return nil
	}
	// Whatever the put's context has come to: the spill has a deadline of its own.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), h.config.Spill.WorstCase())
	defer cancel()
	if err := h.spill.Put(ctx, record.SpillKey(id, received), data); err != nil {
		return errors.Join(refused, err)
	}
	h.log.WarnContext(ctx, "record is spilled", "id", id, "bytes", len(data), "cause", refused.Error())
	h.count(ctx, MetricSpilled)
	return nil
}

func (h *Handler) put(ctx context.Context, data []byte) error {
	if len(data) > record.MaxBytes {
		return fmt.Errorf("record is %d bytes, limit of the stream is %d", len(data), record.MaxBytes)
	}
	return h.stream.Put(ctx, data)
}

// encode makes the record of event in s. An event that is no proxy event, as from
// somebody who invokes the function by hand, is stored whole, like any body.
func (h *Handler) encode(s *scratch, id string, received time.Time, event []byte) []byte {
	r, err := s.parser.parse(event)
	if err != nil {
		r = request{body: event}
	}
	s.record = record.Append(s.record[:0], record.Header{
		ID:          id,
		ReceivedAt:  received,
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

func (h *Handler) unstored(ctx context.Context, id string, cause error) []byte {
	h.log.ErrorContext(ctx, "event is not stored", "id", id, "cause", cause.Error())
	h.count(ctx, MetricUnstored)
	if h.config.WhenUnstored == Acknowledge {
		return acknowledge(id)
	}
	return refuse()
}

func (h *Handler) count(ctx context.Context, metric string) {
	line := emf.Line{
		Time:       h.now(),
		Dimensions: map[string]string{"Environment": h.config.Environment},
		Counts:     map[string]int{metric: 1},
	}
	if err := line.Write(h.metrics); err != nil {
		h.log.ErrorContext(ctx, "metric is not written", "metric", metric, "cause", err.Error())
	}
}
