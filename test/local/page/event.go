package page

import (
	"encoding/json"
	"net/http"
	"time"
	"unicode/utf8"

	"global-ingest/lambdas/record"
)

// Event is an event as the API answers it.
type Event struct {
	Seq           int64           `json:"seq,omitempty"` // rises with each verdict; 0 while it waits for one
	ID            string          `json:"id"`            // the event's, or the ingest id of the whole body
	Type          string          `json:"type,omitempty"`
	Verdict       verdict         `json:"verdict"`
	Reason        record.Reason   `json:"reason,omitempty"`
	ReceivedAt    *time.Time      `json:"received_at,omitempty"`
	IP            string          `json:"ip,omitempty"`
	UserAgent     string          `json:"ua,omitempty"`
	Where         string          `json:"where"`            // where it is now: stored, spilled, validated or lake
	Object        string          `json:"object,omitempty"` // the key of the object that holds it
	Milliseconds  steps           `json:"ms"`
	Bytes         int             `json:"bytes"`
	Event         json.RawMessage `json:"event,omitempty"`          // its own JSON; or else one of the next two
	Payload       string          `json:"payload,omitempty"`        // what is not JSON
	PayloadBase64 []byte          `json:"payload_base64,omitempty"` // what is not UTF-8 either
	PayloadObject string          `json:"payload_object,omitempty"` // the object that holds what a row has no room for
	Cut           bool            `json:"cut,omitempty"`            // the payload is the first 64 KiB only
	Errors        []finding       `json:"errors,omitempty"`
}

// steps are the milliseconds from the request to each step. A step that is not reached, or
// whose time is not kept, is left out.
type steps struct {
	Spilled   *int64 `json:"spilled,omitempty"`
	Stored    *int64 `json:"stored,omitempty"`
	Validated *int64 `json:"validated,omitempty"`
	Lake      *int64 `json:"lake,omitempty"`
}

// finding has no offset where the finding is not about one byte.
type finding struct {
	record.Finding
	Offset *int64 `json:"offset,omitempty"`
}

// since returns the milliseconds between two times, at least 0: the first is kept to the
// millisecond only.
func since(received, at time.Time) *int64 {
	if received.IsZero() || at.IsZero() {
		return nil
	}
	ms := max(0, at.Sub(received).Milliseconds())
	return &ms
}

// summary is an event without its bytes and findings.
func (i item) summary() Event {
	c := i.read()
	e := Event{
		Seq: i.seq, ID: c.ID, Type: c.Type, Verdict: i.verdict, Reason: c.Reason, IP: c.IP, UserAgent: c.UserAgent,
		Where: "validated", Object: i.object, Bytes: c.Bytes, PayloadObject: c.PayloadObject, Cut: c.Cut,
		Milliseconds: steps{
			Spilled: since(c.ReceivedAt, i.spilled), Stored: since(c.ReceivedAt, i.stored),
			Validated: since(c.ReceivedAt, i.judged), Lake: since(c.ReceivedAt, i.written),
		},
	}
	if !c.ReceivedAt.IsZero() {
		e.ReceivedAt = &c.ReceivedAt
	}
	switch {
	case i.object != "":
		e.Where = "lake"
	case i.verdict == failed:
		e.Where = "stored"
	}
	return e
}

// whole is an event with everything.
func (i item) whole() Event {
	e, c := i.summary(), i.read()
	e.Errors = findings(c.Errors)
	switch {
	case json.Valid(c.Payload):
		e.Event = c.Payload
	case utf8.Valid(c.Payload):
		e.Payload = string(c.Payload)
	default:
		e.PayloadBase64 = c.Payload
	}
	return e
}

func findings(errors []record.Finding) (all []finding) {
	for _, e := range errors {
		f := finding{Finding: e}
		if e.Offset != record.NoOffset {
			f.Offset = &e.Offset
		}
		all = append(all, f)
	}
	return all
}

// event is a request that is not judged: its events are not known yet.
func (q request) event() Event {
	e := Event{
		ID: q.id, Verdict: waiting, Where: "stored", Object: q.object, Bytes: q.bytes,
		Milliseconds: steps{Spilled: since(q.received, q.spilled), Stored: since(q.received, q.stored)},
	}
	if !q.received.IsZero() {
		e.ReceivedAt = &q.received
	}
	if q.object != "" {
		e.Where = "spilled"
	}
	return e
}

// detail is what the page shows of one event.
type detail struct {
	Event
	Lines   []line    `json:"lines"`
	Rest    []finding `json:"rest"` // what was found and has no place in the lines
	Curl    string    `json:"curl,omitempty"`
	Example *example  `json:"example,omitempty"`
}

func (p *Page) detail(_ *http.Request, params *parameters) (any, error) {
	if !params.values.Has("seq") {
		params.fail(`parameter "seq" is missing: of which event`)
	}
	seq := params.number("seq", 0, 1, 1<<53)
	if params.problem != nil {
		return nil, params.problem
	}
	for _, i := range p.tap.look(0).items {
		if i.seq == seq {
			return p.detailOf(i), nil
		}
	}
	return nil, fail(http.StatusNotFound, "the event is not kept any more: only the newest are")
}

func (p *Page) detailOf(i item) detail {
	c := i.read()
	d := detail{Event: i.summary(), Rest: []finding{}, Curl: curl(p.pipeline.URL, c), Example: exampleOf(i.verdict, c)}
	var rest []record.Finding
	d.Lines, rest = pretty(c.Payload, c.Errors)
	d.Errors = findings(c.Errors)
	d.Rest = append(d.Rest, findings(rest)...)
	return d
}
