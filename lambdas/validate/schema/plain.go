package schema

import (
	"encoding/json"
	"strings"

	"global-ingest/lambdas/event"
)

// plain makes the tree of an event without the decoder, which is half as fast and
// allocates twice as much: its strings share the event's text, and its objects are
// used again for the next event. What it does not take, an escape, a long number or
// too many values, is left to parser; what it takes, parser makes the same tree of.
type plain struct {
	event.Lexer
	text    string // the event, for strings to share
	values  int
	objects []map[string]any // all there are
	used    int              // those of this event
	items   []any            // of the arrays that are open
}

// parse returns event as a tree, which is good until the next, and whether it could.
func (p *plain) parse(text []byte) (tree any, ok bool) {
	p.Lexer, p.text, p.values = event.Lexer{Text: text}, string(text), 0
	tree, ok = p.value()
	p.items = p.items[:0]
	return tree, ok && p.At == len(p.Text)
}

// release forgets the event.
func (p *plain) release() {
	for _, object := range p.objects[:p.used] {
		clear(object)
	}
	clear(p.items[:cap(p.items)])
	p.Lexer, p.text, p.used = event.Lexer{}, "", 0
}

func (p *plain) value() (any, bool) {
	if p.values++; p.values > MaxValues {
		return nil, false
	}
	switch p.Next() {
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
	start := p.At + 1
	isPlain, ok := p.String()
	if !ok || !isPlain {
		return "", false
	}
	return p.text[start : p.At-1], true
}

func (p *plain) object() (any, bool) {
	object := p.empty()
	p.At++
	if p.Take('}') {
		return object, true
	}
	for p.Next() == '"' {
		name, ok := p.string()
		if !ok || !p.Take(':') {
			return nil, false
		}
		if object[name], ok = p.value(); !ok {
			return nil, false
		}
		switch p.Next() {
		case ',':
			p.At++
			p.Next()
		case '}':
			p.At++
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
	p.At++
	if p.Take(']') {
		return []any{}, true
	}
	first := len(p.items)
	for {
		item, ok := p.value()
		if !ok {
			return nil, false
		}
		p.items = append(p.items, item)
		switch p.Next() {
		case ',':
			p.At++
		case ']':
			p.At++
			array := append(make([]any, 0, len(p.items)-first), p.items[first:]...)
			p.items = p.items[:first]
			return array, true
		default:
			return nil, false
		}
	}
}

// scalar returns a number, a truth value or nil.
func (p *plain) scalar() (any, bool) {
	start := p.At
	if !p.Scalar() {
		return nil, false
	}
	switch text := p.text[start:p.At]; {
	case text == "true":
		return true, true
	case text == "false":
		return false, true
	case text == "null":
		return nil, true
	case len(text) <= maxPlainDigits && !strings.ContainsAny(text, "eE"):
		return json.Number(text), true
	}
	return nil, false
}
