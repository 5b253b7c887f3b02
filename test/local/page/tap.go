package page

import (
	"bytes"
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

// tap hears of every record, on the goroutines of the streams. So it does as little as it
// can: it counts, and keeps the bytes of the newest events, which are read when somebody
// looks at them. Nothing waits in a queue: once Flush has returned, everything is here.
type tap struct {
	mu      sync.Mutex
	seq     int64 // of the newest event
	version int64 // of the newest change
	mark    int64 // seq at the last reset
	resets  int
	ring    [kept]*item
	records map[string]*group // of the ring's events, by the record that held them
	counts  counts
	seconds [chartSeconds]second
	changes chan struct{} // is closed at the next change; nil: nobody waits for one

	requests map[string]*request   // by ingest id
	order    []*request            // the same, the oldest first
	inFlight map[string][]*request // by the record that holds them, until it is judged
	waiting  int                   // requests that are not judged

	lake     string         // folder of the buckets
	overflow []string       // keys of objects that were read
	reading  sync.WaitGroup // of objects
	reader   sync.Mutex     // of one at a time
}

// item is an event that was judged. What can change is the tap's; a copy is the reader's.
type item struct {
	seq, version            int64
	verdict                 verdict
	group                   *group
	spilled, stored, judged time.Time // when it reached each step; zero: it did not, or nobody knows
	written                 time.Time
	object                  string // key of the object that holds it
	source                  *source
}

func (i item) read() content { return i.source.content() }

// group is the events of one record that are in the ring, the oldest first.
type group struct {
	record string
	items  []*item
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
	t := &tap{}
	t.forget()
	return t
}

// forget drops everything that was judged, but not what is on its way.
func (t *tap) forget() {
	t.ring, t.records = [kept]*item{}, map[string]*group{}
	t.counts = counts{Reasons: map[record.Reason]int{}}
	t.seconds = [chartSeconds]second{}
	t.mark = t.seq
	if t.requests == nil {
		t.requests, t.inFlight = map[string]*request{}, map[string][]*request{}
	}
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
	t.linesLocked(r.ID, data, item{verdict: valid, spilled: at.spilled, stored: r.Arrived, judged: now})
}

// linesLocked adds the events of a record's lines, which have all else in common. It makes
// one copy of all that it keeps: events leave the ring in order, and the copy with the last.
func (t *tap) linesLocked(recordID string, lines []byte, common item) {
	n := bytes.Count(lines, []byte{'\n'})
	if len(lines) > 0 && lines[len(lines)-1] != '\n' {
		n++ // none of ours
	}
	t.counts.Valid += n
	t.secondLocked(common.judged).valid += n
	skip := max(n-kept, 0)
	if skip > 0 { // the others take every place
		t.ring, t.records = [kept]*item{}, map[string]*group{}
		t.seq += int64(skip)
	}
	for range skip {
		lines = lines[bytes.IndexByte(lines, '\n')+1:]
	}
	sources := lineSources(lines, n-skip)
	items := make([]item, len(sources))
	g := t.groupLocked(recordID, len(items))
	for i := range items {
		items[i] = common
		items[i].source = &sources[i]
		t.pushLocked(g, &items[i])
	}
}

// groupLocked returns the group of a record, with room for n events.
func (t *tap) groupLocked(recordID string, n int) *group {
	g := t.records[recordID]
	if g == nil {
		g = &group{record: recordID}
		if n > 0 {
			t.records[recordID] = g
		}
	}
	g.items = slices.Grow(g.items, n)
	return g
}

func (t *tap) secondLocked(now time.Time) *second {
	s := &t.seconds[now.Unix()%chartSeconds]
	if s.at != now.Unix() {
		*s = second{at: now.Unix()}
	}
	return s
}

// pushLocked adds an event in place of the oldest.
func (t *tap) pushLocked(g *group, i *item) {
	t.seq++
	slot := &t.ring[t.seq%kept]
	if old := *slot; old != nil {
		if old.group.items = old.group.items[1:]; len(old.group.items) == 0 {
			delete(t.records, old.group.record)
		}
	}
	t.version++
	i.seq, i.version, i.group = t.seq, t.version, g
	*slot = i
	g.items = append(g.items, i)
}

// rejected adds the event of a row of rejected/.
func (t *tap) rejected(r simulator.Record) {
	reason := reasonOf(r.Data)
	if reason == "" {
		return
	}
	source := newSource(r.Data, readRow)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts.Rejected++
	t.counts.Reasons[reason]++
	t.secondLocked(r.Arrived).rejected++
	i := &item{verdict: rejected, judged: r.Arrived, source: source}
	if q := t.requests[ingestIDOf(r.Data)]; q != nil {
		i.spilled, i.stored = q.spilled, q.stored
	}
	t.pushLocked(t.groupLocked(r.ID, 1), i)
	t.changedLocked()
}

// Failed implements simulator.Watcher.
func (t *tap) Failed(_ *simulator.StreamConfig, r simulator.Record, code string) {
	source := newSource(r.Data, failureOf(code))
	t.mu.Lock()
	defer t.mu.Unlock()
	at, now := t.landedLocked(r.ID), time.Now()
	t.counts.Failed++
	t.secondLocked(now).failed++
	i := &item{verdict: failed, spilled: at.spilled, stored: r.Arrived, judged: now, source: source}
	t.pushLocked(t.groupLocked(r.ID, 1), i)
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
		g := t.records[id]
		if g == nil {
			continue // all of them have left
		}
		for _, i := range g.items {
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
