package event

import (
	"bytes"
	"mime"
	"slices"
	"strings"
)

// lineTypes are the content types of newline-delimited JSON and of JSON text sequences,
// the registered names and those in use.
var lineTypes = []string{
	"application/x-ndjson", "application/ndjson", "text/x-ndjson", "text/ndjson",
	"application/jsonl", "application/x-jsonl", "text/jsonl", "text/x-jsonl",
	"application/jsonlines", "application/x-jsonlines", "application/json-lines", "application/json-seq",
	"application/x-json-stream", "application/stream+json", "application/ldjson", "application/x-ldjson",
}

func declaresLines(contentType string) bool {
	name, _, err := mime.ParseMediaType(contentType)
	if err != nil { // a parameter is broken, but only the name matters
		name, _, _ = strings.Cut(strings.ToLower(contentType), ";")
	}
	return slices.Contains(lineTypes, strings.TrimSpace(name))
}

// lines takes text for lines, when declared or when it can be nothing else, and adds
// what they hold. ok says whether it is lines: at least one is JSON, or there are
// several and each begins like an event. Lines that nobody declared and that begin
// otherwise are one reject as far as they stand together, because nobody meant each to
// be an event.
func (s *Splitter) lines(text []byte, start int, declared bool) (ok bool, tooMany *Item) {
	s.events = s.events[:0]
	end := lineEnd(text)
	declared = declared || end == rs
	if bytes.IndexByte(text, end) < 0 || !declared && !apart(text, end) {
		return false, nil
	}
	found, others, at := false, false, 0
	run := -1 // the event that the next of the other lines joins
	for line := range bytes.SplitSeq(text, []byte{end}) {
		from, value := at, bare(line)
		at += len(line) + 1
		if len(value) == 0 {
			continue
		}
		begins := value[0] == '{'
		others = others || !begins
		switch {
		case run >= 0 && !begins:
			s.events[run].Raw = text[s.events[run].Offset-start : from+len(content(line))]
			continue
		case begins || declared:
			run = -1
		default:
			run = len(s.events)
		}
		isJSON := s.line(line, value, start+from)
		found = found || isJSON
		if len(s.events) > s.maxEvents {
			return true, s.tooMany()
		}
	}
	return found || !others && len(s.events) > 1, nil
}

// line adds the events of one line that holds value, or the line as a reject, and says
// whether it is JSON.
func (s *Splitter) line(line, value []byte, offset int) (isJSON bool) {
	indent := gap(line, 0)
	var e Item
	if value[0] == '{' {
		first := len(s.events)
		failed := s.objects(bytes.TrimSuffix(value, []byte{','}), offset+indent)
		if failed == nil {
			return true
		}
		s.events = s.events[:first]
		e = *failed
	} else if e, isJSON = s.examine(value); isJSON {
		e.Offset = offset + indent
		s.events = append(s.events, e)
		return true
	}
	// Of a line that is not JSON no byte is known to be insignificant.
	e.widen(content(line), indent)
	e.Offset = offset
	s.events = append(s.events, e)
	return false
}

// lineEnd returns the byte by which text is split into lines. A text that begins with
// RS is a sequence of texts, each of which may have lines of its own.
func lineEnd(text []byte) byte {
	switch {
	case text[0] == rs:
		return rs
	case bytes.IndexByte(text, '\n') >= 0:
		return '\n'
	}
	return '\r'
}

// content returns a line without the rest of its line end.
func content(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte{'\n'}), []byte{'\r'})
}

// bare returns a line without the separators around it.
func bare(line []byte) []byte { return bytes.TrimRight(line[gap(line, 0):], whitespace) }

// apart says whether the lines of text cannot be those of one document: each that
// begins with { closes what it opens, except the last, which may be cut off, and no
// other looks like a line of JSON. A document on several lines has a line that leaves a
// bracket open or closes one of another line, even when a single thing in it is broken.
func apart(text []byte, end byte) bool {
	open := false
	for line := range bytes.SplitSeq(text, []byte{end}) {
		value := bare(line)
		if len(value) == 0 {
			continue
		}
		depth := 0
		if value[0] == '{' {
			depth = balance(value)
		}
		if open || depth < 0 || value[0] != '{' && ofJSON(value) {
			return false
		}
		open = depth > 0
	}
	return true
}

// balance returns how many brackets a line leaves open, a string counted too, or -1
// when it closes one that it has not opened.
func balance(line []byte) (depth int) {
	inString := brackets(line, func(_ int, opens bool) (more bool) {
		if opens {
			depth++
		} else {
			depth--
		}
		return depth >= 0
	})
	if inString {
		depth++
	}
	return depth
}

// words begin values in JSON, and in what languages print instead of JSON.
var words = []string{"true", "false", "null", "nan", "infinity", "undefined", "none"}

// ofJSON says whether a line that does not begin with { may be a line of a JSON
// document: it begins as a value, a name or an end does, or it ends as a line does that
// more follows.
func ofJSON(line []byte) bool {
	first, last := line[0], line[len(line)-1]
	switch {
	case strings.IndexByte(`[]}(",:'.`, first) >= 0, '0' <= first && first <= '9':
		return true
	case first == '-' || first == '+':
		return len(line) == 1 || line[1] != first // two begin a boundary or a comment
	case !isLetter(first):
		return false
	}
	word := line
	if end := bytes.IndexFunc(line, func(r rune) bool { return !isLetter(byte(min(r, 0x80))) }); end >= 0 {
		word = line[:end]
	}
	return slices.Contains(words, strings.ToLower(string(word))) || strings.IndexByte("{[(,:", last) >= 0
}

func isLetter(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c == '$' || c >= 0x80
}
