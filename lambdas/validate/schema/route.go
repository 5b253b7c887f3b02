package schema

import (
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A schema may be written for events whose type stands elsewhere, in a header or an
// envelope, and forbid every member that it does not know. So a schema that does not
// mention the member that names an event's type does not see it: for
// additionalProperties, unevaluatedProperties, propertyNames and the rest, in every
// draft, it does not exist.

// hide removes the member that names the type from the top of an event.
func (s *Set) hide(tree any, eventType string, silent []string) {
	event, _ := tree.(map[string]any)
	for _, member := range s.typeFrom {
		if text, ok := event[member].(string); ok && text == eventType {
			if slices.Contains(silent, member) {
				delete(event, member)
			}
			return
		}
	}
}

// silentAbout returns those of members that no part of a schema mentions which sees the
// top of an event.
func silentAbout(root *jsonschema.Schema, members []string) []string {
	return slices.DeleteFunc(slices.Clone(members), func(member string) bool {
		return mention{member, map[*jsonschema.Schema]bool{}}.in(root)
	})
}

// mention looks for a member's name.
type mention struct {
	member string
	seen   map[*jsonschema.Schema]bool
}

func (m mention) in(s *jsonschema.Schema) bool {
	if s == nil || m.seen[s] {
		return false
	}
	m.seen[s] = true
	return m.by(s) || slices.ContainsFunc(beside(s), m.in)
}

// by says whether s itself names the member.
func (m mention) by(s *jsonschema.Schema) bool {
	_, property := s.Properties[m.member]
	if property || slices.Contains(s.Required, m.member) || s.Const != nil && m.hasMember(*s.Const) {
		return true
	}
	for name, needed := range s.DependentRequired {
		if name == m.member || slices.Contains(needed, m.member) {
			return true
		}
	}
	for name, needed := range s.Dependencies {
		if names, _ := needed.([]string); name == m.member || slices.Contains(names, m.member) {
			return true
		}
	}
	for pattern := range s.PatternProperties {
		if pattern.MatchString(m.member) {
			return true // and the member is not an additional one
		}
	}
	_, dependent := s.DependentSchemas[m.member]
	return dependent || s.Enum != nil && slices.ContainsFunc(s.Enum.Values, m.hasMember)
}

func (m mention) hasMember(value any) bool {
	object, _ := value.(map[string]any)
	_, found := object[m.member]
	return found
}

// beside returns the schemas that see the same value as s.
func beside(s *jsonschema.Schema) []*jsonschema.Schema {
	all := []*jsonschema.Schema{s.Ref, s.RecursiveRef, s.Not, s.If, s.Then, s.Else}
	all = slices.Concat(all, s.AllOf, s.AnyOf, s.OneOf)
	if s.DynamicRef != nil {
		all = append(all, s.DynamicRef.Ref)
	}
	all = slices.AppendSeq(all, maps.Values(s.DependentSchemas))
	for _, dependent := range s.Dependencies {
		if schema, ok := dependent.(*jsonschema.Schema); ok {
			all = append(all, schema)
		}
	}
	return all
}
