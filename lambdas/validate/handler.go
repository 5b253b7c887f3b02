// Package validate is the function that Firehose calls with each batch of records.
// It inflates and splits each record's body, checks each event against the schema
// of its type, hands valid events back to Firehose as lines, and puts invalid
// ones, with the reason, on the rejects stream.
package validate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schemas"
)

// Rejects takes rows of rejected/. What it accepts will not be lost.
type Rejects interface {
	// PutBatch puts rows of at most record.MaxBytes each and returns the indexes
	// of those that were not accepted in the end, and why.
	PutBatch(ctx context.Context, rows [][]byte) (refused []int, err error)
}

// Objects takes payloads that no row has room for.
type Objects interface {
	Put(ctx context.Context, key string, body []byte) error
}

// Handler answers Firehose's transformation events. It is safe for concurrent use.
type Handler struct {
	config  Config
	schemas *schemas.Set
	rejects Rejects
	objects Objects
	metrics io.Writer
	log     *slog.Logger
	now     func() time.Time
	benches sync.Pool // of *bench, so that an environment uses the same memory for every batch
}

// New returns a Handler that puts rejects on rejects and objects, writes metric
// lines to metrics and tells log what an operator should know, never a payload.
func New(c Config, set *schemas.Set, rejects Rejects, objects Objects, metrics io.Writer, log *slog.Logger) *Handler {
	h := &Handler{config: c, schemas: set, rejects: rejects, objects: objects, metrics: metrics, log: log, now: time.Now}
	h.benches.New = func() any { return newBench(c, set) }
	return h
}

// Invoke implements lambda.Handler. Each record of the batch is answered once, in
// order: Ok with its valid events, Dropped when it held none and the rejects stream
// has all of them, ProcessingFailed when its events cannot be read or returned.
//
// An error fails the whole batch, for Firehose to send it again: what is missing
// then is an accepted reject, and events that come twice keep their ids.
func (h *Handler) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	b := h.benches.Get().(*bench)
	defer h.benches.Put(b)
	if err := b.decode(event); err != nil {
		return nil, fmt.Errorf("decoding batch: %w", err)
	}
	room := h.config.MaxResponseBytes - answerSize(b.records)
	if room < 0 {
		return nil, fmt.Errorf("answering %d records takes %d bytes more than %d", len(b.records), -room, h.config.MaxResponseBytes)
	}
	outcomes := b.judge(room)
	if err := h.put(ctx, outcomes); err != nil {
		return nil, err
	}
	h.report(ctx, b.records, outcomes)
	return appendAnswer(nil, b.records, outcomes), nil
}

// put has every reject accepted: large payloads first, for a row must not name an
// object that does not exist. What a failed record would reject is not put: its
// events are all together in failed/.
func (h *Handler) put(ctx context.Context, outcomes []outcome) error {
	var rows [][]byte
	for _, o := range outcomes {
		for _, r := range o.rejects {
			rows = append(rows, r.row)
			if r.key == "" {
				continue
			}
			if err := h.objects.Put(ctx, r.key, r.payload); err != nil {
				return fmt.Errorf("putting a reject's payload of %d bytes: %w", len(r.payload), err)
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	refused, err := h.rejects.PutBatch(ctx, rows)
	if err == nil && len(refused) > 0 {
		err = errors.New("no reason given")
	}
	if err != nil {
		return fmt.Errorf("putting %d rejects, %d refused: %w", len(rows), len(refused), err)
	}
	return nil
}

// outcome is what became of one record of a batch.
type outcome struct {
	lines   []byte   // of its valid events
	valid   int      // number of lines
	rejects []reject // of its other events
	failed  error    // why it can neither be read nor returned; then all else is empty
}

// reject is one row for the rejects stream.
type reject struct {
	row     []byte
	reason  record.Reason
	key     string // of the object that holds payload, where the row has no room for it
	payload []byte
}

func (o outcome) result() string {
	switch {
	case o.failed != nil:
		return "ProcessingFailed"
	case o.valid == 0:
		return "Dropped"
	}
	return "Ok"
}
