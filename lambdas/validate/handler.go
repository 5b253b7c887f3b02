// Package validate is the function that Firehose calls with each batch of records.
// It inflates and splits each record's body, checks each event against the schema
// of its type, hands valid events back to Firehose as lines, or stores them itself
// where the answer has no room, and puts invalid ones, with the reason, on the rejects
// stream.
package validate

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"global-ingest/lambdas/runtime/emf"
	"global-ingest/lambdas/validate/schema"
)

// Handler answers Firehose's transformation events. It is safe for concurrent use.
type Handler struct {
	config Config
	store  store
	meter  emf.Meter
	log    *slog.Logger
	pools  sync.Pool // of *pool, so that a sandbox uses the same memory for every batch
}

// New returns a Handler that puts rejects on rejects and objects, writes metric
// lines to metrics and tells log what an operator should know, never a payload.
func New(c Config, set *schema.Set, rejects Rejects, objects Objects, metrics io.Writer, log *slog.Logger) *Handler {
	h := &Handler{config: c, store: store{rejects, objects}, meter: emf.New(c.Environment, metrics, log), log: log}
	h.pools.New = func() any { return newPool(c, set) }
	return h
}

// Invoke implements lambda.Handler. Each record of the batch is answered once, in
// order: Ok with its valid events; Dropped when none of it is in the answer, for the
// lake and the rejects stream have all of it; ProcessingFailed when it cannot be read.
//
// An error fails the whole batch, for Firehose to send it again: what is missing then
// is an accepted reject or object. What comes twice keeps its ids, and lines that did
// not fit the answer overwrite themselves.
func (h *Handler) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	hours := hoursOf(ctx, time.Now())
	storing, cancel := hours.storing(ctx)
	defer cancel()
	p := h.pools.Get().(*pool)
	defer h.pools.Put(p)
	if err := p.decode(event); err != nil {
		return nil, fmt.Errorf("decoding batch: %w", err)
	}
	room := h.config.MaxResponseBytes - answerSize(p.records)
	if room < 0 {
		return nil, fmt.Errorf("answering %d records takes %d bytes more than %d", len(p.records), -room, h.config.MaxResponseBytes)
	}
	outcomes, err := p.judge(storing, h.store, hours, room)
	if err != nil {
		return nil, err
	}
	h.report(ctx, p.records, outcomes)
	return appendAnswer(nil, p.records, outcomes), nil
}
