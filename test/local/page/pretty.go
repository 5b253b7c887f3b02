package page

import (
	"bytes"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"global-ingest/lambdas/record"
)

// line is one line of an event as the page shows it.
type line struct {
	Depth int      `json:"depth"`
	Parts []part   `json:"parts"`
	Marks []string `json:"marks,omitempty"` // what was found here
	Lacks bool     `json:"lacks,omitempty"` // the member is not there, and should be

	pointer string // JSON pointer of the value that begins here, or "-"
	start   int64  // where the line begins in the event
}

// part is a piece of a line, as it was sent, and what it is.
type part struct {
	Kind string `json:"kind"` // name, string, number, word, mark or fault
	Text string `json:"text"`
}

// Bounds of what a browser is asked to draw.
const (
	maxLines = 2_000
	maxHex   = 512 // bytes
)

// pretty lays a payload out, a member a line, with each finding at its place. What finds
// no place is returned as rest. No token is changed: numbers keep their digits, and keys
// that stand twice do so here.
func pretty(payload []byte, errors []record.Finding) (lines []line, rest []record.Finding) {
	p := printer{Decoder: jsontext.NewDecoder(bytes.NewBuffer(bytes.Clone(payload)), lenient), missing: missing(errors)}
	err := p.value("", nil, 0)
	if isOne := len(bytes.TrimSpace(payload[p.InputOffset():])) == 0; err == nil && isOne && utf8.Valid(payload) {
		lines, rest = p.lines, p.place(errors)
	} else {
		lines, rest = plain(payload, errors)
	}
	if more := len(lines) - maxLines; more > 0 {
		for _, l := range lines[maxLines:] {
			for _, mark := range l.Marks {
				rest = append(rest, record.Finding{Instance: l.pointer, Message: mark, Offset: record.NoOffset})
			}
		}
		lines = append(lines[:maxLines:maxLines], line{Parts: []part{{"mark", "… " + strconv.Itoa(more) + " more lines"}}})
	}
	return lines, rest
}

// printer lays out JSON.
type printer struct {
	*jsontext.Decoder
	missing map[string][]line // of members that objects lack, by the object's pointer, until they have their place
	lines   []line
}

// missing makes a line of each member that is not there.
func missing(errors []record.Finding) map[string][]line {
	all := map[string][]line{}
	for _, e := range errors {
		names, lacks := namedIn(e.Message)
		if !lacks {
			continue
		}
		message := "missing"
		if _, beside, found := strings.Cut(e.Message, neededBeside); found {
			message += neededBeside + beside
		}
		for _, name := range names {
			quoted, _ := jsontext.AppendQuote(nil, name) // an invalid byte becomes U+FFFD
			all[e.Instance] = append(all[e.Instance], line{
				Parts: []part{{"name", string(quoted)}}, Marks: []string{message}, Lacks: true,
				pointer: "-", start: math.MaxInt64,
			})
		}
	}
	return all
}

func (p *printer) add(l line) { p.lines = append(p.lines, l) }

// value adds the lines of the next value, whose place is pointer: the decoder knows no
// names where one may stand twice. before stands in front of it on its line.
func (p *printer) value(pointer jsontext.Pointer, before []part, start int64) error {
	kind := p.PeekKind()
	if kind != '{' && kind != '[' {
		text, err := p.ReadValue()
		if err != nil {
			return err
		}
		scalar := part{scalarKinds[kind], string(text)}
		p.add(line{Depth: p.StackDepth(), Parts: append(before, scalar), pointer: string(pointer), start: start})
		return nil
	}
	return p.composite(pointer, before, start)
}

var scalarKinds = map[jsontext.Kind]string{'"': "string", '0': "number", 't': "word", 'f': "word", 'n': "word"}

func (p *printer) composite(pointer jsontext.Pointer, before []part, start int64) error {
	depth := p.StackDepth()
	open, err := p.ReadToken()
	if err != nil {
		return err
	}
	isObject := open.Kind() == '{'
	first := len(p.lines)
	p.add(line{Depth: depth, Parts: append(before, part{"mark", open.String()}), pointer: string(pointer), start: start})
	for n := 0; p.PeekKind() != '}' && p.PeekKind() != ']'; n++ {
		if n > 0 {
			last := &p.lines[len(p.lines)-1]
			last.Parts = append(last.Parts, part{"mark", ","})
		}
		if err := p.member(pointer, isObject, n); err != nil {
			return err
		}
	}
	end, err := p.ReadToken()
	if err != nil {
		return err
	}
	if isObject {
		p.addMissing(string(pointer), depth+1)
	}
	if len(p.lines) == first+1 {
		opening := &p.lines[first]
		opening.Parts[len(opening.Parts)-1].Text += end.String()
		return nil
	}
	p.add(line{Depth: depth, Parts: []part{{"mark", end.String()}}, pointer: "-", start: p.InputOffset() - 1})
	return nil
}

