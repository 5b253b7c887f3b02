package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// comparison collects differences. It is sound, not complete: what it does not understand
// it calls unknown.
type comparison struct {
	found     []Difference
	typeFrom  []string // members that name the type: a schema that is silent of one does not see it
	eventType string
	seen      map[string]bool // pairs under comparison: a schema may hold itself
}

func (c *comparison) add(path, rule string, clients Verdict, format string, args ...any) {
	c.found = append(c.found, Difference{path, rule, fmt.Sprintf(format, args...), clients})
}

// narrower finds what n may refuse of the values that all of the old schemas take.
func (c *comparison) narrower(old []*jsonschema.Schema, n *jsonschema.Schema, path string) {
	o := conjuncts(old)
	key := fmt.Sprintf("%p", n)
	for _, part := range o {
		key += fmt.Sprintf(" %p", part)
	}
	if c.seen[key] || n == nil || slices.ContainsFunc(o, func(part *jsonschema.Schema) bool { return alike(part, n) }) {
		return
	}
	c.seen[key] = true
	if n.Bool != nil {
		if !*n.Bool && !slices.ContainsFunc(o, isFalse) {
			c.add(path, "false", Breaks, "is no longer allowed")
		}
		return
	}
	if slices.ContainsFunc(o, isFalse) || c.listed(o, n, path) {
		return
	}
	types := typesOfAll(o)
	c.types(types, n, path)
	c.values(n, path)
	if allowsAny(types, "number", "integer") {
		c.numbers(o, n, path)
	}
	if allowsAny(types, "string") {
		c.strings(o, n, path)
	}
	if allowsAny(types, "array") {
		c.arrays(o, n, path)
	}
	if allowsAny(types, "object") {
		c.objects(o, n, path)
	}
	c.others(o, n, path)
	for _, part := range slices.Concat([]*jsonschema.Schema{n.Ref}, n.AllOf) {
		if part != nil {
			c.narrower(old, part, path)
		}
	}
}

// conjuncts are schemas with everything that they refer to: a value meets all of them.
func conjuncts(schemas []*jsonschema.Schema) (all []*jsonschema.Schema) {
	for queue := slices.Clone(schemas); len(queue) > 0; queue = queue[1:] {
		if s := queue[0]; s != nil && !slices.Contains(all, s) {
			all = append(all, s)
			queue = append(append(queue, s.Ref), s.AllOf...)
		}
	}
	return all
}

func isFalse(s *jsonschema.Schema) bool { return s.Bool != nil && !*s.Bool }

// listed decides by trying, where the old schema lists its values.
func (c *comparison) listed(o []*jsonschema.Schema, n *jsonschema.Schema, path string) bool {
	for _, s := range o {
		values := []any{}
		switch {
		case s.Const != nil:
			values = append(values, *s.Const)
		case s.Enum != nil:
			values = s.Enum.Values
		default:
			continue
		}
		for _, v := range values {
			taken := !slices.ContainsFunc(o, func(part *jsonschema.Schema) bool { return part.Validate(v) != nil })
			if taken && n.Validate(v) != nil {
				text, _ := json.Marshal(v)
				c.add(path, "enum", Breaks, "no longer takes %s", text)
			}
		}
		return true
	}
	return false
}

var allTypes = []string{"array", "boolean", "integer", "null", "number", "object", "string"}

// typesOfAll returns the types that all schemas allow.
func typesOfAll(o []*jsonschema.Schema) []string {
	types := slices.Clone(allTypes)
	for _, s := range o {
		if s.Types != nil {
			own := s.Types.ToStrings()
			types = slices.DeleteFunc(types, func(t string) bool { return !takes(own, t) })
		}
	}
	return types
}

// takes says whether types allow t. An integer is a number too.
func takes(types []string, t string) bool {
	return slices.Contains(types, t) || t == "integer" && slices.Contains(types, "number")
}

