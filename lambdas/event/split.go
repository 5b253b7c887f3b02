package event

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/record"
)

// Splitter splits bodies. It uses its memory again and is not safe for concurrent use.
type Splitter struct {
	maxDepth  int
	maxEvents int
	portable  bool
	places    []string // where an event may name its type, unless its client says
	typeFrom  []string // where the next one may

	scanner scanner
	decoder jsontext.Decoder
	source  bytes.Buffer // what decoder reads: the text itself, not a copy
	scratch []byte       // an unescaped type
	last    string       // the last type, most often also the next one's
	events  []Item
	beside  beside // what stood beside events
}

// NewSplitter returns a Splitter of bodies with at most maxEvents events, each nested
// at most maxDepth deep: the event itself is the first level. typeFrom says where an
// event names its type, by default DefaultTypeFrom.
func NewSplitter(maxDepth, maxEvents int, typeFrom ...string) *Splitter {
	if len(typeFrom) == 0 {
		typeFrom = []string{DefaultTypeFrom}
	}
	s := &Splitter{maxDepth: maxDepth, maxEvents: maxEvents, places: typeFrom, scanner: scanner{maxDepth: maxDepth}}
	s.lookIn(nil)
	return s
}

// Split finds the events of a body that came with header h, by the package's rules. It
// rejects a body without events as Empty, and one with too many as TooManyEvents. A
// rejected body is one Item.
func (s *Splitter) Split(body []byte, h record.Header) Body {
	client := clients.Named(h.Source.Client)
	s.lookIn(client)
	form, failed, ok := s.fields(body, h, client)
	switch {
	case failed != nil:
		return s.whole(body, 0, failed)
	case !ok:
		return s.beside.of(s.json(body, h, client))
	}
	text, rest := form.event()
	found := s.json(text, record.Header{Source: h.Source}, client)
	s.beside.members = join(s.beside.members, rest)
	if found.Form == Rejected { // by offsets into the body as it was sent there is nothing to show
		found.Events[0].Errors[0].Offset = record.NoOffset
		return s.whole(body, 0, &found.Events[0])
	}
	found.Queried = len(body) == 0
	return s.beside.of(found)
}

// json finds the events of a body that is JSON.
func (s *Splitter) json(body []byte, h record.Header, c *clients.Client) Body {
	s.events, s.beside = s.events[:0], beside{}
	text := bytes.TrimLeft(bytes.TrimPrefix(body, []byte(bom)), whitespace)
	start := len(body) - len(text)
	text = bytes.TrimRight(text, whitespace)
	if len(text) == 0 {
		return s.whole(body, 0, reject(nil, record.Empty, record.NoOffset, "no event in the body"))
	}
	form, failed, ok := s.ofClient(text, start, h, c)
	if !ok {
		form, failed = s.value(text, start)
	}
	if !ok && failed != nil && failed.Reason != record.TooManyEvents {
		// A text that is neither one JSON value nor objects can still be lines.
		if ok, tooMany := s.lines(text, start, declaresLines(h.ContentType)); ok {
			form, failed = Lines, tooMany
		}
	}
	switch {
	case failed != nil:
		return s.whole(body, start, blame(failed, text, h))
	case len(s.events) == 0:
		return s.whole(body, start, reject(nil, record.Empty, record.NoOffset, "no event in the array"))
	}
	return Body{Form: form, Events: s.events}
}

// whole returns the rejected body, with what was found in its text from start on.
func (s *Splitter) whole(body []byte, start int, e *Item) Body {
	e.widen(body, start)
	e.Offset = 0
	s.events = append(s.events[:0], *e)
	return Body{Form: Rejected, Events: s.events}
}

// value takes text as one JSON value, or as objects one behind the other, and adds
// their events, or returns why it is neither.
func (s *Splitter) value(text []byte, start int) (Form, *Item) {
	if first := gap(text, 0); first < len(text) && text[first] == '{' {
		failed := s.objects(text, start)
		if len(s.events) == 1 && len(s.events[0].Raw) == len(text) {
			return Single, failed
		}
		return Lines, failed
	}
	if text[0] == '[' {
		return Array, s.array(text, start)
	}
	e, isJSON := s.examine(text)
	if !isJSON {
		failed := e // a copy, so that only a reject costs an allocation
		return Rejected, &failed
	}
	e.Offset = start
	s.events = append(s.events, e)
	return Single, nil
}

