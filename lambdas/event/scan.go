package event

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// scanner reads an event in one pass, and knows only the plain ones: an object, not
// nested too deep, whose names have no escapes and stand once each. That is nearly
// every event. What it does not take is left to the decoder, which says what is wrong
// if anything is; what it takes, the decoder takes with the same type.
type scanner struct {
	maxDepth int
	text     []byte
	at       int      // the next byte
	names    []uint64 // hashes of the names so far of each object that is open
	typeText []byte   // the value of the member typeMember, quotes included; nil when it is no string

	typeMember string // that names the type
}

// seed keeps a client from choosing names whose hashes are equal.
var seed = maphash.MakeSeed()

// plain returns whether text is a plain event, and the JSON string that names its type.
func (s *scanner) plain(text []byte) (eventType []byte, ok bool) {
	if !utf8.Valid(text) {
		return nil, false
	}
	s.start(text)
	ok = s.object(1) && s.at == len(text)
	return s.typeText, ok
}

func (s *scanner) start(text []byte) {
	s.text, s.at = text, 0
	s.names, s.typeText = s.names[:0], nil
}

// next skips whitespace and returns the byte after it, 0 at the end.
func (s *scanner) next() byte {
	for ; s.at < len(s.text); s.at++ {
		if c := s.text[s.at]; c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

// take skips whitespace and c, if c is what follows.
func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

func (s *scanner) value(depth int) bool {
	switch c := s.next(); c {
	case '"':
		_, ok := s.string()
		return ok
	case '{':
		return s.object(depth)
	case '[':
		return s.array(depth)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	}
	return s.number()
}

func (s *scanner) word(word string) bool {
	end := s.at + len(word)
	if end > len(s.text) || string(s.text[s.at:end]) != word {
		return false
	}
	s.at = end
	return true
}

func (s *scanner) array(depth int) bool {
	if depth > s.maxDepth || !s.take('[') {
		return false
	}
	if s.take(']') {
		return true
	}
	for s.value(depth + 1) {
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			return true
		default:
			return false
		}
	}
	return false
}

func (s *scanner) object(depth int) bool {
	if depth > s.maxDepth || !s.take('{') {
		return false
	}
	if s.take('}') {
		return true
	}
	first := len(s.names)
	for s.member(depth, first) {
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
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
	if s.next() != '"' {
		return false
	}
	start := s.at
	plain, ok := s.string()
	if !ok || !plain {
		return false
	}
	name := s.text[start+1 : s.at-1]
	hash := maphash.Bytes(seed, name)
	if len(s.names)-first < few && slices.Contains(s.names[first:], hash) {
		return false
	}
	s.names = append(s.names, hash)
	if !s.take(':') {
		return false
	}
	isType := depth == 1 && string(name) == s.typeMember
	start = -1
	if isType && s.next() == '"' {
		start = s.at
	}
	if !s.value(depth + 1) {
		return false
	}
	if start >= 0 {
		s.typeText = s.text[start:s.at]
	}
	return true
}

// few names are compared one by one, the rest once their object has ended.
const few = 16

// once says whether each name from first on stands there once: none has the hash of
// another.
func (s *scanner) once(first int) bool {
	names := s.names[first:]
	if len(names) <= few {
		return true
	}
	slices.Sort(names)
	for i := 1; i < len(names); i++ {
		if names[i] == names[i-1] {
			return false
		}
	}
	return true
}

// string reads a string and says whether it has no escapes.
func (s *scanner) string() (plain, ok bool) {
	s.at++
	plain = true
	for {
		s.skip()
		if s.at >= len(s.text) {
			return false, false
		}
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return plain, true
		case c == '\\':
			plain = false
			if !s.escape() {
				return false, false
			}
		case c < ' ':
			return false, false
		default:
			s.at++
		}
	}
}

// Eight bytes at once: each constant holds one byte eight times.
const (
	ones   = 0x0101010101010101
	highs  = 0x8080808080808080
	quotes = '"' * ones
	slants = '\\' * ones
	spaces = ' ' * ones
)

// skip goes to the next quote, backslash or control character, or to the last bytes.
// (x-ones)&^x&highs marks the bytes of x that are 0, and some after the first of them.
func (s *scanner) skip() {
	for ; s.at+8 <= len(s.text); s.at += 8 {
		x := binary.LittleEndian.Uint64(s.text[s.at:])
		q, b := x^quotes, x^slants
		found := ((q-ones)&^q | (b-ones)&^b | (x-spaces)&^x) & highs
		if found != 0 {
			s.at += bits.TrailingZeros64(found) / 8
			return
		}
	}
}

func (s *scanner) escape() bool {
	s.at++
	if s.at >= len(s.text) {
		return false
	}
	switch s.text[s.at] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		s.at++
		return true
	case 'u':
		end := s.at + 5
		if end > len(s.text) {
			return false
		}
		for _, c := range s.text[s.at+1 : end] {
			if !isHex(c) {
				return false
			}
		}
		s.at = end
		return true
	}
	return false
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func (s *scanner) number() bool {
	if s.peek() == '-' {
		s.at++
	}
	if s.peek() == '0' {
		s.at++
	} else if !s.digits() {
		return false
	}
	if s.peek() == '.' {
		s.at++
		if !s.digits() {
			return false
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.at++
		if c := s.peek(); c == '+' || c == '-' {
			s.at++
		}
		return s.digits()
	}
	return true
}

func (s *scanner) peek() byte {
	if s.at >= len(s.text) {
		return 0
	}
	return s.text[s.at]
}

// digits skips digits and says whether there were any.
func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}
