package event

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"global-ingest/lambdas/record"
)

// duplicate returns the first name that stands twice in one object of text, which is
// JSON, or nil. jsontext would compare names with U+FFFD for each lone surrogate, which
// makes different names equal.
func (s *Splitter) duplicate(text []byte) *record.Finding {
	s.read(text)
	var open []map[string]struct{} // the names so far of each open object, nil for an array
	for {
		kind := s.decoder.PeekKind()
		isName := false
		if container, length := s.decoder.StackIndex(s.decoder.StackDepth()); container == '{' {
			isName = length%2 == 0 && kind == '"'
		}
		switch {
		case kind == 0:
			return nil
		case isName:
			quoted, _ := s.decoder.ReadValue()
			name := Name(quoted)
			names := open[len(open)-1]
			if _, twice := names[name]; twice {
				return &record.Finding{
					Instance: string(s.decoder.StackPointer()),
					Message:  "name stands twice in one object",
					Offset:   s.decoder.InputOffset() - int64(len(quoted)),
				}
			}
			names[name] = struct{}{}
			continue
		case kind == '{':
			open = append(open, map[string]struct{}{})
		case kind == '[':
			open = append(open, nil)
		case kind == '}' || kind == ']':
			open = open[:len(open)-1]
		}
		if _, err := s.decoder.ReadToken(); err != nil {
			return nil
		}
	}
}

// Name returns the text of an object's name, so that two names are equal if and only if
// they are the same in JSON. A lone surrogate, which UTF-8 cannot encode, becomes the
// three bytes that its code point would take.
func Name(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	plain, err := jsontext.AppendUnquote(nil, quoted)
	if err == nil {
		return string(plain)
	}
	name := make([]byte, 0, len(inner))
	for len(inner) > 0 {
		name, inner = appendUnescaped(name, inner)
	}
	return string(name)
}

// appendUnescaped appends the first character or escape of inner and returns the rest.
func appendUnescaped(dst, inner []byte) (name, rest []byte) {
	if inner[0] != '\\' {
		return append(dst, inner[0]), inner[1:]
	}
	if inner[1] != 'u' {
		return append(dst, unescaped[inner[1]]), inner[2:]
	}
	r, rest := codeUnit(inner), inner[6:]
	if utf16.IsSurrogate(r) && len(rest) >= 6 && rest[0] == '\\' && rest[1] == 'u' {
		if pair := utf16.DecodeRune(r, codeUnit(rest)); pair != utf8.RuneError {
			return utf8.AppendRune(dst, pair), rest[6:]
		}
	}
	if utf16.IsSurrogate(r) {
		return append(dst, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f), rest
	}
	return utf8.AppendRune(dst, r), rest
}

var unescaped = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// codeUnit returns the value of an escape \uXXXX.
func codeUnit(escape []byte) rune {
	unit, _ := strconv.ParseUint(string(escape[2:6]), 16, 16)
	return rune(unit)
}
