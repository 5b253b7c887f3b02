package traffic

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"global-ingest/lambdas/record"
)

// Lost begins a finding of an event that was acknowledged and is not in the lake.
const Lost = "lost: "

// Tally says what became of the events that were sent. All numbers are events.
type Tally struct {
	Sent    int
	Acked   int // answered 200
	Refused int // answered 4xx or 503: nothing was promised
	Unknown int // answered otherwise, or not at all

	Valid, Rejected int // in the lake, each event once

	Lost       int // acknowledged, and not in the lake
	Phantom    int // in the lake, and never sent
	Mangled    int // in the lake, but not as it was sent or not where it belongs
	Duplicates int // copies beyond the first, under the same id
	Clashes    int // copies under another id than the one of the answer

	Findings []string // each of the last five except duplicates, in words
}

// Ledger notes what was sent and what was answered. It is safe for concurrent use.
type Ledger struct {
	mu       sync.Mutex
	tally    Tally
	acked    map[string]*posted        // by ingest id
	nameless []*posted                 // acknowledged without one
	claimed  map[string]*posted        // those without an acknowledgement, by the id they have in the lake
	payloads map[fingerprint][]*posted // those that hold an event with these bytes
}

// posted is a request, and what the lake holds of it.
type posted struct {
	Request
	id        string      // of the answer, or of the lake if there was no answer
	requestID string      // of the answer
	seen      map[int]int // copies in the lake, by the event's N
}

// fingerprint identifies an event by its reason and stored bytes.
type fingerprint [sha256.Size]byte

func fingerprintOf(reason record.Reason, payload []byte) fingerprint {
	return sha256.Sum256(append([]byte(reason+"\n"), payload...))
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{acked: map[string]*posted{}, claimed: map[string]*posted{}, payloads: map[fingerprint][]*posted{}}
}

// Acknowledged notes a request that was answered 200, with an ingest id unless its client
// reads none.
func (l *Ledger) Acknowledged(r Request, id, requestID string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.note(r)
	p.id, p.requestID = id, requestID
	l.tally.Acked += len(r.Events)
	if id == "" { // the lake says it
		l.nameless = append(l.nameless, p)
		return
	}
	if l.acked[id] != nil {
		l.findLocked(&l.tally.Clashes, "two requests got the id %s", id)
	}
	l.acked[id] = p
}

// Refused notes a request whose answer says that it is not stored.
func (l *Ledger) Refused(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note(r)
	l.tally.Refused += len(r.Events)
}

// Unknown notes a request that got no answer, or none that a client can rely on.
func (l *Ledger) Unknown(r Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.note(r)
	l.tally.Unknown += len(r.Events)
}

func (l *Ledger) note(r Request) *posted {
	p := &posted{Request: r, seen: map[int]int{}}
	for _, e := range r.Events {
		f := fingerprintOf(e.Reason, e.stored())
		l.payloads[f] = append(l.payloads[f], p)
	}
	l.tally.Sent += len(r.Events)
	return p
}

// Settle compares the lake with what was sent. It is called once.
func (l *Ledger) Settle(found Lake) Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range found.Lines {
		l.settle(line.ID, line.RequestID, Event{Type: line.Type, Payload: line.Event})
		l.settleSender(line.ID, line.UserAgent, line.IP)
		l.settleSource(line.ID, line.Source)
	}
	for _, reject := range found.Rejects {
		payload := reject.Payload
		if reject.PayloadObject != "" {
			payload = found.Large[reject.PayloadObject]
		}
		l.settle(reject.ID, reject.RequestID, Event{Reason: reject.Reason, Type: reject.Type, Payload: payload})
		l.settleSender(reject.ID, reject.UserAgent, reject.IP)
		l.settleHeaders(reject)
		l.settleSource(reject.ID, reject.Source)
		if len(reject.Errors) == 0 || reject.Processor == "" {
			l.findLocked(&l.tally.Mangled, "mangled: reject %s has %d errors and processor %q",
				reject.ID, len(reject.Errors), reject.Processor)
		}
	}
	for _, p := range append(slices.Collect(maps.Values(l.acked)), l.nameless...) {
		for _, e := range p.Events {
			if p.seen[e.N] == 0 {
				l.findLocked(&l.tally.Lost, Lost+"%s/%d (%s, reason %q): %.100q", p.id, e.N, p.Kind, e.Reason, e.Payload)
			}
		}
	}
	return l.tally
}

