package page

import (
	"slices"

	"global-ingest/lambdas/record"
)

// view is the tap at one moment.
type view struct {
	items     []item    // the newest first
	requests  []request // that wait, the newest first
	counts    counts
	waiting   int
	seq       int64
	version   int64
	forgotten int64 // events since the mark that are not kept
	resets    int
	seconds   [chartSeconds]second
}

// look returns the events that changed after a version, and all that waits.
func (t *tap) look(version int64) view {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := view{
		counts: t.counts, waiting: t.waiting, seq: t.seq, version: t.version, resets: t.resets, seconds: t.seconds,
		forgotten: max(0, t.seq-t.mark-kept),
	}
	v.counts.Reasons = make(map[record.Reason]int, len(t.counts.Reasons))
	for reason, n := range t.counts.Reasons {
		v.counts.Reasons[reason] = n
	}
	for seq := t.seq; seq > max(t.mark, t.seq-kept); seq-- {
		if i := t.ring[seq%kept]; i != nil && i.version > version {
			v.items = append(v.items, *i)
		}
	}
	for _, q := range slices.Backward(t.order) {
		if len(v.requests) == min(kept, t.waiting) {
			break
		}
		if q.waits() {
			v.requests = append(v.requests, *q)
		}
	}
	return v
}
