package schema

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// translation is a pattern of ECMA-262 in the syntax of Go's regexp. The two differ in
// what `.` and `\s` match, in how a character is written, and in what they support.
type translation struct {
	text     string
	goesBack bool // whether Go cannot express it
	unicode  bool // whether it needs ECMA's flag u
}

// `\s` of ECMA-262 inside a class, its complement, and `.`.
const (
	space    = `\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
	notSpace = `\x{0}-\x{8}\x{e}-\x{1f}!-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}` +
		`\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
	dot = `[^\n\r\x{2028}\x{2029}]`
)

// translator reads a pattern. It leaves faults of its structure to regexp2, and refuses
// only what regexp2 would understand otherwise than the author meant.
type translator struct {
	translation
	rest    string // of the pattern
	inClass bool
	out     strings.Builder
}

func translate(pattern string) (translation, error) {
	t := translator{rest: pattern}
	for t.rest != "" {
		if err := t.next(); err != nil {
			return translation{}, err
		}
	}
	t.text = t.out.String()
	return t.translation, nil
}

func (t *translator) next() error {
	c := t.rest[0]
	switch {
	case c == '\\':
		return t.escape()
	case t.inClass:
		return t.classed(c)
	case c == '(':
		return t.group()
	case c == '[':
		t.class()
	case c == '.':
		t.write(1, dot)
	default:
		t.write(1, t.rest[:1])
	}
	return nil
}

// write writes text for the next read bytes.
func (t *translator) write(read int, text string) {
	t.out.WriteString(text)
	t.rest = t.rest[read:]
}

// leave leaves the next read bytes to regexp2.
func (t *translator) leave(read int) {
	t.goesBack = true
	t.rest = t.rest[read:]
}

// class begins a class, or reads an empty one.
func (t *translator) class() {
	switch {
	case strings.HasPrefix(t.rest, "[^]"):
		t.write(3, `[\x{0}-\x{10ffff}]`)
	case strings.HasPrefix(t.rest, "[]"):
		t.write(2, `[^\x{0}-\x{10ffff}]`)
	case strings.HasPrefix(t.rest, "[^"):
		t.inClass = true
		t.write(2, "[^")
	default:
		t.inClass = true
		t.write(1, "[")
	}
}

var posix = regexp.MustCompile(`^\[:\^?[a-z]+:\]`)

// classed reads a character inside a class.
func (t *translator) classed(c byte) error {
	if name := posix.FindString(t.rest); name != "" {
		return fmt.Errorf("%s is POSIX, not ECMA-262: write the characters, such as [A-Za-z]", name)
	}
	text := t.rest[:1]
	if c == '[' {
		text = `\[`
	}
	t.inClass = c != ']'
	t.write(1, text)
	return nil
}

var (
	groupName = regexp.MustCompile(`^\(\?<[^=!>][^>]*>`)
	around    = regexp.MustCompile(`^\(\?<?[=!]`)
	modifiers = regexp.MustCompile(`^\(\?[ims]*(-[ims]+)?:`)
)

// group reads the beginning of a group.
func (t *translator) group() error {
	name := groupName.FindString(t.rest)
	switch {
	case !strings.HasPrefix(t.rest, "(?"):
		t.write(1, "(")
	case strings.HasPrefix(t.rest, "(?:"):
		t.write(3, "(?:")
	case name != "":
		t.write(len(name), "(")
	case around.MatchString(t.rest) || modifiers.MatchString(t.rest):
		t.leave(2)
	default:
		end := strings.IndexAny(t.rest, "):")
		return fmt.Errorf("%s is not ECMA-262, where a group begins with (, (?:, (?i:, (?=, (?!, (?<=, (?<! or (?<name>",
			t.rest[:max(end+1, 2)])
	}
	return nil
}

var escapes = map[byte]*regexp.Regexp{
	'x': regexp.MustCompile(`^\\x([0-9A-Fa-f]{2})`),
	'u': regexp.MustCompile(`^\\u(?:([0-9A-Fa-f]{4})|\{([0-9A-Fa-f]{1,6})\})`),
	'c': regexp.MustCompile(`^\\c([A-Za-z])`),
	'p': regexp.MustCompile(`^\\[pP]\{([A-Za-z0-9_=]+)\}`),
	'k': regexp.MustCompile(`^\\k<([^>]+)>`),
}

// escape reads an escape.
func (t *translator) escape() error {
	if len(t.rest) < 2 {
		return errors.New(`a \ at its end escapes nothing`)
	}
	c := t.rest[1]
	switch {
	case strings.IndexByte("dDwWfnrtv", c) >= 0:
		t.write(2, t.rest[:2])
	case c == 'b' && t.inClass:
		t.write(2, `\x{8}`)
	case (c == 'b' || c == 'B') && !t.inClass:
		t.write(2, t.rest[:2])
	case c == 's' || c == 'S':
		t.space(c)
	case '0' <= c && c <= '9':
		t.leave(2) // a group, or a character that regexp2 knows
	case strings.IndexByte("xucpPk", c) >= 0:
		return t.long(c)
	case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
		return fmt.Errorf(`\%c is not ECMA-262 (the text begins at ^ and ends at $)`, c)
	case c < 0x80:
		t.write(2, regexp.QuoteMeta(string(c))) // as \/ and \-
	default:
		t.write(1, "") // the character stands for itself
	}
	return nil
}

func (t *translator) space(c byte) {
	text := space
	if c == 'S' {
		text = notSpace
	}
	if !t.inClass {
		text = "[" + text + "]"
	} else if strings.HasPrefix(t.rest[2:], "-") {
		text += `\-` // else a range would begin at the last of the characters
		t.rest = t.rest[1:]
	}
	t.write(2, text)
}

// long reads an escape of more than one character.
func (t *translator) long(c byte) error {
	kind := c | 0x20 // \P as \p
	match := escapes[kind].FindStringSubmatch(t.rest)
	if match == nil {
		return fmt.Errorf(`%.8s is not ECMA-262: write \xHH, \uHHHH, \u{H}, \cA, \p{Letter} or \k<name>`, t.rest)
	}
	read, value := len(match[0]), match[1]
	switch {
	case kind == 'k':
		t.unicode = true
		t.leave(read)
	case kind == 'p':
		t.unicode = true
		t.property(read, value)
	case kind == 'c':
		t.write(read, fmt.Sprintf(`\x{%x}`, value[0]&0x1f))
	default:
		if value == "" {
			value, t.unicode = match[2], true
		}
		t.character(read, value)
	}
	return nil
}

// property reads \p{value}, if Go knows it by the same name.
func (t *translator) property(read int, value string) {
	name, script := strings.CutPrefix(value, "Script=")
	_, isScript := unicode.Scripts[name]
	_, isCategory := unicode.Categories[name]
	if script && isScript || !script && isCategory {
		t.write(read, `\`+t.rest[1:2]+`{`+name+`}`)
		return
	}
	t.leave(read)
}

// character reads a character that is written as a number. Go does not know half of a
// surrogate pair, whose meaning depends on what follows.
func (t *translator) character(read int, hex string) {
	code, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || code > unicode.MaxRune || 0xd800 <= code && code < 0xe000 {
		t.leave(read)
		return
	}
	t.write(read, fmt.Sprintf(`\x{%x}`, code))
}