// addMissing adds what the object lacks that ends here.
func (p *printer) addMissing(pointer string, depth int) {
	for _, l := range p.missing[pointer] {
		l.Depth = depth
		p.add(l)
	}
	delete(p.missing, pointer)
}

// member adds the lines of the next member of an object, or of the next element.
func (p *printer) member(of jsontext.Pointer, isObject bool, n int) error {
	start := p.InputOffset()
	if !isObject {
		return p.value(of.AppendToken(strconv.Itoa(n)), nil, start)
	}
	name, err := p.ReadValue()
	if err != nil {
		return err
	}
	start = p.InputOffset() - int64(len(name))
	unquoted, _ := jsontext.AppendUnquote(nil, name) // the decoder has read it
	return p.value(of.AppendToken(string(unquoted)), []part{{"name", string(name)}, {"mark", ": "}}, start)
}

// place marks each finding where it belongs: a name that must not be there at the member, all else at
// its instance. What is missing has lines of its own.
func (p *printer) place(errors []record.Finding) (rest []record.Finding) {
	for _, e := range errors {
		names, lacks := namedIn(e.Message)
		switch {
		case lacks && len(p.missing[e.Instance]) == 0:
		case len(names) > 0 && markMembers(p.lines, e, names):
		case e.Offset != record.NoOffset && markAt(p.lines, e):
		case mark(p.lines, e.Instance, e.Message):
		default:
			rest = append(rest, e)
		}
	}
	return rest
}

func mark(lines []line, pointer, message string) bool {
	found := false
	for i := range lines {
		if lines[i].pointer == pointer {
			lines[i].Marks = append(lines[i].Marks, message)
			found = true
		}
	}
	return found
}

func markMembers(lines []line, e record.Finding, names []string) bool {
	found := false
	for _, name := range names {
		pointer := jsontext.Pointer(e.Instance).AppendToken(name)
		found = mark(lines, string(pointer), "must not be there") || found
	}
	return found
}

// markAt marks the line that holds the byte of a finding.
func markAt(lines []line, e record.Finding) bool {
	last := -1
	for i, l := range lines {
		if l.start <= e.Offset {
			last = i
		}
	}
	if last < 0 {
		return false
	}
	lines[last].Marks = append(lines[last].Marks, e.Message)
	return true
}

// The messages of findings that name members. See package schema.
const (
	lacksNames   = "lacks "
	mustNotHave  = "must not have "
	neededBeside = ", needed beside "
)

// namedIn returns the names that a finding's message lists, and whether they are missing.
func namedIn(message string) (names []string, lacks bool) {
	rest, lacks := strings.CutPrefix(message, lacksNames)
	if !lacks {
		var listed bool
		if rest, listed = strings.CutPrefix(message, mustNotHave); !listed {
			return nil, false
		}
	}
	for {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return names, lacks && len(names) > 0
		}
		name, _ := strconv.Unquote(quoted) // it is quoted
		names = append(names, name)
		rest = strings.TrimPrefix(rest[len(quoted):], ", ")
	}
}

// plain lays out what is not JSON: the lines of a text, or else the first bytes in hex.
func plain(payload []byte, errors []record.Finding) (lines []line, rest []record.Finding) {
	if !utf8.Valid(payload) {
		for text := range strings.Lines(hex.Dump(payload[:min(len(payload), maxHex)])) {
			lines = append(lines, line{Parts: []part{{"mark", strings.TrimSuffix(text, "\n")}}})
		}
		return lines, errors
	}
	start := int64(0)
	for text := range strings.Lines(string(payload)) {
		lines = append(lines, line{Parts: []part{{"word", strings.TrimRight(text, "\r\n")}}, start: start})
		start += int64(len(text))
	}
	for _, e := range errors {
		if e.Offset == record.NoOffset || !markAt(lines, e) {
			rest = append(rest, e)
			continue
		}
		for i := range lines {
			lines[i].splitAt(e.Offset)
		}
	}
	return lines, rest
}

// splitAt makes the character at offset a part of its own.
func (l *line) splitAt(offset int64) {
	at := int(offset - l.start)
	if len(l.Parts) != 1 || at < 0 || at >= len(l.Parts[0].Text) {
		return
	}
	text := l.Parts[0].Text
	_, size := utf8.DecodeRuneInString(text[at:])
	l.Parts = []part{{"word", text[:at]}, {"fault", text[at : at+size]}, {"word", text[at+size:]}}
}
