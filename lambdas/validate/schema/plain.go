package schema

import (
	"encoding/json"
	"strings"
)

// plain makes the tree of an event without the decoder, which is half as fast and
// allocates twice as much: its strings share the event's text, and its objects are
// used again for the next event. What it does not take, an escape, a long number or
// too many values, is left to parser; what it takes, parser makes the same tree of.
type plain struct {
	text    string
	at      int // the next byte
	values  int
	objects []map[string]any // all there are
	used    int              // those of this event
	items   []any            // of the arrays that are open
}

// parse returns event as a tree, which is good until the next, and whether it could.
func (p *plain) parse(event []byte) (tree any, ok bool) {
	p.text, p.at, p.values = string(event), 0, 0
	tree, ok = p.value()
	p.items = p.items[:0]
	return tree, ok && p.at == len(p.text)
}

// release forgets the event.
func (p *plain) release() {
	for _, object := range p.objects[:p.used] {
		clear(object)
	}
	clear(p.items[:cap(p.items)])
	p.text, p.used = "", 0
}

// next skips whitespace and returns the byte after it, 0 at the end.
func (p *plain) next() byte {
	for ; p.at < len(p.text); p.at++ {
		if c := p.text[p.at]; c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c
		}
	}
	return 0
}

func (p *plain) value() (any, bool) {
	if p.values++; p.values > MaxValues {
		return nil, false
	}
	switch p.next() {
	case '"':
		return p.string()
	case '{':
		return p.object()
	case '[':
		return p.array()
	}
	return p.scalar()
}

func (p *plain) string() (string, bool) {
	text := p.text[p.at+1:]
	end := strings.IndexByte(text, '"')
	if end < 0 || strings.IndexByte(text[:end], '\\') >= 0 {
		return "", false
	}
	p.at += end + 2
	return text[:end], true
}

func (p *plain) object() (any, bool) {
	object := p.empty()
	p.at++
	if p.next() == '}' {
		p.at++
		return object, true
	}
	for p.next() == '"' {
		name, ok := p.string()
		if !ok || p.next() != ':' {
			return nil, false
		}
		p.at++
		if object[name], ok = p.value(); !ok {
			return nil, false
		}
		switch p.next() {
		case ',':
			p.at++
			p.next()
		case '}':
			p.at++
			return object, true
		default:
			return nil, false
		}
	}
	return nil, false
}

// empty returns an object to fill, a used one if there is one left.
func (p *plain) empty() map[string]any {
	if p.used == len(p.objects) {
		p.objects = append(p.objects, map[string]any{})
	}
	p.used++
	return p.objects[p.used-1]
}

func (p *plain) array() (any, bool) {
	p.at++
	if p.next() == ']' {
		p.at++
		return []any{}, true
	}
	first := len(p.items)
	for {
		item, ok := p.value()
		if !ok {
			return nil, false
		}
		p.items = append(p.items, item)
		switch p.next() {
		case ',':
			p.at++
		case ']':
			p.at++
			array := append(make([]any, 0, len(p.items)-first), p.items[first:]...)
			p.items = p.items[:first]
			return array, true
		default:
			return nil, false
		}
	}
}

// scalar returns a number or one of the three words.
func (p *plain) scalar() (any, bool) {
	end := p.at
	for end < len(p.text) && !strings.ContainsRune(",]} \n\r\t", rune(p.text[end])) {
		end++
	}
	text := p.text[p.at:end]
	p.at = end
	switch {
	case text == "true":
		return true, true
	case text == "false":
		return false, true
	case text == "null":
		return nil, true
	case text == "" || len(text) > maxPlainDigits || strings.ContainsAny(text, "eE"):
		return nil, false
	}
	return json.Number(text), true
}
