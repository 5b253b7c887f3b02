package event

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"global-ingest/lambdas/record"
)

// Splitter splits bodies. It keeps its memory from one body to the next and is
// not safe for concurrent use.
type Splitter struct {
	maxDepth  int
	maxEvents int
	typeFrom  []string // where an event names its type; nil where the scanner looks

	scanner scanner
	decoder jsontext.Decoder
	source  bytes.Buffer // what decoder reads: the text itself, not a copy
	scratch []byte       // an unescaped type
	last    string       // the last type, most often also the next one's
	events  []Event
}

// NewSplitter returns a Splitter of bodies with at most maxEvents events, each
// nested at most maxDepth deep: the event itself is the first level. typeFrom says where
// an event names its type, as TypeFrom does; without it that is DefaultTypeFrom.
func NewSplitter(maxDepth, maxEvents int, typeFrom ...string) *Splitter {
	s := &Splitter{maxDepth: maxDepth, maxEvents: maxEvents, scanner: scanner{maxDepth: maxDepth, typeMember: DefaultTypeFrom}}
	switch {
	case len(typeFrom) == 1 && !strings.Contains(typeFrom[0], "."):
		s.scanner.typeMember = typeFrom[0]
	case len(typeFrom) > 0:
		s.typeFrom = typeFrom
	}
	return s
}

// Split finds the events of body:
//   - the body is one JSON value: an array holds an event in each element, any
//     other value is one event;
//   - else, when at least one line is a JSON value, each line that is not blank is
//     an event, the other lines rejected ones. Lines end in LF or CR LF;
//   - else the body as a whole is rejected.
//
// A body without any event is rejected as Empty, one with more than the limit as
// TooManyEvents; in both the whole body is kept together.
func (s *Splitter) Split(body []byte) Body {
	s.events = s.events[:0]
	text := bytes.TrimLeft(bytes.TrimPrefix(body, []byte(bom)), whitespace)
	start := len(body) - len(text)
	text = bytes.TrimRight(text, whitespace)
	if len(text) == 0 {
		return s.whole(body, 0, reject(nil, record.Empty, record.NoOffset, "no event in the body"))
	}
	form, failed := s.value(text, start)
	if failed != nil && failed.Reason != record.TooManyEvents && bytes.IndexByte(text, '\n') >= 0 {
		// A text that is not one JSON value can still be lines of them.
		if lines, tooMany := s.lines(text, start); lines || tooMany != nil {
			form, failed = Lines, tooMany
		}
	}
	if failed != nil {
		return s.whole(body, start, *failed)
	}
	if len(s.events) == 0 {
		return s.whole(body, start, reject(nil, record.Empty, record.NoOffset, "no event in the array"))
	}
	return Body{Form: form, Events: s.events}
}

// whole returns the rejected body, with what was found in its text from start on.
func (s *Splitter) whole(body []byte, start int, e Event) Body {
	e.widen(body, start)
	s.events = append(s.events[:0], e)
	return Body{Form: Rejected, Events: s.events}
}

// value takes text as one JSON value and adds its events, or returns why it is none.
func (s *Splitter) value(text []byte, start int) (Form, *Event) {
	if text[0] == '[' {
		return Array, s.array(text, start)
	}
	e, isJSON := s.examine(text)
	if !isJSON {
		failed := e // a copy, for only what is rejected may cost an allocation
		return Rejected, &failed
	}
	e.Offset = start
	s.events = append(s.events, e)
	return Single, nil
}

// array adds the elements of an array, or returns why text is none. All of it is
// read before the first element is looked at, since a broken array holds no events.
func (s *Splitter) array(text []byte, start int) *Event {
	if s.plainArray(text, start) {
		return nil
	}
	s.events = s.events[:0]
	if e, bad := precheck(text); bad {
		failed := e
		return &failed
	}
	count, err := s.outline(text, start)
	switch {
	case err != nil:
		failed := syntaxReject(text, err)
		return &failed
	case count > s.maxEvents:
		return s.tooMany()
	}
	for i, e := range s.events {
		s.events[i], _ = s.examine(e.Raw)
		s.events[i].Offset = e.Offset
	}
	return nil
}

// plainArray adds the elements of an array of plain events, and says whether it was one.
func (s *Splitter) plainArray(text []byte, start int) bool {
	if !utf8.Valid(text) {
		return false
	}
	n := &s.scanner
	n.start(text)
	n.at++ // the bracket
	for len(s.events) < s.maxEvents && n.next() == '{' {
		from := n.at
		if n.typeText = nil; !n.object(1) {
			return false
		}
		s.events = append(s.events, Event{Raw: text[from:n.at:n.at], Offset: start + from, Type: s.named(text[from:n.at], n.typeText)})
		if !n.take(',') {
			return n.take(']') && n.at == len(text)
		}
	}
	return false
}

// outline counts the elements of an array and adds the first maxEvents of them,
// bytes and place only. What is wrong inside an element is the element's matter.
func (s *Splitter) outline(text []byte, start int) (count int, err error) {
	s.read(text, lenient)
	if _, err := s.decoder.ReadToken(); err != nil {
		return 0, err
	}
	for s.decoder.PeekKind() != ']' {
		raw, err := s.decoder.ReadValue()
		if err != nil {
			return 0, err
		}
		if count++; count <= s.maxEvents {
			offset := start + int(s.decoder.InputOffset()) - len(raw)
			s.events = append(s.events, Event{Raw: raw, Offset: offset})
		}
	}
	return count, s.end()
}

// lines takes each line of text that is not blank for an event and returns
// whether at least one is a JSON value; if none is, nothing was added.
func (s *Splitter) lines(text []byte, start int) (found bool, tooMany *Event) {
	s.events = s.events[:0]
	count := 0
	for line := range bytes.Lines(text) {
		offset := start
		start += len(line)
		if len(bytes.Trim(line, whitespace)) == 0 {
			continue
		}
		if count++; count > s.maxEvents && found {
			return false, s.tooMany()
		}
		e, isJSON := s.line(line)
		found = found || isJSON
		if count <= s.maxEvents {
			e.Offset += offset
			s.events = append(s.events, e)
		}
	}
	switch {
	case !found:
		s.events = s.events[:0]
	case count > s.maxEvents:
		return false, s.tooMany()
	}
	return found, nil
}

// line takes one line, its end included, for an event.
func (s *Splitter) line(line []byte) (e Event, isJSON bool) {
	value := bytes.TrimLeft(line, whitespace)
	indent := len(line) - len(value)
	e, isJSON = s.examine(bytes.TrimRight(value, whitespace))
	e.Offset = indent
	if !isJSON {
		// Of a line that is not JSON no byte is known to be insignificant.
		line = bytes.TrimSuffix(line, []byte{'\n'})
		e.widen(bytes.TrimSuffix(line, []byte{'\r'}), indent)
		e.Offset = 0
	}
	return e, isJSON
}

func (s *Splitter) tooMany() *Event {
	e := reject(nil, record.TooManyEvents, record.NoOffset, fmt.Sprintf("body holds more than %d events", s.maxEvents))
	return &e
}

// typeOf returns the text of a JSON string, "" of none, without an allocation when it
// is the same as the last one's.
func (s *Splitter) typeOf(quoted []byte) string {
	if quoted == nil {
		return ""
	}
	s.scratch, _ = jsontext.AppendUnquote(s.scratch[:0], quoted)
	if string(s.scratch) != s.last {
		s.last = string(s.scratch)
	}
	return s.last
}
