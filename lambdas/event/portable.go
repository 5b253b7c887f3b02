package event

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"global-ingest/lambdas/record"
)

// PortableOnly has the Splitter refuse, or take, what is legal JSON and stops common
// readers of it: half of a surrogate pair, which no text can hold; a number beyond a
// double; an integer beyond 64 bits, signed or not. One such event would fail a query of
// DuckDB, pandas or jq over the whole hour that it lies in.
func (s *Splitter) PortableOnly(on bool) { s.portable = on }

// plainEvent is an event that the scanner has just taken, with the string that names its
// type. Only where the Lexer saw something odd is it read again.
func (s *Splitter) plainEvent(text, typeText []byte) Item {
	e := Item{Raw: text, Type: s.named(text, typeText)}
	if s.scanner.Odd {
		s.scanner.Odd = false
		e = s.port(e)
	}
	return e
}

// port refuses an event that is not portable.
func (s *Splitter) port(e Item) Item {
	if e.Reason != "" || !s.portable {
		return e
	}
	if found := s.unportable(e.Raw); found != nil {
		e.Reason, e.Errors = record.NotPortable, []record.Finding{*found}
	}
	return e
}

// unportable returns the first place of a text that is JSON where readers disagree.
func (s *Splitter) unportable(text []byte) *record.Finding {
	s.read(text)
	for {
		kind := s.decoder.PeekKind()
		if kind == 0 {
			return nil
		}
		if kind != '"' && kind != '0' {
			if _, err := s.decoder.ReadToken(); err != nil {
				return nil // the text is JSON: this is its end
			}
			continue
		}
		value, err := s.decoder.ReadValue()
		if err != nil {
			return nil
		}
		if message := oddity(value, kind); message != "" {
			return &record.Finding{
				Instance: record.Clip(string(s.decoder.StackPointer()), maxPointer), Message: message,
				Offset: s.decoder.InputOffset() - int64(len(value)),
			}
		}
	}
}

// oddity says what is not portable about a string or a number, "" of most.
func oddity(value jsontext.Value, kind jsontext.Kind) string {
	if kind == '"' {
		if _, err := jsontext.AppendUnquote(nil, value); err != nil {
			return "half of a surrogate pair, which no text can hold"
		}
		return ""
	}
	text := string(value)
	if !strings.ContainsAny(text, ".eE") {
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			return ""
		}
		if _, err := strconv.ParseUint(text, 10, 64); err == nil {
			return ""
		}
		return "an integer beyond 64 bits"
	}
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return "a number beyond what a double holds, 1.8e308"
	}
	return ""
}

// maxPointer is the most bytes of a pointer that a reject repeats.
const maxPointer = 300
