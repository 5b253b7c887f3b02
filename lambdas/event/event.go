// Package event splits a body into its events. It decides what is JSON, where an
// event begins and ends and which type it names, and never changes a byte.
//
// infra/docs/clients.md, "What a body holds", has the rules, and infra/decisions says why. A
// client of package clients may wrap its events: then an object at its path with an array of one
// of the client's names is one event per element of it. By the path, never by the shape: any other
// object is one event, whatever it holds. Each byte of a body is in an event, in a reject, or a
// separator, but for the events of forms, of queries without a body, and of the queries that
// Matomo sends in an envelope: those are not parts of the body.
//
// The grammar is RFC 8259, exactly: nothing else is accepted, and nothing legal is refused, except
// by a PortableOnly Splitter: an escape of a lone surrogate such as "\ud800" is legal, and so is
// 1e999, and both stop readers of the lake. Text that is not UTF-8 is not JSON. One UTF-8 byte
// order mark in front of the body is skipped, which section 8.1 leaves to the parser.
package event

import "global-ingest/lambdas/record"

// MaxDepth is how deep an event may be nested: the event itself is the first level.
const MaxDepth = 64

// MaxEvents is how many events one body may hold. A body of MaxInflated bytes reaches
// it with events of less than 84 bytes. It bounds what a small body can cost: 100 KB of
// {} become 50,000 lines, each with the request's address and user agent, some 15 MB.
const MaxEvents = 50_000

// Form says how a body holds its events.
type Form int

// The forms.
const (
	Rejected Form = iota // not at all: its only Item is the whole body, with the reason
	Single               // as one JSON value
	Array                // as the elements of one JSON array
	Lines                // as objects one behind the other, or as lines
)

// Item is one event of a body, or bytes that are rejected: a part of a body, or all of
// it.
type Item struct {
	Raw    []byte           // a part of the body: one JSON value, or what is not JSON
	Offset int              // where Raw begins in the body
	Type   string           // a lone surrogate as U+FFFD; "" when it is missing or is not a string
	Reason record.Reason    // why it is rejected; "" for an event
	Errors []record.Finding // what was found, with offsets into Raw
}

// Body is what Split found. Its memory is the Splitter's, and valid until the next
// Split.
type Body struct {
	Form     Form
	Events   []Item      // in order, at least one
	Envelope record.JSON // an object of what stood beside the events, without secrets; "" for nothing
	Key      string      // the public write key that stood there
	Queried  bool        // whether the events are what the query said
}

// bom is the UTF-8 encoding of U+FEFF, the byte order mark.
const bom = "\ufeff"

// rs is the record separator that begins each text of a JSON text sequence (RFC 7464).
const rs = 0x1e

// whitespace is the insignificant whitespace of RFC 8259, section 2.
const whitespace = " \t\r\n"

// reject returns a rejected Item, for the reason found at offset.
func reject(text []byte, reason record.Reason, offset int, message string) *Item {
	return &Item{Raw: text, Reason: reason, Errors: []record.Finding{{Message: message, Offset: int64(offset)}}}
}

// widen makes e an Item of the text that holds it and begins by bytes earlier.
func (e *Item) widen(text []byte, by int) {
	e.Raw = text
	for i := range e.Errors {
		if e.Errors[i].Offset != record.NoOffset {
			e.Errors[i].Offset += int64(by)
		}
	}
}
