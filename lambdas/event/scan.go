package event

import (
	"hash/maphash"
	"slices"
	"unicode/utf8"
)

// scanner reads an event in one pass. It takes only plain events, which are nearly all:
// an object that is not nested too deep, whose names have no escapes and stand once
// each. The decoder reads the rest and says what is wrong. What the scanner takes, the
// decoder takes too, with the same type.
type scanner struct {
	Lexer
	maxDepth int
	names    []uint64 // hashes of the names so far of each open object
	typeText []byte   // the value of the member typeMember, quotes included; nil when it is not a string

	typeMember string // that names the type; "" when the scanner does not look for it
}

// seed keeps a client from choosing names whose hashes are equal.
var seed = maphash.MakeSeed()

// plain returns whether text is a plain event, and the JSON string that names its type.
func (s *scanner) plain(text []byte) (eventType []byte, ok bool) {
	if !utf8.Valid(text) {
		return nil, false
	}
	s.start(text)
	ok = s.object(1) && s.At == len(text)
	return s.typeText, ok
}

func (s *scanner) start(text []byte) {
	s.Lexer = Lexer{Text: text}
	s.names, s.typeText = s.names[:0], nil
}

func (s *scanner) value(depth int) bool {
	switch c := s.Next(); c {
	case '"':
		_, ok := s.String()
		return ok
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	}
	return s.Scalar()
}

func (s *scanner) array(depth int) bool {
	if depth > s.maxDepth || !s.Take('[') {
		return false
	}
	if s.Take(']') {
		return true
	}
	for s.value(depth + 1) {
		switch s.Next() {
		case ',':
			s.At++
		case ']':
			s.At++
			return true
		default:
			return false
		}
	}
	return false
}

func (s *scanner) object(depth int) bool {
	if depth > s.maxDepth || !s.Take('{') {
		return false
	}
	if s.Take('}') {
		return true
	}
	first := len(s.names)
	for s.member(depth, first) {
		switch s.Next() {
		case ',':
			s.At++
		case '}':
			s.At++
			once := s.once(first)
			s.names = s.names[:first]
			return once
		default:
			return false
		}
	}
	return false
}

// member reads a name and its value. The names of its object begin at first.
func (s *scanner) member(depth, first int) bool {
	if s.Next() != '"' {
		return false
	}
	start := s.At
	plain, ok := s.String()
	if !ok || !plain {
		return false
	}
	name := s.Text[start+1 : s.At-1]
	hash := maphash.Bytes(seed, name)
	if len(s.names)-first < few && slices.Contains(s.names[first:], hash) {
		return false
	}
	s.names = append(s.names, hash)
	if !s.Take(':') {
		return false
	}
	isType := depth == 1 && string(name) == s.typeMember
	start = -1
	if isType && s.Next() == '"' {
		start = s.At
	}
	if !s.value(depth + 1) {
		return false
	}
	if start >= 0 {
		s.typeText = s.Text[start:s.At]
	}
	return true
}

// few names are compared one by one, more when their object has ended.
const few = 16

// once says whether no two of the names from first on have the same hash.
func (s *scanner) once(first int) bool {
	names := s.names[first:]
	if len(names) <= few {
		return true
	}
	slices.Sort(names)
	return len(slices.Compact(names)) == len(names)
}