// objects adds the objects that text holds one behind the other, or returns the first
// fault.
func (s *Splitter) objects(text []byte, start int) *Item {
	if !utf8.Valid(text) {
		failed := reject(text, record.NotJSON, invalidUTF8(text), "invalid UTF-8")
		failed.Type = s.typeIn(text[gap(text, 0):])
		return failed
	}
	count := 0
	for at := gap(text, 0); at < len(text); count++ {
		e, ok := s.object(text, at)
		if !ok {
			failed := e
			return &failed
		}
		if at += len(e.Raw); count < s.maxEvents {
			e.Offset = start + at - len(e.Raw)
			s.events = append(s.events, e)
		}
		at = gap(text, at)
	}
	switch {
	case text[len(text)-1] == ',':
		return reject(text, record.NotJSON, len(text)-1, errTrailing.Error())
	case count > s.maxEvents:
		return s.tooMany()
	}
	return nil
}

// gap skips the separators behind the object that ends at at, or before the first
// object, and returns where it stopped.
func gap(text []byte, at int) int {
	comma := at == 0 // none before the first
	for at < len(text) {
		switch c := text[at]; {
		case c == ' ', c == '\n', c == '\r', c == '\t', c == rs:
			at++
		case c == ',' && !comma:
			comma = true
			at++
		case c == bom[0] && bytes.HasPrefix(text[at:], []byte(bom)):
			at += len(bom)
		default:
			return at
		}
	}
	return at
}

// object returns the object that begins at at in text, which is valid UTF-8, or the
// fault that keeps it from being JSON.
func (s *Splitter) object(text []byte, at int) (e Item, ok bool) {
	n := &s.scanner
	n.start(text)
	n.At = at
	switch {
	case text[at] != '{':
		return *reject(text, record.NotJSON, at, errTrailing.Error()), false
	case n.object(1):
		return s.plainEvent(text[at:n.At:n.At], n.typeText), true
	}
	s.read(text[at:])
	if raw, err := s.decoder.ReadValue(); err == nil {
		e, _ = s.examine(text[at : at+len(raw) : at+len(raw)])
		return e, true
	}
	e, _ = s.examine(text[at:])
	e.widen(text, at)
	return e, false
}

// array adds the elements of an array, or returns why text is not one. It reads all of
// text before it looks at the first element, because a broken array holds no events.
func (s *Splitter) array(text []byte, start int) *Item {
	if s.plainArray(text, start) {
		return nil
	}
	s.events = s.events[:0]
	if failed := precheck(text); failed != nil {
		return failed
	}
	count, err := s.outline(text, start)
	switch {
	case err != nil:
		return syntaxReject(text, err)
	case count > s.maxEvents:
		return s.tooMany()
	}
	for i, e := range s.events {
		s.events[i], _ = s.examine(e.Raw)
		s.events[i].Offset = e.Offset
	}
	return nil
}

// plainArray adds the elements of an array of plain events, and says whether it was
// one.
func (s *Splitter) plainArray(text []byte, start int) bool {
	if !utf8.Valid(text) {
		return false
	}
	n := &s.scanner
	n.start(text)
	n.At++ // the bracket
	for len(s.events) < s.maxEvents && n.Next() == '{' {
		from := n.At
		if n.typeText = nil; !n.object(1) {
			return false
		}
		e := s.plainEvent(text[from:n.At:n.At], n.typeText)
		e.Offset = start + from
		s.events = append(s.events, e)
		if !n.Take(',') {
			return n.Take(']') && n.At == len(text)
		}
	}
	return false
}

// outline counts the elements of an array and adds the first maxEvents of them, bytes
// and place only.
func (s *Splitter) outline(text []byte, start int) (count int, err error) {
	s.read(text)
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
			s.events = append(s.events, Item{Raw: raw, Offset: offset})
		}
	}
	if _, err := s.decoder.ReadToken(); err != nil {
		return 0, err
	}
	return count, s.after()
}

func (s *Splitter) tooMany() *Item {
	return reject(nil, record.TooManyEvents, record.NoOffset, fmt.Sprintf("body holds more than %d events", s.maxEvents))
}

// typeOf returns the text of a JSON string, or "" for nil. It does not allocate when
// the text is the same as last time.
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
