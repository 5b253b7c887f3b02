// Package ingest is the function behind the endpoint. It stores whatever a client posts
// as one record, and answers. It never looks into the payload, which the Validator does
// later, in batches.
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

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/emf"
)

// Stream stores records. A nil error acknowledges: the record will not be lost.
type Stream interface {
	// Put takes the record of the request with this ingest id.
	Put(ctx context.Context, id string, record []byte) error
}

// Spill stores records of any size that the stream does not take, for Redrive to bring
// back. A nil error acknowledges, as the stream's does.
type Spill interface {
	Put(ctx context.Context, key string, record []byte) error
}

// The metrics of ingest, in requests.
const (
	MetricSpilled  = "EventsSpilled"         // the stream did not take them, the spill did
	MetricNextDoor = "EventsSpilledNextDoor" // neither took them, the spill of another region did
	MetricUnstored = "EventsUnstored"        // nothing took them
)

// maxHeaderValue bounds what is kept of User-Agent, Content-Type and Content-Encoding,
// in bytes: three times 512 are less than 0.2 % of a record.
const maxHeaderValue = 512

// Handler answers API Gateway's proxy events. It is safe for concurrent use.
type Handler struct {
	config   Config
	origins  origins
	clients  *clients.Set
	answers  map[string]answers // by name of the client
	stream   Stream
	spill    Spill
	nextDoor Spill // another region's, or nil
	meter    emf.Meter
	log      *slog.Logger
	scratch  sync.Pool // of *scratch, so that a sandbox uses the same memory for every request

	behind *writeBehind // nil where the record is stored before the answer
	down   atomic.Bool  // whether nothing took the last record
	stored atomic.Int64 // when the last record came, in Unix nanoseconds; 0 when this region did not take it
}

// scratch is a request in progress, and the memory that the next one uses again.
type scratch struct {
	parser   parser
	id       string
	received time.Time
	isProbe  bool
	record   []byte
}

// key is where the record of s lies when no stream takes it. No queue hears of a probe.
func (s *scratch) key() string {
	if s.isProbe {
		return record.HealthKey
	}
	return record.SpillKey(s.id, s.received)
}

// New returns a Handler that puts records on stream, or into spill when stream does not
// take them, or else into nextDoor, the bucket of another region, unless that is nil.
func New(c Config, stream Stream, spill, nextDoor Spill, metrics io.Writer, log *slog.Logger) *Handler {
	h := &Handler{
		config:   c,
		origins:  newOrigins(c.Origins, c.Region),
		clients:  clients.Enabled(c.Clients),
		answers:  newAnswers(),
		stream:   stream,
		spill:    spill,
		nextDoor: nextDoor,
		meter:    emf.New(c.Environment, metrics, log),
		log:      log,
		scratch:  sync.Pool{New: func() any { return &scratch{parser: parser{proxies: c.Proxies}} }},
	}
	if c.Acknowledge == Immediate {
		h.behind = newWriteBehind(h)
	}
	return h
}

// Invoke implements lambda.Handler. It answers every event and never fails: 200 when
// the record is stored, or will be where Config.Acknowledge is Immediate, and as
// Config.WhenUnstored says when nothing took it.
func (h *Handler) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	answer, unwritten := h.answer(ctx, event)
	if h.behind != nil {
		h.behind.take(ctx, unwritten)
	}
	return answer, nil
}

// answer returns the answer to event. unwritten is the request if its record must be stored
// after the answer. While nothing takes a record, it is stored first.
func (h *Handler) answer(ctx context.Context, event []byte) (answer []byte, unwritten *scratch) {
	id, to := record.NewID(), reply{h.origins.headers(nil), plain}
	defer func() {
		if cause := recover(); cause != nil {
			answer = h.unstored(ctx, to, id, fmt.Errorf("panic: %v", cause))
		}
	}()
	s := h.scratch.Get().(*scratch)
	s.id, s.received, s.isProbe = id, time.Now(), false
	r := s.parser.parse(event)
	if r.isHealth() {
		return h.health(ctx, s, to.headers), nil
	}
	to = h.encode(s, r)
	if to.bodies == nil {
		h.scratch.Put(s)
		return noSuchPath(to.headers), nil
	}
	if h.behind != nil && !h.down.Load() {
		return to.acknowledge(id), s
	}
	defer h.scratch.Put(s)
	if err := h.store(ctx, s); err != nil {
		return h.unstored(ctx, to, id, err), nil
	}
	return to.acknowledge(id), nil
}

