package event

import (
	"encoding/binary"
	"math/bits"
)

// Lexer reads the tokens of a JSON text (RFC 8259, in valid UTF-8) without allocating.
// The Splitter's scanner and the tree of package schema put the grammar on top of it.
type Lexer struct {
	Text []byte
	At   int // the next byte

	// Odd is set once a string has an escape of half of a surrogate pair, or a number is
	// long or has an exponent: the text may not be portable.
	Odd bool
}

// Next skips whitespace and returns the byte after it, 0 at the end.
func (l *Lexer) Next() byte {
	for ; l.At < len(l.Text); l.At++ {
		if c := l.Text[l.At]; c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

// Take skips whitespace and c, and says whether c was there.
func (l *Lexer) Take(c byte) bool {
	if l.Next() != c {
		return false
	}
	l.At++
	return true
}

// Scalar reads a number, or true, false or null.
func (l *Lexer) Scalar() bool {
	switch l.peek() {
	case 't':
		return l.word("true")
	case 'f':
		return l.word("false")
	case 'n':
		return l.word("null")
	}
	return l.number()
}

func (l *Lexer) word(word string) bool {
	end := l.At + len(word)
	if end > len(l.Text) || string(l.Text[l.At:end]) != word {
		return false
	}
	l.At = end
	return true
}

// String reads a string and says whether it has no escapes.
func (l *Lexer) String() (plain, ok bool) {
	l.At++
	plain = true
	for {
		l.skip()
		if l.At >= len(l.Text) {
			return false, false
		}
		switch c := l.Text[l.At]; {
		case c == '"':
			l.At++
			return plain, true
		case c == '\\':
			plain = false
			if !l.escape() {
				return false, false
			}
		case c < ' ':
			return false, false
		default:
			l.At++
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
func (l *Lexer) skip() {
	for ; l.At+8 <= len(l.Text); l.At += 8 {
		x := binary.LittleEndian.Uint64(l.Text[l.At:])
		q, b := x^quotes, x^slants
		found := ((q-ones)&^q | (b-ones)&^b | (x-spaces)&^x) & highs
		if found != 0 {
			l.At += bits.TrailingZeros64(found) / 8
			return
		}
	}
}

func (l *Lexer) escape() bool {
	l.At++
	if l.At >= len(l.Text) {
		return false
	}
	switch l.Text[l.At] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		l.At++
		return true
	case 'u':
		end := l.At + 5
		if end > len(l.Text) {
			return false
		}
		for _, c := range l.Text[l.At+1 : end] {
			if !isHex(c) {
				return false
			}
		}
		if l.Text[l.At+1]|0x20 == 'd' && l.Text[l.At+2] >= '8' {
			l.Odd = true
		}
		l.At = end
		return true
	}
	return false
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// oddDigits is the fewest characters of an integer that may be beyond 64 bits: 2^63 has 19.
// A number without exponent is beyond a double from 309 on.
const oddDigits = 19

func (l *Lexer) number() bool {
	start := l.At
	if l.peek() == '-' {
		l.At++
	}
	if l.peek() == '0' {
		l.At++
	} else if !l.digits() {
		return false
	}
	if l.peek() == '.' {
		l.At++
		if !l.digits() {
			return false
		}
	}
	if l.At-start >= oddDigits {
		l.Odd = true
	}
	if c := l.peek(); c == 'e' || c == 'E' {
		l.Odd = true
		l.At++
		if c := l.peek(); c == '+' || c == '-' {
			l.At++
		}
		return l.digits()
	}
	return true
}

func (l *Lexer) peek() byte {
	if l.At >= len(l.Text) {
		return 0
	}
	return l.Text[l.At]
}

// digits skips digits and says whether there were any.
func (l *Lexer) digits() bool {
	start := l.At
	for l.At < len(l.Text) && '0' <= l.Text[l.At] && l.Text[l.At] <= '9' {
		l.At++
	}
	return l.At > start
}
