package column

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// facts are what a schema says of each value that it allows, references and allOf
// followed, null taken out.
type facts struct {
	types      []string // sorted; nil: any
	format     string
	min, max   *big.Rat
	multiple   *big.Rat
	properties map[string]*jsonschema.Schema
	required   map[string]bool
	describes  string
	schemas    []*jsonschema.Schema // those that were read
}

func factsOf(s *jsonschema.Schema) facts {
	f := newFacts(nil)
	f.read(s)
	f.types = slices.DeleteFunc(f.types, func(t string) bool { return t == "null" })
	return f
}

// newFacts returns no facts yet, as if schemas had been read.
func newFacts(schemas []*jsonschema.Schema) facts {
	return facts{properties: map[string]*jsonschema.Schema{}, required: map[string]bool{}, schemas: schemas}
}

// read adds what s says. What only some of the allowed values have is not a fact.
func (f *facts) read(s *jsonschema.Schema) {
	if s == nil || slices.Contains(f.schemas, s) {
		return
	}
	f.schemas = append(f.schemas, s)
	f.narrow(typesOf(s))
	if s.Format != nil && f.format == "" {
		f.format = s.Format.Name
	}
	if f.describes == "" {
		f.describes = s.Description
	}
	f.bound(s)
	for name, property := range s.Properties {
		if f.properties[name] == nil {
			f.properties[name] = property
		}
	}
	for _, name := range s.Required {
		f.required[name] = true
	}
	f.read(s.Ref)
	for _, part := range s.AllOf {
		f.read(part)
	}
	f.choose(s.AnyOf)
	f.choose(s.OneOf)
}

// bound tightens the numbers' limits by those of s.
func (f *facts) bound(s *jsonschema.Schema) {
	for _, least := range []*big.Rat{s.Minimum, s.ExclusiveMinimum} {
		if least != nil && (f.min == nil || least.Cmp(f.min) > 0) {
			f.min = least
		}
	}
	for _, most := range []*big.Rat{s.Maximum, s.ExclusiveMaximum} {
		if most != nil && (f.max == nil || most.Cmp(f.max) < 0) {
			f.max = most
		}
	}
	if s.MultipleOf != nil && f.multiple == nil {
		f.multiple = s.MultipleOf
	}
}

// choose adds what alternatives have in common: everything of the only one that is not
// null, or the types of all.
func (f *facts) choose(alternatives []*jsonschema.Schema) {
	var others []*jsonschema.Schema
	var types []string
	known := len(alternatives) > 0
	for _, a := range alternatives {
		own := newFacts(slices.Clone(f.schemas))
		own.read(a)
		if slices.Equal(own.types, []string{"null"}) {
			continue
		}
		others = append(others, a)
		known = known && own.types != nil
		types = append(types, own.types...)
	}
	switch {
	case len(others) == 1:
		f.read(others[0])
	case known:
		f.narrow(sortedTypes(types))
	}
}

// narrow leaves the types that are in types too. nil is any.
func (f *facts) narrow(types []string) {
	if types == nil {
		return
	}
	if f.types == nil {
		f.types = slices.Clone(types)
		return
	}
	both := []string{}
	for _, t := range []string{"array", "boolean", "integer", "null", "number", "object", "string"} {
		if allows(f.types, t) && allows(types, t) {
			both = append(both, t)
		}
	}
	f.types = sortedTypes(both)
}

// sortedTypes returns each of types once; an integer is a number.
func sortedTypes(types []string) []string {
	slices.Sort(types)
	types = slices.Compact(types)
	if slices.Contains(types, "number") {
		types = slices.DeleteFunc(types, func(t string) bool { return t == "integer" })
	}
	return types
}

func allows(types []string, t string) bool {
	return slices.Contains(types, t) || t == "integer" && slices.Contains(types, "number")
}

// typesOf returns the types that s itself allows, nil for any.
func typesOf(s *jsonschema.Schema) []string {
	if s.Types != nil {
		return sortedTypes(s.Types.ToStrings())
	}
	var values []any
	switch {
	case s.Const != nil:
		values = []any{*s.Const}
	case s.Enum != nil:
		values = s.Enum.Values
	default:
		return nil
	}
	var types []string
	for _, v := range values {
		types = append(types, typeOfValue(v))
	}
	return sortedTypes(types)
}

func typeOfValue(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case json.Number:
		if n, ok := new(big.Rat).SetString(v.String()); ok && n.IsInt() {
			return "integer"
		}
	}
	return "number"
}

// only returns the one type of the values, or "".
func (f facts) only() string {
	if len(f.types) == 1 {
		return f.types[0]
	}
	return ""
}

// column returns the column of such values, without a name.
func (f facts) column() Column {
	c := Column{JSONType: strings.Join(f.types, " or "), Describes: f.describes}
	switch f.only() {
	case "string":
		c.Kind = map[string]Kind{"date-time": Instant, "date": Date}[f.format]
		if c.Kind == JSON {
			c.Kind = Text
		}
	case "boolean":
		c.Kind = Boolean
	case "integer":
		c.Kind, c.Precision = Decimal, maxPrecision
		if f.min != nil && f.max != nil && f.min.Cmp(leastInt64) >= 0 && f.max.Cmp(mostInt64) <= 0 {
			c.Kind, c.Precision = Whole, 0
		}
	case "number":
		c.Kind = Double
		if precision, scale, ok := f.decimal(); ok {
			c.Kind, c.Precision, c.Scale = Decimal, precision, scale
		}
	}
	return c
}

// maxPrecision is the most digits that a decimal of Trino, Hive and DuckDB has.
const maxPrecision = 38

var (
	leastInt64 = new(big.Rat).SetInt64(-1 << 63)
	mostInt64  = new(big.Rat).SetInt64(1<<63 - 1)
)

// decimal returns the digits of numbers that are multiples of a power of ten, between
// two bounds: money.
func (f facts) decimal() (precision, scale int, ok bool) {
	if f.multiple == nil || f.min == nil || f.max == nil {
		return 0, 0, false
	}
	step := new(big.Rat).Set(f.multiple)
	for ; scale < maxPrecision && step.Cmp(big.NewRat(1, 1)) < 0; scale++ {
		step.Mul(step, big.NewRat(10, 1))
	}
	largest := new(big.Rat).Abs(f.min)
	if other := new(big.Rat).Abs(f.max); other.Cmp(largest) > 0 {
		largest = other
	}
	whole := new(big.Int).Quo(largest.Num(), largest.Denom()).String()
	precision = max(1, len(whole)+scale)
	return precision, scale, step.Cmp(big.NewRat(1, 1)) == 0 && precision <= maxPrecision
}