// store puts the record of s on the stream, or spills it: in this region, else next door.
// An error means that nothing took it.
func (h *Handler) store(ctx context.Context, s *scratch) error {
	var here, end time.Time
	if h.nextDoor != nil {
		end = time.Now().Add(h.config.AnswerWithin)
		here = end.Add(-nextDoorWithin)
	}
	refused, err := h.storeHere(ctx, s, here)
	switch {
	case refused == nil:
		return nil
	case err == nil:
		h.tellSpilled(ctx, s, "record is spilled", MetricSpilled, refused)
		return nil
	case h.nextDoor == nil:
		return errors.Join(refused, err)
	}
	return h.storeNextDoor(ctx, s, end, errors.Join(refused, err))
}

// storeNextDoor puts the record of s into the bucket of the next region. Below the same
// prefix it is a record like the others to that region's Redrive and Validator.
func (h *Handler) storeNextDoor(ctx context.Context, s *scratch, end time.Time, refused error) error {
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), end)
	defer cancel()
	if err := h.nextDoor.Put(ctx, s.key(), s.record); err != nil {
		return errors.Join(refused, fmt.Errorf("spilling to %s: %w", h.config.NextDoor.Region, err))
	}
	h.down.Store(false)
	h.tellSpilled(ctx, s, "record is spilled next door", MetricNextDoor, refused)
	return nil
}

func (h *Handler) tellSpilled(ctx context.Context, s *scratch, what, metric string, cause error) {
	h.log.WarnContext(ctx, what, "id", s.id, "bytes", len(s.record), "cause", cause.Error())
	h.meter.Count(ctx, map[string]int{metric: 1})
}

// storeHere puts the record of s on the stream of this region or, when the stream refuses
// it, into its bucket. refused says why the stream did, and err why the bucket did. It takes
// until end, or as long as the bounds of put and spill allow where end is zero.
func (h *Handler) storeHere(ctx context.Context, s *scratch, end time.Time) (refused, err error) {
	if refused = h.put(ctx, s, end); refused != nil {
		err = h.spillAside(ctx, s, end)
	}
	h.down.Store(err != nil)
	if err != nil {
		h.stored.Store(0)
	} else {
		h.stored.Store(s.received.UnixNano())
	}
	return refused, err
}

// put puts the record of s on the stream. Of the time until end it leaves a third to the
// spill: of 1.5 s that is one attempt.
func (h *Handler) put(ctx context.Context, s *scratch, end time.Time) error {
	if len(s.record) > record.MaxBytes {
		return fmt.Errorf("record is %d bytes, limit of the stream is %d", len(s.record), record.MaxBytes)
	}
	if !end.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)*2/3)
		defer cancel()
	}
	return h.stream.Put(ctx, s.id, s.record)
}

// spillAside puts the record of s into the bucket. It has a deadline of its own, because the
// put may have used up that of ctx.
func (h *Handler) spillAside(ctx context.Context, s *scratch, end time.Time) error {
	longest := h.config.Spill.WorstCase()
	if len(s.record) > record.MaxBytes {
		longest = h.config.Oversize().WorstCase()
	}
	if !end.IsZero() {
		longest = min(longest, time.Until(end))
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longest)
	defer cancel()
	return h.spill.Put(ctx, s.key(), s.record)
}

// encode makes the record of r in s, and returns how it is answered: without bodies when no
// client has its path.
func (h *Handler) encode(s *scratch, r request) reply {
	to := reply{headers: h.origins.headers(r.origin)}
	client, ok := h.route(r)
	if !ok {
		return to
	}
	to.bodies = h.bodies(client, r)
	s.record = record.Append(s.record[:0], record.Header{
		ID:          s.id,
		ReceivedAt:  s.received,
		Region:      h.config.Region,
		RequestID:   string(r.requestID),
		IP:          h.config.ClientIP.of(r.client()),
		UserAgent:   headerValue(r.userAgent),
		ContentType: headerValue(r.contentType),
		Encoding:    headerValue(r.encoding),
		Source:      r.kept(client),
	}, r.body)
	return to
}

func headerValue(value []byte) string {
	return string(value[:min(len(value), maxHeaderValue)])
}

func (h *Handler) unstored(ctx context.Context, to reply, id string, cause error) []byte {
	h.lose(ctx, id, cause)
	if h.config.WhenUnstored == Acknowledge {
		return to.acknowledge(id)
	}
	return to.refuse()
}

// lose tells the operator of an event that nothing took.
func (h *Handler) lose(ctx context.Context, id string, cause error) {
	h.log.ErrorContext(ctx, "event is not stored", "id", id, "cause", cause.Error())
	h.meter.Count(ctx, map[string]int{MetricUnstored: 1})
}