func allowsAny(types []string, wanted ...string) bool {
	return slices.ContainsFunc(wanted, func(t string) bool { return slices.Contains(types, t) })
}

func (c *comparison) types(types []string, n *jsonschema.Schema, path string) {
	if n.Types == nil {
		return
	}
	own := n.Types.ToStrings()
	for _, t := range types {
		if !takes(own, t) {
			c.add(path, "type", Breaks, "no longer takes %s", t)
		}
	}
}

// values: the old schema lists none here.
func (c *comparison) values(n *jsonschema.Schema, path string) {
	if n.Enum != nil {
		c.add(path, "enum", Breaks, "takes listed values only")
	}
	if n.Const != nil {
		c.add(path, "const", Breaks, "takes one value only")
	}
}

// lower returns the largest lower bound of schemas, and whether it is excluded itself.
func lower(o []*jsonschema.Schema) (most *big.Rat, excluded bool) {
	for _, s := range o {
		if s.Minimum != nil && (most == nil || s.Minimum.Cmp(most) > 0) {
			most, excluded = s.Minimum, false
		}
		if s.ExclusiveMinimum != nil && (most == nil || s.ExclusiveMinimum.Cmp(most) >= 0) {
			most, excluded = s.ExclusiveMinimum, true
		}
	}
	return most, excluded
}

func upper(o []*jsonschema.Schema) (most *big.Rat, excluded bool) {
	for _, s := range o {
		if s.Maximum != nil && (most == nil || s.Maximum.Cmp(most) < 0) {
			most, excluded = s.Maximum, false
		}
		if s.ExclusiveMaximum != nil && (most == nil || s.ExclusiveMaximum.Cmp(most) <= 0) {
			most, excluded = s.ExclusiveMaximum, true
		}
	}
	return most, excluded
}

func (c *comparison) numbers(o []*jsonschema.Schema, n *jsonschema.Schema, path string) {
	own := []*jsonschema.Schema{n}
	before, wasOut := lower(o)
	after, isOut := lower(own)
	if after != nil && (before == nil || after.Cmp(before) > 0 || after.Cmp(before) == 0 && isOut && !wasOut) {
		c.add(path, "minimum", Breaks, "rises from %s to %s", figure(before), figure(after))
	}
	before, wasOut = upper(o)
	after, isOut = upper(own)
	if after != nil && (before == nil || after.Cmp(before) < 0 || after.Cmp(before) == 0 && isOut && !wasOut) {
		c.add(path, "maximum", Breaks, "falls from %s to %s", figure(before), figure(after))
	}
	if n.MultipleOf == nil {
		return
	}
	implied := slices.ContainsFunc(o, func(s *jsonschema.Schema) bool {
		return s.MultipleOf != nil && new(big.Rat).Quo(s.MultipleOf, n.MultipleOf).IsInt()
	})
	if whole := !slices.Contains(typesOfAll(o), "number"); !implied && !(whole && new(big.Rat).Inv(n.MultipleOf).IsInt()) {
		c.add(path, "multipleOf", Breaks, "takes multiples of %s only", figure(n.MultipleOf))
	}
}

func figure(r *big.Rat) string {
	if r == nil {
		return "none"
	}
	f, _ := r.Float64()
	return fmt.Sprint(f)
}

// least compares a lower limit of a count.
func (c *comparison) least(o []*jsonschema.Schema, n *jsonschema.Schema, path, rule string, of count) {
	keeps := func(s *jsonschema.Schema) bool { return of(s) != nil && *of(s) >= *of(n) }
	if of(n) != nil && *of(n) > 0 && !slices.ContainsFunc(o, keeps) {
		c.add(path, rule, Breaks, "is at least %d now", *of(n))
	}
}

