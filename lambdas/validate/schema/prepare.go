package schema

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// preparation walks the schemas of one file, and skips data in const, enum or default.
// It refuses what the engine would ignore, and changes the file so that the engine
// reads it as infra/docs/schemas.md says.
type preparation struct {
	library *library
	name    string
	formats bool            // whether "format" refuses anything
	inside  map[string]bool // URLs of the schemas inside the file that have an $id
	failed  []error
}

// prepare returns what is wrong with the file called name.
func (l *library) prepare(name string, formats bool) error {
	p := &preparation{library: l, name: name, formats: formats, inside: map[string]bool{}}
	if err := l.wrong[name]; err != nil {
		return err
	}
	doc := l.docs[name]
	walk(doc, "", func(pointer, _ string, value any) {
		if number, ok := value.(json.Number); ok {
			p.check(pointer, checkConstant(number.String()))
		}
	})
	place, _ := url.Parse(address(name)) // made by package url
	root := scope{base: place, draft: draft2020}
	p.schema(doc, root, p.identify)
	p.schema(doc, root, p.object)
	slices.SortFunc(p.failed, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(p.failed...)
}

// scope is where a schema stands, and what it inherits.
type scope struct {
	pointer string
	base    *url.URL // of its references
	draft   draft
}

func (s scope) at(names ...string) scope {
	s.pointer = below(s.pointer, names...)
	return s
}

// schema calls visit for value, if it is an object, and for every schema inside it.
func (p *preparation) schema(value any, s scope, visit func(map[string]any, scope)) {
	object, ok := value.(map[string]any)
	if !ok {
		return
	}
	s = s.enter(object)
	for _, word := range slices.Sorted(maps.Keys(object)) {
		switch value, holds := object[word], keywords[word].holds; value := value.(type) {
		case []any:
			for i, item := range value {
				if holds == many || holds == oneOrMany {
					p.schema(item, s.at(word, fmt.Sprint(i)), visit)
				}
			}
		case map[string]any:
			if holds == one || holds == oneOrMany {
				p.schema(value, s.at(word), visit)
			}
			for name, member := range value {
				if holds == named || holds == namedOrList {
					p.schema(member, s.at(word, name), visit)
				}
			}
		}
	}
	visit(object, s)
}

// enter returns the scope inside object, whose own $schema and $id count there. Up to
// draft 7 nothing counts beside $ref.
func (s scope) enter(object map[string]any) scope {
	id := identity(object)
	if name, ok := object["$schema"].(string); ok && (id != "" || s.pointer == "") {
		if d, err := dialect(name); err == nil {
			s.draft = d
		}
	}
	if _, ref := object["$ref"]; id != "" && (!ref || s.draft >= draft2019) {
		if resolved, err := resolve(s.base, id); err == nil {
			s.base = resolved
		}
	}
	return s
}

// identify remembers the $id of a schema.
func (p *preparation) identify(_ map[string]any, s scope) { p.inside[s.base.String()] = true }

// object checks one schema.
func (p *preparation) object(object map[string]any, s scope) {
	for word, value := range object {
		pointer := below(s.pointer, word)
		p.check(pointer, checkKeyword(word, s.draft))
		text, isText := value.(string)
		if members, ok := value.(map[string]any); ok && word == "patternProperties" {
			for pattern := range members {
				p.check(below(pointer, pattern), checkPattern(pattern))
			}
		}
		if !isText {
			continue
		}
		switch word {
		case "$ref", "$dynamicRef", "$recursiveRef":
			p.check(pointer, p.reference(text, s.base))
		case "pattern":
			p.check(pointer, checkPattern(text))
		case "format":
			p.check(pointer, checkFormat(text))
		case "$schema":
			d, err := dialect(text)
			p.check(pointer, err)
			if err == nil {
				object[word] = d.url() // as the engine spells it
			}
		}
	}
	// Up to draft 7 the engine always checks formats.
	if name, ok := object["format"].(string); ok && (!p.formats || !slices.Contains(checked, name)) {
		delete(object, "format")
	}
}

// reference checks that what ref refers to exists.
func (p *preparation) reference(ref string, base *url.URL) error {
	target, err := resolve(base, ref)
	if err != nil {
		return fmt.Errorf("%q cannot be referred to: %w", ref, err)
	}
	if url := target.String(); p.inside[url] || p.library.names[url] != "" {
		return nil
	}
	return fmt.Errorf("%q %w", ref, errNoFile)
}

func (p *preparation) check(pointer string, err error) {
	if err != nil {
		p.failed = append(p.failed, at(p.name, pointer, "%w", err))
	}
}

// resolve returns what ref means at base, without its fragment.
func resolve(base *url.URL, ref string) (*url.URL, error) {
	ref, _, _ = strings.Cut(ref, "#")
	to, err := url.Parse(ref)
	if err != nil {
		return nil, err
	}
	resolved := base.ResolveReference(to)
	if !to.IsAbs() && base.Opaque != "" { // as of urn:example:a, which net/url forgets
		resolved.Opaque = base.Opaque
	}
	return resolved, nil
}
