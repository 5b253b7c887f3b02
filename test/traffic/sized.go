package traffic

import (
	"bytes"
	"fmt"
	"strings"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// These make requests for tests of one limit or setting.

// Strict returns an event whose type has no schema, as a Validator that is strict
// rejects it, and one that it lets pass.
func (g *Generator) Strict() []Request {
	unknown := g.unknownType()
	unknown.Events[0].Reason = record.UnknownType
	return []Request{g.Made("unknown type", unknown), g.Made("click", joined("", "", "", g.click()))}
}

// SizedContentType is the Content-Type of what Sized returns.
const SizedContentType = "application/json"

// Sized returns a request whose body has exactly size bytes: one valid event if that
// is enough for one. It compresses well.
func (g *Generator) Sized(size int) Request {
	r := reject(record.Empty, nil)
	if size > 0 {
		r = joined("", "", "", g.bad(record.NotAnObject, "", strings.Repeat("1", size)))
	}
	empty := g.text(`{"type":"order","mark":"MARK","filler":""}`)
	if filler := size - len(empty); filler >= 0 {
		r = joined("", "", "", g.good("order", strings.TrimSuffix(empty, `"}`)+strings.Repeat("x", filler)+`"}`))
	}
	r.ContentType = SizedContentType
	return g.Made(fmt.Sprintf("%d bytes", size), r)
}

// filler is so long that no record has room for 40 events with it.
var filler = strings.Repeat("x", 50_000)

// Oversize returns lines that no record has room for together: a megabyte of lines that
// are no JSON, valid ones, and ones that are arrays.
func (g *Generator) Oversize() Request {
	var events []Event
	for n := range 60 {
		switch {
		case n < 25:
			events = append(events, g.bad(record.NotJSON, "", "MARK"+filler))
		case n%7 == 0:
			events = append(events, g.bad(record.NotAnObject, "", `["MARK",{}]`))
		default:
			events = append(events, g.filled())
		}
	}
	r := joined("", "\n", "\n", events...)
	r.ContentType = "application/x-ndjson"
	return g.Made("oversize lines", r)
}

// OversizeEnvelope returns an envelope that no record has room for. Each of its parts
// keeps the other members of the envelope.
func (g *Generator) OversizeEnvelope() Request {
	var events []Event
	for range 40 {
		events = append(events, g.filled())
	}
	r := g.of(*clients.Named("segment"))
	wrapped := joined(`{"batch":[`, ",", `],"sentAt":"2026-11-23T10:00:00Z"}`, events...)
	r.Body, r.Events = wrapped.Body, wrapped.Events
	return g.Made("oversize envelope", r)
}

func (g *Generator) filled() Event {
	return g.good("order", `{"type":"order","mark":"MARK","filler":"`+filler+`"}`)
}

// Crafted returns a request with this body, which is not JSON.
func (g *Generator) Crafted(body string) Request {
	return g.Made("crafted", reject(record.NotJSON, []byte(body)))
}

// Tiny returns a request of n events, each as small as an event can be that no other equals.
func (g *Generator) Tiny(n int) Request {
	g.count++
	var events []Event
	for i := range n {
		events = append(events, Event{Payload: fmt.Appendf(nil, `{"%d":%d}`, g.count, i)})
	}
	r := joined("", "\n", "\n", events...)
	r.ContentType = "application/x-ndjson"
	return g.Made("tiny events", r)
}

// Compressed returns r as a client sends it that keeps its bodies compressed through
// Firehose: without Content-Encoding, by which API Gateway would inflate them.
func (g *Generator) Compressed(r Request) Request {
	r.Body = zip(r.Body)
	return r
}

// Session returns a request of n events of a session, of about 900 bytes each, which
// have much in common, and so many random hex digits of their own: gzip needs half a byte
// for each.
func (g *Generator) Session(n, digits int) Request {
	var events []Event
	for range n {
		noise := make([]byte, digits)
		for at := range noise {
			noise[at] = "0123456789abcdef"[g.random.IntN(16)]
		}
		common := strings.Repeat("x", max(850-digits, 0))
		pattern := fmt.Sprintf(`{"type":"seen","mark":"MARK","noise":%q,"filler":%q}`, noise, common)
		events = append(events, g.good("seen", pattern))
	}
	r := joined("[", ",", "]", events...)
	r.ContentType = "application/json"
	return g.Made("session", r)
}

// EmptyObjects returns a request of n events without a member.
func (g *Generator) EmptyObjects(n int) Request {
	events := make([]Event, n)
	for i := range events {
		events[i].Payload = []byte("{}")
	}
	return g.Made("empty objects", joined("[", ",", "]", events...))
}

// Bomb inflates to one byte over the limit, in bytes.
func (g *Generator) Bomb(limit int) Request {
	return g.Made("gzip bomb", reject(record.TooLargeInflated, zip(bytes.Repeat([]byte(" "), limit+1))))
}

// TooMany has one event more than a request may have.
func (g *Generator) TooMany() Request {
	return g.Made("too many events",
		whole(record.TooManyEvents, "", "["+strings.Repeat("{},", event.MaxEvents)+`{"mark":"MARK"}]`)(g))
}