// most compares an upper limit.
func (c *comparison) most(o []*jsonschema.Schema, n *jsonschema.Schema, path, rule string, of count) {
	keeps := func(s *jsonschema.Schema) bool { return of(s) != nil && *of(s) <= *of(n) }
	if of(n) != nil && !slices.ContainsFunc(o, keeps) {
		c.add(path, rule, Breaks, "is at most %d now", *of(n))
	}
}

// count is one limit of a schema, nil for none.
type count func(*jsonschema.Schema) *int

func (c *comparison) strings(o []*jsonschema.Schema, n *jsonschema.Schema, path string) {
	c.least(o, n, path, "minLength", func(s *jsonschema.Schema) *int { return s.MinLength })
	c.most(o, n, path, "maxLength", func(s *jsonschema.Schema) *int { return s.MaxLength })
	if n.Pattern != nil && !slices.ContainsFunc(o, func(s *jsonschema.Schema) bool {
		return s.Pattern != nil && s.Pattern.String() == n.Pattern.String()
	}) {
		c.add(path, "pattern", Breaks, "must match %s", n.Pattern)
	}
	if n.ContentEncoding != nil || n.ContentMediaType != nil || n.ContentSchema != nil {
		c.add(path, "content", Unknown, "says what the text holds")
	}
}

func (c *comparison) arrays(o []*jsonschema.Schema, n *jsonschema.Schema, path string) {
	c.least(o, n, path, "minItems", func(s *jsonschema.Schema) *int { return s.MinItems })
	c.most(o, n, path, "maxItems", func(s *jsonschema.Schema) *int { return s.MaxItems })
	if n.UniqueItems && !slices.ContainsFunc(o, func(s *jsonschema.Schema) bool { return s.UniqueItems }) {
		c.add(path, "uniqueItems", Breaks, "takes no item twice")
	}
	if n.PrefixItems != nil || n.Items != nil || n.AdditionalItems != nil || n.Contains != nil ||
		n.UnevaluatedItems != nil {
		c.add(path, "items", Unknown, "has rules for single items")
		return
	}
	if n.Items2020 == nil {
		return
	}
	var before []*jsonschema.Schema
	for _, s := range o {
		if s.PrefixItems != nil {
			c.add(path, "items", Unknown, "had rules for single items")
			return
		}
		if s.Items2020 != nil {
			before = append(before, s.Items2020)
		}
	}
	c.narrower(before, n.Items2020, path+"/*")
}

func (c *comparison) objects(o []*jsonschema.Schema, n *jsonschema.Schema, path string) {
	c.least(o, n, path, "minProperties", func(s *jsonschema.Schema) *int { return s.MinProperties })
	c.most(o, n, path, "maxProperties", func(s *jsonschema.Schema) *int { return s.MaxProperties })
	for _, name := range n.Required {
		if !slices.ContainsFunc(o, func(s *jsonschema.Schema) bool { return slices.Contains(s.Required, name) }) {
			c.add(path+"/"+name, "required", Breaks, "is required now")
		}
	}
	if len(n.PatternProperties) > 0 || n.PropertyNames != nil || len(n.Dependencies) > 0 || len(n.DependentRequired) > 0 ||
		len(n.DependentSchemas) > 0 || n.UnevaluatedProperties != nil {
		c.add(path, "properties", Unknown, "has rules for names")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(n.Properties)) {
		before, closed := memberOf(o, name)
		if path == "" && slices.Contains(c.typeFrom, name) {
			var eventType any = c.eventType
			before, closed = append(before, &jsonschema.Schema{Const: &eventType}), false
		}
		switch s := n.Properties[name]; {
		case closed:
		case len(before) == 0 && !isAny(s):
			c.add(path+"/"+name, "properties", Perhaps, "has a rule now, and could be anything before")
		default:
			c.narrower(before, s, path+"/"+name)
		}
	}
	c.rest(o, n, path)
}

