// Package redrive is the function that brings records back into the streams: those that
// were spilled, and those that an operator replays from failed/ and rejected/. It works
// on messages that name objects. A message is done only when the streams have accepted
// every record of its objects; until then the queue delivers it again. So a crash costs
// a duplicate, never a record.
package redrive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/emf"
)

// Stream takes records in batches. It returns the indexes of those that it did not accept,
// and an error that says why.
type Stream interface {
	PutBatch(ctx context.Context, records [][]byte) (refused []int, err error)
}

// Lake is the bucket, as far as redrive needs it.
type Lake interface {
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Put(ctx context.Context, key string, body []byte) error
	Delete(ctx context.Context, keys ...string) error // all of them, or an error
}

// The metrics of redrive, in records.
const (
	MetricRedriven     = "RecordsRedriven"     // accepted by a stream again
	MetricUnreplayable = "RecordsUnreplayable" // left out: replayed too often, or not readable
)

// Handler works on messages. It is not safe for concurrent use, which Lambda does not
// need.
type Handler struct {
	config  Config
	streams []Stream // each takes its share of requests, as record.StreamOf says
	rejects Stream
	lake    Lake
	meter   emf.Meter
	log     *slog.Logger
	counts  map[string]int

	splitter *event.Splitter
	inflater *event.Inflater
}

// New returns a Handler that reads objects of lake and puts their records on streams, of
// which there is at least one. What no record can carry it puts on rejects.
func New(c Config, streams []Stream, rejects Stream, lake Lake, metrics io.Writer, log *slog.Logger) *Handler {
	return &Handler{
		config: c, streams: streams, rejects: rejects, lake: lake,
		meter: emf.New(c.Environment, metrics, log), log: log,
		splitter: event.NewSplitter(event.MaxDepth, event.MaxEvents),
		inflater: event.NewInflater(c.MaxBodyBytes),
	}
}

// Invoke implements lambda.Handler: it answers with the messages that failed, which the
// queue hands out again.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
func (h *Handler) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	var batch events.SQSEvent
	if err := json.Unmarshal(event, &batch); err != nil {
		return nil, fmt.Errorf("decoding the queue's event: %w", err)
	}
	h.counts = map[string]int{}
	var messages []*message
	var spilled, replayed []*object
	for _, m := range batch.Records {
		asked := &message{id: m.MessageId}
		messages = append(messages, asked)
		named, err := replays(m.Body)
		asked.fail(err)
		for _, r := range named {
			if o := (&object{Replay: r, message: asked}); strings.HasPrefix(r.Key, record.SpillPrefix) {
				spilled = append(spilled, o)
			} else {
				replayed = append(replayed, o)
			}
		}
	}
	h.bringBack(ctx, spilled)
	for _, o := range replayed {
		o.attempt(func() error { return h.replay(ctx, o) })
	}
	if len(h.counts) > 0 {
		h.meter.Count(ctx, h.counts)
	}
	return json.Marshal(h.failures(ctx, messages))
}

func (h *Handler) failures(ctx context.Context, messages []*message) events.SQSEventResponse {
	failures := []events.SQSBatchItemFailure{}
	for _, m := range messages {
		if m.err != nil {
			h.log.ErrorContext(ctx, "message is not done", "message", m.id, "cause", m.err.Error())
			failures = append(failures, events.SQSBatchItemFailure{ItemIdentifier: m.id})
		}
	}
	return events.SQSEventResponse{BatchItemFailures: failures}
}

// bringBack puts the records of spilled objects, those of many objects in one call. It
// deletes an object once the streams have accepted all of its records.
func (h *Handler) bringBack(ctx context.Context, objects []*object) {
	b := h.newBatch()
	for f := range h.fetch(ctx, objects) {
		if errors.Is(f.err, fs.ErrNotExist) {
			h.log.InfoContext(ctx, "object is gone, redriven before", "key", f.Key)
			continue
		}
		b.objects = append(b.objects, f.object)
		f.attempt(func() error {
			records, err := f.records()
			for _, r := range records {
				if err == nil {
					err = h.add(ctx, b, r)
				}
			}
			return err
		})
		if b.isFull() {
			h.settle(ctx, b)
		}
	}
	h.settle(ctx, b)
}

// settle puts what b holds and deletes the objects that are done.
func (h *Handler) settle(ctx context.Context, b *batch) {
	objects := b.objects
	h.flush(ctx, b)
	var done []string
	for _, o := range objects {
		if o.err == nil {
			done = append(done, o.Key)
		}
	}
	if len(done) == 0 {
		return
	}
	if err := h.lake.Delete(ctx, done...); err != nil {
		for _, o := range objects {
			o.fail(err)
		}
	}
}

// replay puts the records of an object that an operator names. The object stays.
func (h *Handler) replay(ctx context.Context, o *object) error {
	if isLate(ctx) {
		return errLate
	}
	b := h.newBatch(o)
	err := h.each(ctx, o.Replay, func(r record.Record) error {
		if r.Replays > h.config.MaxReplays {
			h.leaveOut(ctx, "record was replayed too often",
				"id", r.ID, "replays", r.Replays-1, "limit", h.config.MaxReplays)
			return nil
		}
		if err := h.add(ctx, b, r); err != nil || !b.isFull() {
			return err
		}
		if h.flush(ctx, b); o.err != nil {
			return o.err
		}
		if isLate(ctx) {
			return errLate
		}
		b.objects = append(b.objects, o)
		return nil
	})
	if err == nil {
		h.flush(ctx, b)
	}
	return err
}

// batch is what was read and not yet put. A record that is added belongs to the last of
// objects.
type batch struct {
	objects []*object
	events  []owned // by stream
	rejects owned
	records int
	bytes   int
}

// owned are the records for one stream, and the object of each.
type owned struct {
	records [][]byte
	owners  []*object
}

func (h *Handler) newBatch(objects ...*object) *batch {
	return &batch{objects: objects, events: make([]owned, len(h.streams))}
}

// addEvents adds a record of the request with this ingest id.
func (b *batch) addEvents(id string, data []byte) {
	b.add(&b.events[record.StreamOf(id, len(b.events))], data)
}

func (b *batch) add(to *owned, data []byte) {
	to.records = append(to.records, data)
	to.owners = append(to.owners, b.objects[len(b.objects)-1])
	b.records++
	b.bytes += len(data)
}

// isFull says whether b fills a call of PutRecordBatch. The stream splits a larger one.
func (b *batch) isFull() bool {
	return b.bytes >= record.MaxBatchBytes || b.records >= record.MaxBatch
}

// flush puts what b holds and empties it. The message of a refused record fails.
func (h *Handler) flush(ctx context.Context, b *batch) {
	for i, stream := range h.streams {
		h.put(ctx, stream, b.events[i])
	}
	h.put(ctx, h.rejects, b.rejects)
	*b = *h.newBatch()
}

func (h *Handler) put(ctx context.Context, stream Stream, o owned) {
	if len(o.records) == 0 {
		return
	}
	refused, err := stream.PutBatch(ctx, o.records)
	h.counts[MetricRedriven] += len(o.records) - len(refused)
	for _, i := range refused {
		o.owners[i].fail(err)
	}
}

func (h *Handler) leaveOut(ctx context.Context, what string, details ...any) {
	h.counts[MetricUnreplayable]++
	h.log.WarnContext(ctx, what, details...)
}
