package page

import (
	"path"
	"regexp"
	"time"

	"github.com/google/uuid"

	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
)

// request is what a client sent at once, until every record of it is judged, and a while
// longer for the times of its rejects.
type request struct {
	id              string
	received        time.Time
	bytes           int
	spilled, stored time.Time
	object          string // in spill/, while only that holds it
	records         int    // in Firehose, not judged
}

func (q *request) waits() bool { return q.records > 0 || q.object != "" }

// Put implements simulator.Watcher. What a stream without a function takes are rows of
// rejected/.
func (t *tap) Put(stream *simulator.StreamConfig, r simulator.Record) {
	if stream.Transform == nil {
		t.rejected(r)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for rest := r.Data; len(rest) > 0; {
		found, next, err := record.Decode(rest)
		if err != nil {
			break // the Validator says what it thinks of it
		}
		q := t.requestLocked(found.ID)
		q.received, q.bytes, q.stored, q.object = found.ReceivedAt, len(found.Body), r.Arrived, ""
		q.records++
		t.inFlight[r.ID] = append(t.inFlight[r.ID], q)
		rest = next
	}
	t.changedLocked()
}

// requestLocked returns the request of this id, a new one if need be, in place of the oldest.
func (t *tap) requestLocked(id string) *request {
	if q := t.requests[id]; q != nil {
		return q
	}
	if len(t.order) == keptRequests {
		delete(t.requests, t.order[0].id)
		t.order = t.order[1:]
	}
	q := &request{id: id, received: madeAt(id)}
	t.requests[id] = q
	t.order = append(t.order, q)
	return q
}

// madeAt returns when Ingest made an id, to the millisecond; zero when that is not said.
func madeAt(id string) time.Time {
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.Version() != 7 {
		return time.Time{}
	}
	seconds, nanoseconds := parsed.Time().UnixTime()
	return time.Unix(seconds, nanoseconds)
}

// landedLocked notes that a record was judged, and returns the first request of it.
func (t *tap) landedLocked(recordID string) (first request) {
	for i, q := range t.inFlight[recordID] {
		q.records--
		if i == 0 {
			first = *q
		}
	}
	delete(t.inFlight, recordID)
	t.changedLocked()
	return first
}

// deferredName is how an object in spill/ ends that holds several records. See record.DeferredKey.
var deferredName = regexp.MustCompile(`-[0-9a-f]{32}$`)

func (t *tap) spilled(key string) {
	id := deferredName.ReplaceAllString(path.Base(key), "")
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.requestLocked(id)
	q.spilled, q.object = time.Now(), key
	t.changedLocked()
}
