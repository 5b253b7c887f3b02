package event

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/record"
)

// maxMembers is one more than how many members an envelope may have.
const maxMembers = 257

// maxBeside is how many bytes may stand beside the events of an envelope: 16 times what
// the SDKs send. Each line repeats them. An object with more is one event, as it was
// sent.
const maxBeside = 16 << 10

// lookIn makes s look for an event's type, until the next call, where events of c name
// it.
func (s *Splitter) lookIn(c *clients.Client) {
	s.typeFrom, s.scanner.typeMember = s.places, ""
	if c != nil && len(c.Types) > 0 {
		s.typeFrom = c.Types
	}
	if len(s.typeFrom) == 1 && !strings.Contains(s.typeFrom[0], ".") {
		s.scanner.typeMember = s.typeFrom[0]
	}
}

// ofClient adds the events of a text that holds them in a way of its client, or returns
// why it holds none. ok says whether it is such a text.
func (s *Splitter) ofClient(
	text []byte, start int, h record.Header, c *clients.Client,
) (form Form, failed *Item, ok bool) {
	if failed, ok = s.cloudEvent(text, start, h.Source.Attributes); ok {
		return Single, failed, true
	}
	if c == nil {
		return Rejected, nil, false
	}
	failed, ok = s.unwrap(text, start, c)
	return Array, failed, ok
}

// beside is what stood beside the events of a body.
type beside struct {
	key     string // the public write key
	members []byte // of an object, all but that and secrets
}

// of returns b with what stood beside its events.
func (d beside) of(b Body) Body {
	b.Key = d.key
	if len(d.members) > 0 {
		b.Envelope = record.OneLine(enclose(d.members))
	}
	return b
}

// Source returns s with what stood beside the events, and without the query when that is
// the event.
func (b Body) Source(s record.Source) record.Source {
	if s.Key == "" {
		s.Key = b.Key
	}
	if b.Envelope != "" {
		s.Envelope = b.Envelope // a part of a split body has it already
	}
	if b.Queried {
		s.Query = ""
	}
	return s
}

// join joins members of an object.
func join(a, b []byte) []byte {
	if len(a) > 0 && len(b) > 0 {
		a = append(a, ',')
	}
	return append(a, b...)
}

// unwrap adds the events that an envelope of c holds and what stood beside them, or
// returns why it holds none. ok says whether text is an envelope: an object in
// which every name stands once, with an array that c calls by one of its names.
func (s *Splitter) unwrap(text []byte, start int, c *clients.Client) (failed *Item, ok bool) {
	if len(c.Members) == 0 || text[0] != '{' || precheck(text) != nil {
		return nil, false
	}
	from, to, found := s.outlineObject(text, c)
	if to == 0 || len(found.members) > maxBeside || s.isUnfit(enclose(found.members)) {
		return nil, false
	}
	failed = s.array(text[from:to], start+from)
	if failed == nil && c.Queries {
		s.queries()
	}
	s.beside = found
	return failed, true
}

// outlineObject returns where the array of an envelope lies, and what stands beside it. to
// is 0 when there is no array.
func (s *Splitter) outlineObject(text []byte, c *clients.Client) (from, to int, found beside) {
	s.read(text)
	if _, err := s.decoder.ReadToken(); err != nil {
		return 0, 0, beside{}
	}
	var names []string
	for len(names) < maxMembers && s.decoder.PeekKind() == '"' {
		quoted, err := s.decoder.ReadValue()
		if err != nil {
			return 0, 0, beside{}
		}
		name := Name(quoted)
		value, err := s.decoder.ReadValue()
		if err != nil || slices.Contains(names, name) {
			return 0, 0, beside{}
		}
		names = append(names, name)
		end := int(s.decoder.InputOffset())
		switch {
		case to == 0 && value.Kind() == '[' && slices.Contains(c.Members, name):
			from, to = end-len(value), end
		case found.key == "" && value.Kind() == '"' && slices.Contains(c.Keys, name):
			found.key = unquote(value)
		case !clients.IsSecret(name) && len(found.members) <= maxBeside:
			found.members = append(appendName(found.members, name), value...)
		}
	}
	if _, err := s.decoder.ReadToken(); err != nil || len(names) == maxMembers || s.after() != nil {
		return 0, 0, beside{}
	}
	return from, to, found
}

// isUnfit says whether object may not stand in a line beside an event.
func (s *Splitter) isUnfit(object []byte) bool {
	_, depth := nesting(object, s.maxDepth)
	return depth > s.maxDepth || s.duplicate(object) != nil || s.portable && s.unportable(object) != nil
}

// queries makes events of elements that are queries, as Matomo sends them.
func (s *Splitter) queries() {
	for i, e := range s.events {
		if e.Reason != record.NotAnObject || e.Raw[0] != '"' {
			continue
		}
		f := parseQuery(strings.TrimPrefix(unquote(e.Raw), "?")).withoutSecrets()
		if f.check(s.maxEvents) == nil {
			s.events[i], _ = s.examine(enclose(f.members()))
			s.events[i].Offset = e.Offset
		}
	}
}

// unquote returns the text of a JSON string, a lone surrogate as U+FFFD.
func unquote(quoted []byte) string {
	text, _ := jsontext.AppendUnquote(nil, quoted)
	return string(text)
}

// cloudEvent takes text for the data of a CloudEvent whose attributes came as headers,
// and adds it, or returns why it is not JSON. ok says whether there are such attributes.
// The binding: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
func (s *Splitter) cloudEvent(text []byte, start int, attributes record.JSON) (failed *Item, ok bool) {
	if attributes == "" {
		return nil, false
	}
	var named struct{ SpecVersion, Type string }
	if json.Unmarshal([]byte(attributes), &named) != nil || named.SpecVersion == "" {
		return nil, false
	}
	e, isJSON := s.examine(text)
	if !isJSON {
		return &e, true
	}
	e.Offset, e.Type = start, named.Type
	s.events = append(s.events, e)
	return nil, true
}

// Text returns the string at the first of some places in an event that has one, or "".
// A place is as CheckTypeFrom says.
func (s *Splitter) Text(event []byte, places []string) string {
	for _, place := range places {
		s.read(event)
		if quoted := s.follow(place); quoted != nil {
			return unquote(quoted)
		}
	}
	return ""
}
