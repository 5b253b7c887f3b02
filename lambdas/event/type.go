package event

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// DefaultTypeFrom is the member that names an event's type, where nothing else is said.
const DefaultTypeFrom = "type"

// CheckTypeFrom names the place that cannot be one where an event names its type: a
// member of the event, or one further in behind dots, such as "meta.type".
func CheckTypeFrom(places []string) error {
	if len(places) == 0 {
		return errors.New(`is empty, must name a member such as "type"`)
	}
	for _, place := range places {
		if strings.Contains(place, ",") || slices.Contains(strings.Split(place, "."), "") {
			return fmt.Errorf(`has %q, must have members such as "type" or "meta.type"`, place)
		}
	}
	return nil
}

// named returns the type of an event. Where the scanner looks for it, found is what it
// found.
func (s *Splitter) named(text, found []byte) string {
	if s.typeFrom == nil {
		return s.typeOf(found)
	}
	for _, place := range s.typeFrom {
		s.read(text)
		if quoted := s.follow(place); quoted != nil {
			return s.typeOf(quoted)
		}
	}
	return ""
}

// follow returns the string at place in the object that the decoder is at, nil when
// there is none. A member whose own name has the dots is found too.
func (s *Splitter) follow(place string) []byte {
	if _, err := s.decoder.ReadToken(); err != nil {
		return nil
	}
	for s.decoder.PeekKind() == '"' {
		quoted, err := s.decoder.ReadValue()
		if err != nil {
			return nil
		}
		name := Name(quoted)
		rest, inside := strings.CutPrefix(place, name+".")
		switch kind := s.decoder.PeekKind(); {
		case name == place && kind == '"':
			value, _ := s.decoder.ReadValue()
			return value
		case inside && kind == '{':
			if value := s.follow(rest); value != nil {
				return value
			}
		default:
			if err := s.decoder.SkipValue(); err != nil {
				return nil
			}
		}
	}
	_, _ = s.decoder.ReadToken() // its end
	return nil
}
