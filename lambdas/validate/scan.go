package validate

import (
	"bytes"
	"unicode"
)

// scan reads event as Firehose writes it and says whether it was so: members with
// plain names, ids and data without escapes, and numbers that are whole. It looks at
// no byte of the data twice, which decoding JSON does.
func (b *batch) scan(event []byte) bool {
	s := scanner{rest: event}
	found := false
	ok := s.object(func(name []byte) bool {
		if string(name) != "records" {
			return s.scalar()
		}
		found = true
		return s.array(func() bool { return b.scanRecord(&s) })
	})
	s.space()
	return ok && found && len(s.rest) == 0
}

func (b *batch) scanRecord(s *scanner) bool {
	r := delivered{err: errNoData}
	ok := s.object(func(name []byte) (ok bool) {
		switch string(name) {
		case "recordId":
			r.id, ok = s.text()
			return ok && !bytes.ContainsFunc(r.id, unicode.IsControl) // it goes back unread
		case "data":
			var quoted []byte
			if quoted, ok = s.text(); ok {
				r.data, r.err = b.data(quoted[1 : len(quoted)-1])
			}
			return ok
		case arrivalName:
			before := s.rest
			ok = s.scalar()
			r.arrived = milliseconds(bytes.TrimLeft(before[:len(before)-len(s.rest)], " \n\r\t"))
			return ok
		}
		return s.scalar()
	})
	b.records = append(b.records, r)
	return ok && r.id != nil
}

// scanner reads the plainest of JSON. Each method says whether it found what it is called.
type scanner struct{ rest []byte }

func (s *scanner) space() {
	for len(s.rest) > 0 && (s.rest[0] == ' ' || s.rest[0] == '\n' || s.rest[0] == '\r' || s.rest[0] == '\t') {
		s.rest = s.rest[1:]
	}
}

func (s *scanner) byte(c byte) bool {
	s.space()
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// object calls member in front of each value.
func (s *scanner) object(member func(name []byte) bool) bool {
	return s.list('{', '}', func() bool {
		name, ok := s.text()
		return ok && s.byte(':') && member(name[1:len(name)-1])
	})
}

// array calls element in front of each value.
func (s *scanner) array(element func() bool) bool { return s.list('[', ']', element) }

func (s *scanner) list(open, end byte, item func() bool) bool {
	if !s.byte(open) {
		return false
	}
	if s.byte(end) {
		return true
	}
	for item() {
		if s.byte(end) {
			return true
		}
		if !s.byte(',') {
			return false
		}
	}
	return false
}

// text returns a string without escapes, quotes included.
func (s *scanner) text() ([]byte, bool) {
	s.space()
	if len(s.rest) == 0 || s.rest[0] != '"' {
		return nil, false
	}
	end := bytes.IndexByte(s.rest[1:], '"') + 2
	if end < 2 || bytes.IndexByte(s.rest[:end], '\\') >= 0 {
		return nil, false
	}
	text := s.rest[:end:end]
	s.rest = s.rest[end:]
	return text, true
}

// scalar skips a string or a whole number.
func (s *scanner) scalar() bool {
	s.space()
	if len(s.rest) > 0 && s.rest[0] == '"' {
		_, ok := s.text()
		return ok
	}
	digits := 0
	for digits < len(s.rest) && '0' <= s.rest[digits] && s.rest[digits] <= '9' {
		digits++
	}
	ok := digits == 1 || digits > 1 && s.rest[0] != '0'
	s.rest = s.rest[digits:]
	return ok
}