// settleSender checks the sender that a row of the lake names.
func (l *Ledger) settleSender(eventID, userAgent, ip string) {
	if userAgent != UserAgent || ip != "127.0.0.0" {
		l.findLocked(&l.tally.Mangled, "mangled: %s has user agent %q and ip %q", eventID, userAgent, ip)
	}
}

// settleSource checks whose request a row says it is of, and that it has no secret.
func (l *Ledger) settleSource(eventID string, source record.Source) {
	id, _, _ := record.SplitEventID(eventID)
	p := l.acked[id]
	if p == nil {
		p = l.claimed[id]
	}
	if secret := strings.Contains(fmt.Sprint(source), "secret"); secret || p != nil && source.Client != p.Client {
		l.findLocked(&l.tally.Mangled, "mangled: %s has the source %+v", eventID, source)
	}
}

// settleHeaders checks the headers of the request that a reject repeats.
func (l *Ledger) settleHeaders(reject record.Reject) {
	p := l.acked[reject.Request().ID]
	if p == nil {
		return
	}
	if want := strings.TrimPrefix(p.ContentType, "none"); reject.ContentType != want || reject.Encoding != p.Encoding {
		l.findLocked(&l.tally.Mangled, "mangled: reject %s has content type %q and encoding %q, want %q and %q",
			reject.ID, reject.ContentType, reject.Encoding, want, p.Encoding)
	}
}

// settle notes an event that the lake has under an id.
func (l *Ledger) settle(eventID, requestID string, found Event) {
	id, n, isEvent := record.SplitEventID(eventID)
	found.N = Whole
	if isEvent {
		found.N = n
	}
	p := l.acked[id]
	if p == nil {
		p = l.claim(id, found)
	}
	if p == nil {
		l.settleUnclaimed(eventID, found)
		return
	}
	want, known := p.event(found.N)
	switch {
	case !known:
		l.findLocked(&l.tally.Phantom, "phantom: %s (%s) has no event of that index", eventID, p.Kind)
		return
	case found.Reason != want.Reason, found.Type != want.Type, !bytes.Equal(found.Payload, want.stored()),
		p.requestID != "" && requestID != p.requestID:
		l.findLocked(&l.tally.Mangled, "mangled: %s (%s): %s; want %s", eventID, p.Kind, found.describe(requestID),
			want.describe(p.requestID))
	case p.seen[found.N] > 0:
		l.tally.Duplicates++
	case found.Reason == "":
		l.tally.Valid++
	default:
		l.tally.Rejected++
	}
	p.seen[found.N]++
}

// claim returns the request without an acknowledgement that brought an event: the one that
// has this id already, or else one that has no id.
func (l *Ledger) claim(id string, event Event) *posted {
	if p := l.claimed[id]; p != nil {
		return p
	}
	for _, p := range l.payloads[fingerprintOf(event.Reason, event.Payload)] {
		if _, has := p.event(event.N); has && p.id == "" {
			p.id = id
			l.claimed[id] = p
			return p
		}
	}
	return nil
}

// settleUnclaimed notes an event under an id that no request has.
func (l *Ledger) settleUnclaimed(eventID string, event Event) {
	if owners := l.payloads[fingerprintOf(event.Reason, event.Payload)]; len(owners) > 0 {
		l.findLocked(&l.tally.Clashes, "clash: %s is also stored as %s", owners[0].id, eventID)
		return
	}
	l.findLocked(&l.tally.Phantom, "phantom: %s was never sent: %.100q", eventID, event.Payload)
}

// findLocked counts a finding, and keeps its words.
func (l *Ledger) findLocked(counter *int, format string, args ...any) {
	*counter++
	l.tally.Findings = append(l.tally.Findings, fmt.Sprintf(format, args...))
}

func (e Event) describe(requestID string) string {
	return fmt.Sprintf("reason %q, type %q, request id %s, %.100q (%d bytes)", e.Reason, e.Type, requestID, e.Payload,
		len(e.Payload))
}

func (p *posted) event(n int) (Event, bool) {
	for _, e := range p.Events {
		if e.N == n {
			return e, true
		}
	}
	return Event{}, false
}

// oneLine changes the only bytes that may change: line ends between the tokens of a valid
// event become spaces.
var oneLine = strings.NewReplacer("\n", " ", "\r", " ")

func (e Event) stored() []byte {
	if e.Reason != "" {
		return e.Payload
	}
	return []byte(oneLine.Replace(string(e.Payload)))
}
