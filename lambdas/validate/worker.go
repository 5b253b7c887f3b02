package validate

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schemas"
)

// Why a record fails. None tells anything of what the record holds.
var (
	errHeader   = errors.New("no record header that can be read")
	errShort    = errors.New("record is cut off")
	errResponse = errors.New("its lines do not fit the answer beside those before it")
	errInflated = errors.New("records before it in the batch inflated to too much")
)

// worker judges the records of one share of a batch at a time.
type worker struct {
	config   Config
	schemas  *schemas.Set
	splitter *event.Splitter
	inflater inflater
	lines    []byte // of all records of the share
}

// newWorker returns one of so many workers.
func newWorker(c Config, set *schemas.Set, workers int) *worker {
	return &worker{
		config:   c,
		schemas:  set,
		splitter: event.NewSplitter(event.MaxDepth, event.MaxEvents),
		inflater: newInflater(c.MaxInflatedBytes, workers),
	}
}

// judgeAll decides on the records of one share, whose lines may take room bytes of
// the answer.
func (w *worker) judgeAll(share []delivered, outcomes []outcome, room int) {
	w.lines = w.lines[:0]
	w.inflater.total = 0
	for i, d := range share {
		w.judge(d, room, &outcomes[i])
		room -= encodedSize(outcomes[i].lines)
	}
}

// judge decides on one record of a batch, whose lines may take room bytes of the
// answer. Whatever happens, a panic included, concerns this record only.
func (w *worker) judge(d delivered, room int, o *outcome) {
	start := len(w.lines)
	defer func() {
		if cause := recover(); cause != nil {
			o.failed = fmt.Errorf("panic: %s", describe(cause))
		}
		if o.failed != nil {
			*o = outcome{failed: o.failed}
			w.lines = w.lines[:start] // for the next record to use
		}
	}()
	if o.failed = d.err; o.failed != nil {
		return
	}
	rest := d.data
	for more := true; more; more = len(rest) > 0 { // records may stand one behind the other
		r, next, err := record.Decode(rest)
		if err != nil {
			o.failed = headerError(err)
			return
		}
		j := judgement{worker: w, Record: r, outcome: o, start: start, room: room}
		if o.failed = j.body(); o.failed != nil {
			return
		}
		rest = next
	}
	o.lines = w.lines[start:len(w.lines):len(w.lines)]
}

// headerError leaves out what record.Decode quotes: of bytes that are no record of
// ours nobody knows what they are.
func headerError(err error) error {
	if errors.Is(err, record.ErrShort) {
		return errShort
	}
	return errHeader
}

// describe says what a panic was about, without the values it may carry, and where.
func describe(cause any) string {
	text := fmt.Sprintf("%T", cause)
	if err, ok := cause.(runtime.Error); ok {
		text = err.Error() // names indexes and types, no values of ours
	}
	return text + " at " + strings.Join(strings.Fields(string(debug.Stack())), " ")
}
