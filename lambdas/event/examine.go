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

// parserDepth is the nesting that jsontext follows, itself included. A text that
// goes beyond cannot be told from one that is broken further in, and is rejected
// as TooDeep without being parsed.
const parserDepth = 10_000

// What the decoder may let pass. Invalid UTF-8 always, because the same option
// also covers lone surrogates, which are legal: precheck has seen the bytes.
var (
	lenient = []jsontext.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)}
	strict  = []jsontext.Options{jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(false)}
)

var errTrailing = errors.New("text goes on after the value")

// examine takes text, which has no whitespace around it, for one event. isJSON
// says whether it is a JSON value at all, which a rejected event can be.
func (s *Splitter) examine(text []byte) (e Event, isJSON bool) {
	if named, ok := s.scanner.plain(text); ok {
		return s.plainEvent(text, named), true
	}
	if failed, bad := precheck(text); bad {
		return failed, false
	}
	eventType, duplicate, err := s.parse(text)
	switch {
	case err != nil:
		e, isJSON = syntaxReject(text, err), false
	case text[0] != '{':
		e = reject(text, record.NotAnObject, 0, "event is "+kindNames[jsontext.Value(text).Kind()]+", must be an object")
		isJSON = true
	default:
		e, isJSON = s.withinLimits(text, duplicate), true
	}
	if s.typeFrom != nil && isJSON && duplicate == nil && text[0] == '{' {
		eventType = s.named(text, nil)
	}
	e.Type = eventType
	return s.port(e), isJSON
}

// withinLimits takes an object for an event, unless it is nested too deep or has a name twice.
func (s *Splitter) withinLimits(text []byte, duplicate *record.Error) Event {
	if at, depth := nesting(text, s.maxDepth); depth > s.maxDepth {
		return reject(text, record.TooDeep, at, fmt.Sprintf("nested %d deep, limit is %d", depth, s.maxDepth))
	}
	if duplicate != nil {
		return Event{Raw: text, Reason: record.DuplicateKey, Errors: []record.Error{*duplicate}}
	}
	return Event{Raw: text}
}

var kindNames = map[jsontext.Kind]string{'n': "null", 't': "a boolean", 'f': "a boolean", '"': "a string", '0': "a number", '[': "an array"}

// parse reads text once, names of objects included. Only for the rare event with
// a name twice, or with names that look alike to jsontext, it reads it again. Of a text
// that is broken it returns the type that stands in front of the fault.
func (s *Splitter) parse(text []byte) (eventType string, duplicate *record.Error, err error) {
	if text[0] != '{' {
		return "", nil, s.skim(text)
	}
	eventType, err = s.members(text, strict)
	if !errors.Is(err, jsontext.ErrDuplicateName) {
		return eventType, nil, err
	}
	if eventType, err = s.members(text, lenient); err != nil {
		return eventType, nil, err
	}
	if duplicate = s.duplicate(text); duplicate != nil && duplicate.Instance == "/"+s.scanner.typeMember {
		eventType = "" // which of the two nobody knows
	}
	return eventType, duplicate, nil
}

// members reads text as one object and returns its type, as far as it was read.
func (s *Splitter) members(text []byte, options []jsontext.Options) (eventType string, err error) {
	s.read(text, options)
	if _, err := s.decoder.ReadToken(); err != nil {
		return "", err
	}
	for s.decoder.PeekKind() != '}' {
		name, err := s.decoder.ReadValue()
		if err != nil {
			return eventType, err
		}
		isType := isName(name, s.scanner.typeMember)
		value, err := s.decoder.ReadValue()
		if err != nil {
			return eventType, err
		}
		if isType && value.Kind() == '"' {
			eventType = s.typeOf(value)
		}
	}
	return eventType, s.end()
}

func isName(quoted []byte, name string) bool {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1:len(quoted)-1]) == name
	}
	return Name(quoted) == name
}

// skim reads text as one value of any kind.
func (s *Splitter) skim(text []byte) error {
	s.read(text, lenient)
	if err := s.decoder.SkipValue(); err != nil {
		return err
	}
	return s.after()
}

// end reads the delimiter that closes the text's one value.
func (s *Splitter) end() error {
	if _, err := s.decoder.ReadToken(); err != nil {
		return err
	}
	return s.after()
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

func (s *Splitter) read(text []byte, options []jsontext.Options) {
	s.source = *bytes.NewBuffer(text)
	s.decoder.Reset(&s.source, options...)
}

// precheck finds what jsontext is not asked about.
func precheck(text []byte) (failed Event, bad bool) {
	if !utf8.Valid(text) {
		return reject(text, record.NotJSON, invalidUTF8(text), "invalid UTF-8"), true
	}
	if at, depth := nesting(text, parserDepth); depth > parserDepth {
		return reject(text, record.TooDeep, at, fmt.Sprintf("nested deeper than %d", parserDepth)), true
	}
	return Event{}, false
}

func invalidUTF8(text []byte) (offset int) {
	for offset < len(text) {
		r, size := utf8.DecodeRune(text[offset:])
		if r == utf8.RuneError && size <= 1 {
			break
		}
		offset += size
	}
	return offset
}

// syntaxReject says where and why text is not JSON. jsontext quotes a character or
// an escape at most, never more of the text.
func syntaxReject(text []byte, err error) Event {
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

// nesting returns how deep arrays and objects of text are nested and where they
// first pass limit. It need not know where strings are to tell that there are too
// few brackets to matter, which is the case for nearly every text.
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
// more, and returns whether text then ends inside a string.
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