// rest compares what holds for the members that n does not name.
func (c *comparison) rest(o []*jsonschema.Schema, n *jsonschema.Schema, path string) {
	more, isClosed := additional(n)
	if !isClosed && more == nil {
		return
	}
	if isClosed {
		no := false
		more = &jsonschema.Schema{Bool: &no}
	}
	for _, s := range o {
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			if before, closed := memberOf(o, name); n.Properties[name] == nil && !closed {
				c.narrower(before, more, path+"/"+name)
			}
		}
	}
	before, closed := memberOf(o, "\x00 no name")
	patterns := slices.ContainsFunc(o, func(s *jsonschema.Schema) bool { return len(s.PatternProperties) > 0 })
	switch {
	case patterns:
		c.add(path, "additionalProperties", Unknown, "had rules for names")
	case !closed && isClosed:
		c.add(path, "additionalProperties", Breaks, "takes no other members now")
	case !closed:
		c.narrower(before, more, path+"/*")
	}
}

// additional returns the schema of further members, nil for anything, and whether there
// may be none.
func additional(s *jsonschema.Schema) (more *jsonschema.Schema, closed bool) {
	switch a := s.AdditionalProperties.(type) {
	case bool:
		return nil, !a
	case *jsonschema.Schema:
		return a, isFalse(a)
	}
	return nil, false
}

// memberOf returns what old schemas say of a member, and whether it cannot be there.
func memberOf(o []*jsonschema.Schema, name string) (all []*jsonschema.Schema, closed bool) {
	for _, s := range o {
		said := false
		if property := s.Properties[name]; property != nil {
			all, said = append(all, property), true
		}
		for pattern, schema := range s.PatternProperties {
			if pattern.MatchString(name) {
				all, said = append(all, schema), true
			}
		}
		if more, none := additional(s); !said {
			closed = closed || none
			if more != nil {
				all = append(all, more)
			}
		}
	}
	return all, closed || slices.ContainsFunc(all, isFalse)
}

func isAny(s *jsonschema.Schema) bool { return alike(s, &jsonschema.Schema{}) }

// others are keywords that are compared only as a whole: an old part must say the same.
func (c *comparison) others(o []*jsonschema.Schema, n *jsonschema.Schema, path string) {
	if n.Format != nil && !slices.ContainsFunc(o, func(s *jsonschema.Schema) bool {
		return s.Format != nil && s.Format.Name == n.Format.Name
	}) {
		c.add(path, "format", Breaks, "must be a %s", n.Format.Name)
	}
	for _, k := range []struct {
		word string
		of   func(*jsonschema.Schema) []*jsonschema.Schema
	}{
		{"anyOf", func(s *jsonschema.Schema) []*jsonschema.Schema { return s.AnyOf }},
		{"oneOf", func(s *jsonschema.Schema) []*jsonschema.Schema { return s.OneOf }},
		{"not", func(s *jsonschema.Schema) []*jsonschema.Schema { return some(s.Not) }},
		{"if", func(s *jsonschema.Schema) []*jsonschema.Schema { return some(s.If, s.Then, s.Else) }},
		{"$dynamicRef", func(s *jsonschema.Schema) []*jsonschema.Schema { return dynamic(s) }},
	} {
		if len(k.of(n)) == 0 {
			continue
		}
		if !slices.ContainsFunc(o, func(s *jsonschema.Schema) bool {
			return slices.EqualFunc(k.of(s), k.of(n), alike)
		}) {
			c.add(path, k.word, Unknown, "is not what it was")
		}
	}
}

// some are schemas of which a nil counts, for it has a place.
func some(schemas ...*jsonschema.Schema) []*jsonschema.Schema {
	if !slices.ContainsFunc(schemas, func(s *jsonschema.Schema) bool { return s != nil }) {
		return nil
	}
	return schemas
}

func dynamic(s *jsonschema.Schema) []*jsonschema.Schema {
	if s.DynamicRef != nil {
		return []*jsonschema.Schema{s.DynamicRef.Ref}
	}
	return some(s.RecursiveRef)
}
