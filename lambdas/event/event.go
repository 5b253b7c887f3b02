// Package event splits a body into its events. It decides what is JSON, where an
// event begins and ends and which type it names, and never changes a byte.
//
// How a body holds its events:
//
//  1. One JSON value: an object is one event, an array is one event per element.
//  2. Objects one behind the other, on any number of lines: one event each. Between two
//     of them may stand whitespace, line ends, one comma, RS (U+001E) and byte order marks.
//  3. Lines: when the content type says so or the body begins with RS; or else when each
//     line that begins with { closes all it opens (the last may be cut off), and no
//     other line looks like a line of a JSON document. Each line is judged by itself.
//  4. Anything else is one reject of the whole body, which names the byte of the fault.
//  5. So no fragment of a broken document becomes an event, and no byte is left out.
//
// The grammar is RFC 8259, exactly: nothing else is accepted, nothing legal is
// refused, but for what a PortableOnly Splitter is told to: an escape of a lone surrogate
// such as "\ud800" is legal, and so is 1e999, and both stop readers of the lake. Text that is not UTF-8 is not JSON. One UTF-8 byte order mark in front
// of the body is skipped, which section 8.1 leaves to the parser.
package event

import "global-ingest/lambdas/record"

// MaxDepth is how deep an event may be nested: the event itself is the first level.
const MaxDepth = 64

// MaxEvents is how many events one body may hold. A body of MaxInflated reaches it
// with events of less than 84 bytes. It bounds what a small body can cost: 100 KB of
// {} become 50,000 lines, each with the request's address and user agent, some 15 MB.
const MaxEvents = 50_000

// Form says how a body holds its events.
type Form int

// The forms.
const (
	Rejected Form = iota // it does not: the only Event is the whole body, with the reason
	Single               // as one JSON value
	Array                // as the elements of one JSON array
	Lines                // as objects one behind the other, or as lines
)

// Event is one event of a body, or the whole of a rejected body.
type Event struct {
	Raw    []byte         // its bytes, a part of the body: the JSON value alone, or what is not JSON
	Offset int            // where Raw begins in the body
	Type   string         // what names its type, a lone surrogate as U+FFFD; "" when it is missing, no string or was not read
	Reason record.Reason  // why it is no event; "" when it is one
	Errors []record.Error // what was found, with offsets into Raw
}

// Body is what Split found. Its memory is the Splitter's, and good until the next Split.
type Body struct {
	Form   Form
	Events []Event // in order, at least one; an event's index in its request is its index here
}

// bom is the UTF-8 encoding of U+FEFF, the byte order mark.
const bom = "\ufeff"

// rs is the record separator that begins each text of a JSON text sequence (RFC 7464).
const rs = 0x1e

// whitespace is the insignificant whitespace of RFC 8259, section 2.
const whitespace = " \t\r\n"

// reject returns the Event of text that is none, for the reason found at offset.
func reject(text []byte, reason record.Reason, offset int, message string) Event {
	return Event{Raw: text, Reason: reason, Errors: []record.Error{{Message: message, Offset: int64(offset)}}}
}

// widen makes e an Event of the text that holds it and begins by bytes earlier.
func (e *Event) widen(text []byte, by int) {
	e.Raw = text
	for i := range e.Errors {
		if e.Errors[i].Offset != record.NoOffset {
			e.Errors[i].Offset += int64(by)
		}
	}
}
