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
	"sync/atomic"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/emf"
)

// Stream stores records. A nil error acknowledges: the record will not be lost.
type Stream interface {
	// Put takes the record of the request with this ingest id.
	Put(ctx context.Context, id string, record []byte) error
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
	origins origins
	stream  Stream
	spill   Spill
	metrics io.Writer
	log     *slog.Logger
	now     func() time.Time
	scratch sync.Pool // of *scratch, so that a sandbox uses the same memory for every request

	behind *writeBehind // nil where the record is stored before the answer
	down   atomic.Bool  // whether nothing took the last record
}

// scratch is a request on its way: its id, its record, and the memory for both.
type scratch struct {
	parser   parser
	id       string
	received time.Time
	record   []byte
}

// New returns a Handler that puts records on stream, or into spill when stream does
// not take them, writes metric lines to metrics and tells log what an operator
// should know.
func New(c Config, stream Stream, spill Spill, metrics io.Writer, log *slog.Logger) *Handler {
	h := &Handler{
		config:  c,
		origins: newOrigins(c.Origins),
		stream:  stream,
		spill:   spill,
		metrics: metrics,
		log:     log,
		now:     time.Now,
		scratch: sync.Pool{New: func() any { return new(scratch) }},
	}
	if c.Acknowledge == Immediate {
		h.behind = newWriteBehind(h)
	}
	return h
}

// Invoke implements lambda.Handler. It answers every event and never fails: 200
// when the record is stored, or will be where Config.Acknowledge is Immediate, and
// what Config.WhenUnstored says when nothing took it.
func (h *Handler) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	answer, unwritten := h.answer(ctx, event)
	if h.behind != nil {
		h.behind.take(ctx, unwritten)
	}
	return answer, nil
}

// answer returns the answer to event, and its request when the record is to be stored
// behind the answer. While nothing takes a record, it is stored first.
func (h *Handler) answer(ctx context.Context, event []byte) (answer []byte, unwritten *scratch) {
	id, cors := record.NewID(), h.origins.headers(nil)
	defer func() {
		if cause := recover(); cause != nil {
			answer = h.unstored(ctx, cors, id, fmt.Errorf("panic: %v", cause))
		}
	}()
	s := h.scratch.Get().(*scratch)
	s.id, s.received = id, h.now()
	cors = h.encode(s, event)
	if h.behind != nil && !h.down.Load() {
		return acknowledge(cors, id), s
	}
	defer h.scratch.Put(s)
	if err := h.store(ctx, s); err != nil {
		return h.unstored(ctx, cors, id, err), nil
	}
	return acknowledge(cors, id), nil
}

// store puts the record of s on the stream, or spills it. An error means that neither
// took it.
func (h *Handler) store(ctx context.Context, s *scratch) (err error) {
	defer func() { h.down.Store(err != nil) }()
	refused := h.put(ctx, s)
	if refused == nil {
		return nil
	}
	// Whatever the put's context has come to: the spill has a deadline of its own.
	longest := h.config.Spill.WorstCase()
	if len(s.record) > record.MaxBytes {
		longest = h.config.Oversize().WorstCase()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	defer cancel()
	if err := h.spill.Put(ctx, record.SpillKey(s.id, s.received), s.record); err != nil {
		return errors.Join(refused, err)
	}
	h.log.WarnContext(ctx, "record is spilled", "id", s.id, "bytes", len(s.record), "cause", refused.Error())
	h.count(ctx, MetricSpilled)
	return nil
}

func (h *Handler) put(ctx context.Context, s *scratch) error {
	if len(s.record) > record.MaxBytes {
		return fmt.Errorf("record is %d bytes, limit of the stream is %d", len(s.record), record.MaxBytes)
	}
	return h.stream.Put(ctx, s.id, s.record)
}

// encode makes the record of event in s, and returns the headers of its answer. An event
// that is not a proxy event, as from somebody who invokes the function by hand, is stored
// whole, like any body.
func (h *Handler) encode(s *scratch, event []byte) (cors string) {
	r, err := s.parser.parse(event)
	if err != nil {
		r = request{body: event}
	}
	s.record = record.Append(s.record[:0], record.Header{
		ID:          s.id,
		ReceivedAt:  s.received,
		RequestID:   string(r.requestID),
		IP:          h.config.ClientIP.of(r.sourceIP),
		UserAgent:   headerValue(r.userAgent),
		ContentType: headerValue(r.contentType),
		Encoding:    headerValue(r.encoding),
	}, r.body)
	return h.origins.headers(r.origin)
}

func headerValue(value []byte) string {
	return string(value[:min(len(value), maxHeaderValue)])
}

func (h *Handler) unstored(ctx context.Context, cors, id string, cause error) []byte {
	h.lose(ctx, id, cause)
	if h.config.WhenUnstored == Acknowledge {
		return acknowledge(cors, id)
	}
	return refuse(cors)
}

// lose tells the operator of an event that nothing took.
func (h *Handler) lose(ctx context.Context, id string, cause error) {
	h.log.ErrorContext(ctx, "event is not stored", "id", id, "cause", cause.Error())
	h.count(ctx, MetricUnstored)
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
