package schema

import (
	"maps"
	"math/big"
	"reflect"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// descriptive are the fields of a schema that say nothing about values.
var descriptive = []string{
	"DraftVersion", "Location", "ID", "Anchor", "DynamicAnchor", "Title", "Description", "Default", "Comment",
	"ReadOnly", "WriteOnly", "Examples", "Deprecated",
}

// alike says whether two schemas are written alike, references followed.
func alike(a, b *jsonschema.Schema) bool { return same(a, b, map[[2]*jsonschema.Schema]bool{}) }

// same is alike beyond the pairs that are under comparison: a schema may hold itself.
func same(a, b *jsonschema.Schema, seen map[[2]*jsonschema.Schema]bool) bool {
	if a == nil || b == nil || a == b || seen[[2]*jsonschema.Schema{a, b}] {
		return a == b || a != nil && b != nil
	}
	seen[[2]*jsonschema.Schema{a, b}] = true
	x, y := reflect.ValueOf(*a), reflect.ValueOf(*b)
	for i := range x.NumField() {
		field := x.Type().Field(i)
		if field.IsExported() && !slices.Contains(descriptive, field.Name) && !sameValue(x.Field(i), y.Field(i), seen) {
			return false
		}
	}
	return true
}

func sameValue(x, y reflect.Value, seen map[[2]*jsonschema.Schema]bool) bool {
	if x.Kind() == reflect.Interface {
		if x.IsNil() || y.IsNil() {
			return x.IsNil() && y.IsNil()
		}
		if pattern, ok := x.Interface().(jsonschema.Regexp); ok {
			other, ok := y.Interface().(jsonschema.Regexp)
			return ok && pattern.String() == other.String()
		}
		return x.Elem().Type() == y.Elem().Type() && sameValue(x.Elem(), y.Elem(), seen)
	}
	both := func(a, b *jsonschema.Schema) bool { return same(a, b, seen) }
	switch a := x.Interface().(type) {
	case *jsonschema.Schema:
		return both(a, y.Interface().(*jsonschema.Schema))
	case []*jsonschema.Schema:
		return slices.EqualFunc(a, y.Interface().([]*jsonschema.Schema), both)
	case map[string]*jsonschema.Schema:
		return maps.EqualFunc(a, y.Interface().(map[string]*jsonschema.Schema), both)
	case *jsonschema.Format:
		b := y.Interface().(*jsonschema.Format)
		return (a == nil) == (b == nil) && (a == nil || a.Name == b.Name)
	case *big.Rat:
		b := y.Interface().(*big.Rat)
		return (a == nil) == (b == nil) && (a == nil || a.Cmp(b) == 0)
	}
	return reflect.DeepEqual(x.Interface(), y.Interface())
}
