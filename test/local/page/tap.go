package page

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
)

// What is kept. See the package's comment for what it takes.
const (
	kept         = 1_000    // events, the newest
	keptText     = 64 << 10 // bytes of each
	keptRequests = 10_000
	chartSeconds = 60
)

// tap hears of every record, on the goroutines of the streams. So it does little: it counts,
// and keeps the bytes of the newest events. Those that are valid it reads when somebody looks
// at them. Nothing waits in a queue: once Flush has returned, everything is here.
type tap struct {
	mu      sync.Mutex
	seq     int64 // of the newest event
	version int64 // of the newest change
	mark    int64 // seq at the last reset
	resets  int
	ring    [kept]*item
	records map[string][]*item // those of the ring by the record that held them, the oldest first
	counts  counts
	seconds [chartSeconds]second
	changes chan struct{} // is closed at the next change; nil unless a reader waits

	requests map[string]*request   // by ingest id
	order    []*request            // the same, the oldest first
	inFlight map[string][]*request // by the record that holds them, until it is judged

	lake     string       // folder of the buckets
	overflow []string     // keys of objects that were read
	reading  sync.RWMutex // is read-locked while an object is to be read, so that a flush can wait for it
	reader   sync.Mutex   // of one object at a time
}

// item is an event that was judged. What can change is the tap's; a copy is the reader's.
type item struct {
	seq, version            int64
	verdict                 verdict
	record                  string // id of the record that held it
	read                    func() *content
	spilled, stored, judged time.Time // when it reached each step; zero: it did not, or it is not known
	written                 time.Time
	object                  string // key of the object that holds it
}

// counts are what has been judged since the last reset.
type counts struct {
	Valid    int                   `json:"valid"`
	Rejected int                   `json:"rejected"`
	Failed   int                   `json:"failed"` // records that the Validator could not be asked about
	Reasons  map[record.Reason]int `json:"reasons"`
}

// second is what was judged in one.
type second struct {
	at                      int64 // Unix time
	valid, rejected, failed int
}

func newTap() *tap {
	t := &tap{requests: map[string]*request{}, inFlight: map[string][]*request{}}
	t.forget()
	return t
}

// forget drops everything that was judged, but not what is on its way.
func (t *tap) forget() {
	t.ring, t.records = [kept]*item{}, map[string][]*item{}
	t.counts = counts{Reasons: map[record.Reason]int{}}
	t.seconds = [chartSeconds]second{}
	t.mark = t.seq
}

// reset sets a mark: what was judged before it is not shown or counted any more.
func (t *tap) reset() (mark int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.forget()
	t.resets++
	t.changedLocked()
	return t.mark
}

// readFrom says where objects lie.
func (t *tap) readFrom(lake string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lake = lake
}

// Transformed implements simulator.Watcher: data is the lines of a record's valid events.
func (t *tap) Transformed(_ *simulator.StreamConfig, r simulator.Record, data []byte) {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	at := t.landedLocked(r.ID)
	t.linesLocked(data, item{verdict: valid, record: r.ID, spilled: at.spilled, stored: r.Arrived, judged: now})
}

// linesLocked adds the events of a record's lines, which have all else in common. Of more than are kept
// it skips the first.
func (t *tap) linesLocked(lines []byte, common item) {
	n := 0
	for range bytes.Lines(lines) {
		n++
	}
	t.counts.Valid += n
	t.secondLocked(common.judged).valid += n
	skip := max(n-kept, 0)
	t.seq += int64(skip)
	for line := range bytes.Lines(lines) {
		if skip--; skip < 0 {
			i := common
			i.read = contentOf(line, readLine)
			t.pushLocked(&i)
		}
	}
}

func (t *tap) secondLocked(now time.Time) *second {
	s := &t.seconds[now.Unix()%chartSeconds]
	if s.at != now.Unix() {
		*s = second{at: now.Unix()}
	}
	return s
}

// pushLocked adds an event in place of the oldest.
func (t *tap) pushLocked(i *item) {
	t.seq++
	t.version++
	i.seq, i.version = t.seq, t.version
	slot := &t.ring[t.seq%kept]
	if old := *slot; old != nil {
		if t.records[old.record] = t.records[old.record][1:]; len(t.records[old.record]) == 0 {
			delete(t.records, old.record)
		}
	}
	*slot = i
	t.records[i.record] = append(t.records[i.record], i)
}

// rejected adds the event of a row of rejected/.
func (t *tap) rejected(r simulator.Record) {
	i := &item{verdict: rejected, record: r.ID, judged: r.Arrived, read: contentOf(r.Data, readRow)}
	row := i.read()
	if row.Reason == "" {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Rejected++
	t.counts.Reasons[row.Reason]++
	t.secondLocked(r.Arrived).rejected++
	if q := t.requests[ingestID(row.ID)]; q != nil {
		i.spilled, i.stored = q.spilled, q.stored
	}
	t.pushLocked(i)
	t.changedLocked()
}

// Failed implements simulator.Watcher.
func (t *tap) Failed(_ *simulator.StreamConfig, r simulator.Record, code string) {
	i := &item{verdict: failed, record: r.ID, stored: r.Arrived, read: contentOf(r.Data, failureOf(code))}
	t.mu.Lock()
	defer t.mu.Unlock()
	i.spilled, i.judged = t.landedLocked(r.ID).spilled, time.Now()
	t.counts.Failed++
	t.secondLocked(i.judged).failed++
	t.pushLocked(i)
}

// Delivered implements simulator.Watcher.
func (t *tap) Delivered(_ *simulator.StreamConfig, key string, records []string) {
	if strings.HasPrefix(key, record.SourcePrefix) {
		return // a copy
	}
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range records {
		for _, i := range t.records[id] {
			t.version++
			i.object, i.written, i.version = key, now, t.version
		}
	}
	t.changedLocked()
}

func (t *tap) changedLocked() {
	t.version++
	if t.changes != nil {
		close(t.changes)
		t.changes = nil
	}
}

// change returns what is closed at the next change.
func (t *tap) change() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changes == nil {
		t.changes = make(chan struct{})
	}
	return t.changes
}

// changed has those who wait for a change look again.
func (t *tap) changed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changedLocked()
}

// view is the tap at one moment.
type view struct {
	items     []item    // the newest first
	requests  []request // that wait, the newest first, at most kept
	waiting   int       // all of them
	counts    counts
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
		counts: t.counts, seq: t.seq, version: t.version, resets: t.resets, seconds: t.seconds,
		forgotten: max(0, t.seq-t.mark-kept),
	}
	v.counts.Reasons = maps.Clone(t.counts.Reasons)
	for seq := t.seq; seq > max(t.mark, t.seq-kept); seq-- {
		if i := t.ring[seq%kept]; i != nil && i.version > version {
			v.items = append(v.items, *i)
		}
	}
	for _, q := range slices.Backward(t.order) {
		if q.waits() {
			v.waiting++
			if len(v.requests) < kept {
				v.requests = append(v.requests, *q)
			}
		}
	}
	return v
}
