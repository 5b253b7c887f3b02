package validate

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Rejects takes rows of rejected/. What it accepts will not be lost.
type Rejects interface {
	// PutBatch puts rows of at most record.MaxBytes each and returns the indexes
	// of those that were not accepted in the end, and why.
	PutBatch(ctx context.Context, rows [][]byte) (refused []int, err error)
}

// Objects takes what neither an answer nor a row has room for. It is called by several
// workers at once.
type Objects interface {
	// Put writes an object that must not depend on the lake's key.
	Put(ctx context.Context, key string, body []byte) error
	// PutLines writes an object of lines as Firehose would.
	PutLines(ctx context.Context, key string, body []byte) error
}

// store keeps what a batch leaves beside its answer. It tries as long as its context
// has time, and an error fails the batch.
type store struct {
	rejects Rejects
	objects Objects
}

// putRejects has every reject accepted: large payloads first, for a row must not name
// an object that does not exist.
func (s store) putRejects(ctx context.Context, all []reject) error {
	rows := make([][]byte, len(all))
	for i, r := range all {
		rows[i] = r.row
		if r.key == "" {
			continue
		}
		if err := patiently(ctx, func() error { return s.objects.Put(ctx, r.key, r.payload) }); err != nil {
			return fmt.Errorf("putting a reject's payload of %d bytes: %w", len(r.payload), err)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	if err := patiently(ctx, func() (err error) { rows, err = s.putRows(ctx, rows); return err }); err != nil {
		return fmt.Errorf("putting %d rejects, %d refused: %w", len(all), len(rows), err)
	}
	return nil
}

// putRows returns the rows that the stream refused, and why.
func (s store) putRows(ctx context.Context, rows [][]byte) (refused [][]byte, err error) {
	indexes, err := s.rejects.PutBatch(ctx, rows)
	if err == nil && len(indexes) > 0 {
		err = errors.New("no reason given")
	}
	for _, i := range indexes {
		refused = append(refused, rows[i])
	}
	if err != nil && len(refused) == 0 {
		return rows, err
	}
	return refused, err
}

// putLines stores the lines that are in o, if there are any, and empties it.
func (s store) putLines(ctx context.Context, o *overflow) error {
	key, body := o.object()
	if body == nil {
		return nil
	}
	if err := patiently(ctx, func() error { return s.objects.PutLines(ctx, key, body) }); err != nil {
		return fmt.Errorf("putting lines that the answer has no room for: %w", err)
	}
	o.reset()
	return nil
}

// putDeferred stores records for another batch.
func (s store) putDeferred(ctx context.Context, key string, records []byte) error {
	if err := patiently(ctx, func() error { return s.objects.Put(ctx, key, records) }); err != nil {
		return fmt.Errorf("putting records for another batch: %w", err)
	}
	return nil
}

// Pauses between tries: the first, doubled each time up to the longest.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// patiently calls put until it succeeds, or until ctx has no time for another try. A
// context without a deadline has time for one.
func patiently(ctx context.Context, put func() error) error {
	deadline, patient := ctx.Deadline()
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		err := put()
		if err == nil || !patient || time.Until(deadline) <= pause {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pause):
		}
	}
}

// hours are the times of one invocation. A Validator that ran into its timeout would
// have its whole batch sent again, and take as long again.
type hours struct {
	late time.Time // from when on records are left for another batch; zero: never
	end  time.Time // until when anything is stored; zero: one try
}

// hoursOf gives the last quarter of an invocation's time to storing what was judged,
// and ends a twentieth before it, for the answer. Of a minute that is 45 s to judge,
// and 12 s to store. Without a deadline there is no hurry.
func hoursOf(ctx context.Context, now time.Time) hours {
	deadline, limited := ctx.Deadline()
	if !limited {
		return hours{}
	}
	left := deadline.Sub(now)
	return hours{late: deadline.Add(-left / 4), end: deadline.Add(-left / 20)}
}

// storing returns the context in which things are stored.
func (h hours) storing(ctx context.Context) (context.Context, context.CancelFunc) {
	if h.end.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, h.end)
}

func (h hours) isLate() bool { return !h.late.IsZero() && time.Now().After(h.late) }
