package event

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// DefaultTypeFrom is the member that names an event's type by default.
const DefaultTypeFrom = "type"

// CheckTypeFrom names the first place that cannot name an event's type. A place is a
// member of the event, or one further in, behind dots, such as "meta.type".
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

// named returns the type of an event. found is what the scanner found, if it looked.
func (s *Splitter) named(text, found []byte) string {
	if s.scanner.typeMember != "" {
		return s.typeOf(found)
	}
	return s.typeIn(text)
}

// typeIn returns the type of text, or "" when it is not an object. Of a broken object it
// returns the type that stands before the fault.
func (s *Splitter) typeIn(text []byte) string {
	if text[0] != '{' {
		return ""
	}
	for _, place := range s.typeFrom {
		s.read(text)
		if quoted := s.follow(place); quoted != nil {
			return s.typeOf(quoted)
		}
	}
	return ""
}

// isTypePlace says whether a JSON pointer is where an event may name its type.
func (s *Splitter) isTypePlace(pointer string) bool {
	return slices.ContainsFunc(s.typeFrom, func(place string) bool {
		return pointer == "/"+strings.ReplaceAll(place, ".", "/")
	})
}

// follow returns the string at place in the object that the decoder is at, or nil. It
// also finds a member whose own name has the dots.
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
