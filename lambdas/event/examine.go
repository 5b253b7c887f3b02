package event

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"global-ingest/lambdas/record"
)

// parserDepth is the nesting that jsontext follows. It cannot tell a deeper text from
// one that is broken further in, so such a text is rejected as TooDeep without being
// parsed.
const parserDepth = 10_000

// lenient has the decoder take invalid UTF-8, because the same option covers lone
// surrogates, which are legal. precheck looks for the one and duplicate for names that
// stand twice.
var lenient = []jsontext.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}

var errTrailing = errors.New("text continues after the value")

// examine takes text, which has no whitespace around it, for one event. isJSON says
// whether it is a JSON value, which a rejected one can be too.
func (s *Splitter) examine(text []byte) (e Item, isJSON bool) {
	if named, ok := s.scanner.plain(text); ok {
		return s.plainEvent(text, named), true
	}
	if failed := precheck(text); failed != nil {
		return *failed, false
	}
	if err := s.skim(text); err != nil {
		e = *syntaxReject(text, err)
		e.Type = s.typeIn(text)
		return e, false
	}
	if text[0] != '{' {
		message := "event is " + kindNames[jsontext.Value(text).Kind()] + ", must be an object"
		return *reject(text, record.NotAnObject, 0, message), true
	}
	duplicate := s.duplicate(text)
	e = s.withinLimits(text, duplicate)
	if duplicate == nil || !s.isTypePlace(duplicate.Instance) { // else nobody knows which of the two
		e.Type = s.typeIn(text)
	}
	return s.port(e), true
}

// withinLimits takes an object for an event, unless it is nested too deep or has a name
// twice.
func (s *Splitter) withinLimits(text []byte, duplicate *record.Finding) Item {
	if at, depth := nesting(text, s.maxDepth); depth > s.maxDepth {
		return *reject(text, record.TooDeep, at, fmt.Sprintf("nested %d deep, limit is %d", depth, s.maxDepth))
	}
	if duplicate != nil {
		return Item{Raw: text, Reason: record.DuplicateKey, Errors: []record.Finding{*duplicate}}
	}
	return Item{Raw: text}
}

var kindNames = map[jsontext.Kind]string{
	'n': "null", 't': "a boolean", 'f': "a boolean", '"': "a string", '0': "a number", '[': "an array",
}

// skim reads text as one value, an object member by member: the decoder's errors then
// name the fault more exactly.
func (s *Splitter) skim(text []byte) error {
	s.read(text)
	read := s.decoder.SkipValue
	if text[0] == '{' {
		read = s.skimObject
	}
	if err := read(); err != nil {
		return err
	}
	return s.after()
}

func (s *Splitter) skimObject() error {
	_, _ = s.decoder.ReadToken() // the bracket
	for s.decoder.PeekKind() != '}' {
		for range 2 { // a name and its value
			if _, err := s.decoder.ReadValue(); err != nil {
				return err
			}
		}
	}
	_, err := s.decoder.ReadToken()
	return err
}

// after makes sure that nothing follows the value just read.
func (s *Splitter) after() error {
	offset := s.decoder.InputOffset()
	if s.decoder.PeekKind() == 0 {
		if _, err := s.decoder.ReadToken(); errors.Is(err, io.EOF) {
			return nil
		}
	}
	return &jsontext.SyntacticError{ByteOffset: offset, Err: errTrailing}
}

func (s *Splitter) read(text []byte) {
	s.source = *bytes.NewBuffer(text)
	s.decoder.Reset(&s.source, lenient...)
}

// precheck finds what jsontext does not look for.
func precheck(text []byte) *Item {
	if !utf8.Valid(text) {
		return reject(text, record.NotJSON, invalidUTF8(text), "invalid UTF-8")
	}
	if at, depth := nesting(text, parserDepth); depth > parserDepth {
		return reject(text, record.TooDeep, at, fmt.Sprintf("nested deeper than %d", parserDepth))
	}
	return nil
}

func invalidUTF8(text []byte) (offset int) {
	for i, r := range string(text) {
		if r == utf8.RuneError && !bytes.HasPrefix(text[i:], []byte("\ufffd")) {
			return i
		}
	}
	return len(text)
}

// syntaxReject says where and why text is not JSON. jsontext quotes at most a character
// or an escape of the text.
func syntaxReject(text []byte, err error) *Item {
	offset, message := 0, "not JSON"
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		offset = int(syntax.ByteOffset)
		message = syntax.Err.Error()
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		message = "text ends inside a value"
	}
	return reject(text, record.NotJSON, min(offset, len(text)), message)
}

// nesting returns how deep text is nested and where it first passes limit. Nearly every
// text has too few brackets to matter, strings included, and is not scanned.
func nesting(text []byte, limit int) (at, depth int) {
	if bytes.Count(text, []byte{'{'})+bytes.Count(text, []byte{'['}) <= limit {
		return 0, 0
	}
	open := 0
	brackets(text, func(i int, opens bool) (more bool) {
		if !opens {
			open--
			return true
		}
		if open++; open == limit+1 && depth < open {
			at = i
		}
		depth = max(depth, open)
		return true
	})
	return at, depth
}

// brackets calls visit with each bracket of text outside strings, until visit wants no
// more. It returns whether text then ends inside a string.
func brackets(text []byte, visit func(at int, opens bool) (more bool)) (inString bool) {
	escaped := false
	for i, c := range text {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped = c == '\\'
			inString = c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[' || c == '}' || c == ']':
			if !visit(i, c == '{' || c == '[') {
				return false
			}
		}
	}
	return inString
}
