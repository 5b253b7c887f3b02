package validate

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
)

// maxRejects is how many bytes of rejects a worker keeps before it puts them: a batch
// of 1 MiB can be bodies that inflate to a GiB without a valid event.
const maxRejects = 8 << 20

// worker judges the records of one share of a batch at a time.
type worker struct {
	config   Config
	schemas  *schema.Set
	splitter *event.Splitter
	inflater *event.Inflater
	decoded  []record.Record // those of one Firehose record

	share    []delivered
	outcomes []outcome // of share
	lines    []byte    // for the answer, of all records of the share
	overflow overflow  // the other lines
	rejects  rejects   // not put yet
}

func newWorker(c Config, set *schema.Set) *worker {
	splitter := event.NewSplitter(event.MaxDepth, event.MaxEvents, c.TypeFrom...)
	splitter.PortableOnly(c.Portable)
	return &worker{
		config:   c,
		schemas:  set,
		splitter: splitter,
		inflater: event.NewInflater(c.MaxInflatedBytes),
	}
}

// begin gives w a share, in place of the last one.
func (w *worker) begin(share []delivered, outcomes []outcome) {
	w.share, w.outcomes = share, outcomes
	w.lines = w.lines[:0]
	w.overflow.reset()
	w.rejects = rejects{}
}

// judgeAll decides on the records of the share, whose lines may take room bytes of the
// answer. Once it is late it defers the rest, but never the first record, so that each
// batch makes progress.
func (w *worker) judgeAll(ctx context.Context, s store, h hours, room int) error {
	for i, d := range w.share {
		o := &w.outcomes[i]
		if i > 0 && h.isLate() {
			_, o.failed = decode(d, w.decoded[:0])
			o.deferred = o.failed == nil
			continue
		}
		w.judge(d, room, o)
		room -= encodedSize(o.lines)
		if err := w.relieve(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// relieve stores what takes too much memory.
func (w *worker) relieve(ctx context.Context, s store) error {
	if w.overflow.isFull() {
		if err := s.putLines(ctx, &w.overflow); err != nil {
			return err
		}
	}
	if w.rejects.size < maxRejects {
		return nil
	}
	defer func() { w.rejects = rejects{} }()
	return s.putRejects(ctx, w.rejects.all)
}

// judge decides on one record of a batch, whose lines may take room bytes of the
// answer. An error, even a panic, concerns this record only.
func (w *worker) judge(d delivered, room int, o *outcome) {
	start, before := len(w.lines), w.rejects
	defer func() {
		if cause := recover(); cause != nil {
			o.failed = fmt.Errorf("panic: %s", describe(cause))
		}
		if o.failed != nil {
			// All of its events go to failed/ together.
			*o = outcome{failed: o.failed}
			w.lines, w.rejects = w.lines[:start], before
		}
	}()
	if w.decoded, o.failed = decode(d, w.decoded[:0]); o.failed != nil {
		return
	}
	j := judgement{worker: w, delivered: d, outcome: o, start: start, room: room}
	for _, j.Record = range w.decoded {
		if !j.Probe {
			j.body()
		}
	}
	o.lines = w.lines[start:len(w.lines):len(w.lines)]
}

// decode appends the records of d, which may stand one behind the other, to dst.
func decode(d delivered, dst []record.Record) ([]record.Record, error) {
	if d.err != nil {
		return dst, d.err
	}
	for rest, more := d.data, true; more; more = len(rest) > 0 {
		r, next, err := record.Decode(rest)
		if err != nil {
			return dst, headerError(err)
		}
		dst, rest = append(dst, r), next
	}
	return dst, nil
}

// fit moves the lines of records for which the workers before left no room, and returns
// the room that is left.
func (w *worker) fit(room int) int {
	for i := range w.outcomes {
		o := &w.outcomes[i]
		if size := encodedSize(o.lines); size <= room {
			room -= size
			continue
		}
		w.move(w.share[i], o)
	}
	return room
}

// move moves the lines of a record into an object.
func (w *worker) move(d delivered, o *outcome) {
	if r, _, err := record.Decode(d.data); err == nil { // it was decoded before
		w.overflow.add(d, r.ID, r.ReceivedAt)
		w.overflow.write(o.lines)
		o.lines, o.stored = nil, true
	}
}

// headerError leaves out what record.Decode quotes: those bytes may be anything.
func headerError(err error) error {
	if errors.Is(err, record.ErrShort) {
		return record.ErrShort
	}
	return record.ErrHeader
}

// describe says what a panic was about and where, without the values it may carry.
func describe(cause any) string {
	text := fmt.Sprintf("%T", cause)
	if err, ok := cause.(runtime.Error); ok {
		text = err.Error() // names indexes and types, not values
	}
	return text + " at " + strings.Join(strings.Fields(string(debug.Stack())), " ")
}
