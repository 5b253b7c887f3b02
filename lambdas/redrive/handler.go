// Package redrive is the function that brings records back into the stream: the
// ones that ingest spilled because Firehose did not take them, and the ones that
// an operator replays from failed/ and rejected/. It works on messages that name
// objects, and a message is done only when the stream has accepted every record of
// its objects; until then the queue hands it out again. So a crash at any point
// costs a duplicate, never a record.
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
	"time"

	"global-ingest/lambdas/emf"
	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// Stream takes records in batches. It returns the indexes of the ones that were
// not accepted, and why.
type Stream interface {
	PutBatch(ctx context.Context, records [][]byte) (refused []int, err error)
}

// Lake is the bucket, as far as redrive needs it.
type Lake interface {
	Get(ctx context.Context, key string) (io.ReadCloser, error)
	Put(ctx context.Context, key string, body []byte) error
	Delete(ctx context.Context, key string) error
}

// The metrics of redrive.
const (
	MetricRedriven     = "RecordsRedriven"     // records that the stream accepted again
	MetricUnreplayable = "RecordsUnreplayable" // records left out: replayed too often, or not readable
)

// batchBytes is about how much is read before it is put: the stream cuts it into
// the calls that its limits ask for.
const batchBytes = 3_584 << 10

// Handler works off messages. It is not safe for concurrent use, which Lambda
// never asks for.
type Handler struct {
	config  Config
	events  Stream
	rejects Stream
	lake    Lake
	metrics io.Writer
	log     *slog.Logger
	counts  map[string]int

	splitter *event.Splitter
	inflater *event.Inflater
}

// New returns a Handler that reads objects of lake and puts their records on
// events, or on rejects what no record of events can carry.
func New(c Config, events, rejects Stream, lake Lake, metrics io.Writer, log *slog.Logger) *Handler {
	return &Handler{
		config: c, events: events, rejects: rejects, lake: lake, metrics: metrics, log: log,
		splitter: event.NewSplitter(event.MaxDepth, event.MaxEvents),
		inflater: event.NewInflater(c.MaxBodyBytes),
	}
}

// sqsEvent is what Lambda makes of a batch of messages.
// https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event
type sqsEvent struct {
	Records []struct {
		MessageID string `json:"messageId"`
		Body      string `json:"body"`
	} `json:"Records"`
}

// Failures names the messages that the queue must hand out again.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
type Failures struct {
	Items []Failure `json:"batchItemFailures"`
}

// Failure is one message of Failures.
type Failure struct {
	ID string `json:"itemIdentifier"`
}

// Invoke implements lambda.Handler: it answers with the messages that failed.
func (h *Handler) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	var batch sqsEvent
	if err := json.Unmarshal(event, &batch); err != nil {
		return nil, fmt.Errorf("decoding the queue's event: %w", err)
	}
	h.counts = map[string]int{}
	failures := Failures{Items: []Failure{}}
	for _, m := range batch.Records {
		if err := h.work(ctx, m.Body); err != nil {
			h.log.ErrorContext(ctx, "message is not done", "message", m.MessageID, "cause", err.Error())
			failures.Items = append(failures.Items, Failure{ID: m.MessageID})
		}
	}
	h.writeMetrics(ctx)
	return json.Marshal(failures)
}

// work does all that one message asks for. A panic is that message's failure.
func (h *Handler) work(ctx context.Context, body string) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	asked, err := replays(body)
	if err != nil {
		return err
	}
	for _, r := range asked {
		if err := h.redrive(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// redrive puts every record of one object, and deletes the object when it was
// spilled: then the stream is where its record lives. Objects that are replayed
// stay, as the history they are. An object that is gone was redriven before.
func (h *Handler) redrive(ctx context.Context, r Replay) error {
	records, err := h.open(ctx, r)
	if err != nil {
		return err
	}
	if err := h.putAll(ctx, records); err != nil {
		if errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(r.Key, record.SpillPrefix) {
			h.log.InfoContext(ctx, "object is gone, redriven before", "key", r.Key)
			return nil
		}
		return err
	}
	if strings.HasPrefix(r.Key, record.SpillPrefix) {
		return h.lake.Delete(ctx, r.Key)
	}
	return nil
}

// putAll puts records in batches of about batchBytes.
func (h *Handler) putAll(ctx context.Context, records source) error {
	var b batch
	for r, err := range records {
		if err != nil {
			return err
		}
		if r.Replays > h.config.MaxReplays {
			h.leaveOut(ctx, "record was replayed too often", "id", r.ID, "replays", r.Replays-1, "limit", h.config.MaxReplays)
			continue
		}
		if err := h.add(ctx, &b, r); err != nil {
			return err
		}
		if b.bytes >= batchBytes {
			if err := h.flush(ctx, &b); err != nil {
				return err
			}
		}
	}
	return h.flush(ctx, &b)
}

// batch is what is read and not yet put.
type batch struct {
	events, rejects [][]byte
	bytes           int
}

func (b *batch) addEvents(data []byte) {
	b.events, b.bytes = append(b.events, data), b.bytes+len(data)
}

func (b *batch) addReject(row []byte) {
	b.rejects, b.bytes = append(b.rejects, row), b.bytes+len(row)
}

func (h *Handler) flush(ctx context.Context, b *batch) error {
	for _, put := range []struct {
		stream  Stream
		records [][]byte
	}{{h.events, b.events}, {h.rejects, b.rejects}} {
		if len(put.records) == 0 {
			continue
		}
		refused, err := put.stream.PutBatch(ctx, put.records)
		h.counts[MetricRedriven] += len(put.records) - len(refused)
		if len(refused) > 0 || err != nil {
			return fmt.Errorf("redriving %d records: %d refused: %w", len(put.records), len(refused), err)
		}
	}
	*b = batch{}
	return nil
}

// skip tells of a line that cannot be read.
func (h *Handler) skip(ctx context.Context, key string, line int, cause error) {
	h.leaveOut(ctx, "line is not readable", "key", key, "line", line, "cause", cause.Error())
}

func (h *Handler) leaveOut(ctx context.Context, what string, details ...any) {
	h.counts[MetricUnreplayable]++
	h.log.WarnContext(ctx, what, details...)
}

func (h *Handler) writeMetrics(ctx context.Context) {
	if len(h.counts) == 0 {
		return
	}
	line := emf.Line{Time: time.Now(), Dimensions: map[string]string{"Environment": h.config.Environment}, Counts: h.counts}
	if err := line.Write(h.metrics); err != nil {
		h.log.ErrorContext(ctx, "metrics are not written", "cause", err.Error())
	}
}
