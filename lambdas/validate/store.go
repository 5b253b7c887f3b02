package validate

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Rejects takes rows of rejected/. It does not lose what it accepts.
type Rejects interface {
	// PutBatch puts rows of at most record.MaxBytes each. It returns the indexes of
	// those that were not accepted in the end, and why.
	PutBatch(ctx context.Context, rows [][]byte) (refused []int, err error)
}

// Objects takes what neither an answer nor a row has room for. Several workers call it
// at once.
type Objects interface {
	// Put writes an object that must not depend on the lake's key.
	Put(ctx context.Context, key string, body []byte) error
	// PutLines writes an object of lines as Firehose would.
	PutLines(ctx context.Context, key string, body []byte) error
}

// store keeps what a batch leaves beside its answer. It tries as long as its context
// lasts, and an error fails the batch.
type store struct {
	rejects Rejects
	objects Objects
}

// reject is one row for the rejects stream.
type reject struct {
	row     []byte
	key     string // of the object that holds payload, where the row has no room for it
	payload []byte
}

// rejects are rows and the bytes that they take.
type rejects struct {
	all  []reject
	size int
}

func (r *rejects) add(one reject) {
	r.all = append(r.all, one)
	r.size += len(one.row) + len(one.payload)
}

// putRejects stores every reject. Large payloads come first, because a row must not
// name an object that does not exist.
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

// putLines stores the lines of o, if there are any, and empties it.
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

// Pauses between attempts double from the first up to the longest.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 5 * time.Second
)

// patiently calls put until it succeeds, or until ctx has no time for another attempt.
// Without a deadline it calls once.
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

// hours are the times of one invocation. After a timeout of the Validator Firehose
// would send the whole batch again, and it would take as long again.
type hours struct {
	late time.Time // when to leave the remaining records for another batch; zero: never
	end  time.Time // until when to store; zero: one attempt
}

// hoursOf keeps the last quarter of an invocation's time for storing what was judged,
// and the last twentieth for the answer. Of a minute that is 45 s to judge and 12 s to
// store.
func hoursOf(ctx context.Context, now time.Time) hours {
	deadline, limited := ctx.Deadline()
	if !limited {
		return hours{}
	}
	left := deadline.Sub(now)
	return hours{late: deadline.Add(-left / 4), end: deadline.Add(-left / 20)}
}

// storing returns the context of what is stored.
func (h hours) storing(ctx context.Context) (context.Context, context.CancelFunc) {
	if h.end.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, h.end)
}

func (h hours) isLate() bool { return !h.late.IsZero() && time.Now().After(h.late) }
