// Package validate is the function that Firehose calls with each batch of records. It
// inflates and splits each record's body and checks each event against the schema of
// its type. It returns valid events to Firehose as lines, or stores them itself when
// the answer has no room. It puts invalid ones, with the reason, on the rejects stream.
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

// New returns a Handler. It never tells log a payload.
func New(c Config, set *schema.Set, rejects Rejects, objects Objects, metrics io.Writer, log *slog.Logger) *Handler {
	h := &Handler{config: c, store: store{rejects, objects}, meter: emf.New(c.Environment, metrics, log), log: log}
	h.pools.New = func() any { return newPool(c, set) }
	return h
}

// Invoke implements lambda.Handler. It answers each record of the batch once, in order:
// Ok with its valid events; Dropped when none of them is in the answer, because the
// lake and the rejects stream have all of it, or it is a health check's probe;
// ProcessingFailed when it cannot be read.
//
// An error fails the whole batch, because a reject or an object was not stored, and
// Firehose sends the batch again. What is then stored twice has the same ids, and
// objects of lines overwrite themselves.
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
		return nil, fmt.Errorf("answering %d records takes %d bytes more than %d",
			len(p.records), -room, h.config.MaxResponseBytes)
	}
	outcomes, err := p.judge(storing, h.store, hours, room)
	if err != nil {
		return nil, err
	}
	h.report(ctx, p.records, outcomes)
	return appendAnswer(nil, p.records, outcomes), nil
}
