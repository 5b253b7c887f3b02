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

// worker judges the records of one batch at a time.
type worker struct {
	config   Config
	schemas  *schemas.Set
	splitter *event.Splitter
	inflater inflater
	lines    []byte // of all records of the batch
}

func newWorker(c Config, set *schemas.Set) *worker {
	return &worker{
		config:   c,
		schemas:  set,
		splitter: event.NewSplitter(c.MaxDepth, c.MaxEvents),
		inflater: newInflater(c.MaxInflatedBytes),
	}
}

func (w *worker) reset() {
	w.lines = w.lines[:0]
	w.inflater.total = 0
}

// judge decides on one record of a batch, whose lines may take room bytes of the
// answer. Whatever happens, a panic included, concerns this record only.
func (w *worker) judge(d delivered, room int) (o outcome) {
	start := len(w.lines)
	defer func() {
		if cause := recover(); cause != nil {
			o = outcome{failed: fmt.Errorf("panic: %s", describe(cause))}
		}
		if o.failed != nil {
			w.lines = w.lines[:start] // for the next record to use
		}
	}()
	if d.err != nil {
		return outcome{failed: d.err}
	}
	rest := d.data
	for more := true; more; more = len(rest) > 0 { // records may stand one behind the other
		r, next, err := record.Decode(rest)
		if err != nil {
			return outcome{failed: headerError(err)}
		}
		j := judgement{worker: w, Record: r, outcome: &o, start: start, room: room}
		if err := j.body(); err != nil {
			return outcome{failed: err}
		}
		rest = next
	}
	o.lines = w.lines[start:len(w.lines):len(w.lines)]
	return o
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
