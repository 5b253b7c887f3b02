package schema

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"global-ingest/lambdas/record"
)

// Bounds of what a reject says, so that a row has room for its payload: 11 findings of
// 2 × 300 + 300 bytes are 9,900. If each byte needs an escape of six they are 59,400,
// which is 6 % of a record.
const (
	maxFindings = 10
	maxPointer  = 300
	maxMessage  = 300
)

// findings returns the first maxFindings findings of a schema, by place in the event,
// and how many more there are. place translates the engine's name for a place in a
// schema.
func findings(failed *jsonschema.ValidationError, place func(url string) string) []record.Finding {
	all := collect(nil, failed, place)
	// The engine walks Go maps, so the order differs each time.
	slices.SortFunc(all, func(a, b record.Finding) int {
		return cmp.Or(cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Schema, b.Schema), cmp.Compare(a.Message, b.Message))
	})
	if more := len(all) - maxFindings; more > 0 {
		all = append(all[:maxFindings], record.Finding{Message: fmt.Sprintf("and %d more", more), Offset: record.NoOffset})
	}
	return slices.Clip(all)
}

// collect appends the errors of e and below it, except those that only say that there
// are others.
func collect(all []record.Finding, e *jsonschema.ValidationError, place func(string) string) []record.Finding {
	switch e.ErrorKind.(type) {
	case *kind.Schema, *kind.Group, *kind.Reference, *kind.AllOf:
	default:
		all = append(all, record.Finding{
			Instance: pointer(e.InstanceLocation),
			Schema:   record.Clip(place(e.SchemaURL)+keywordPlace(e), maxPointer),
			Message:  record.Clip(message(e.ErrorKind), maxMessage),
			Offset:   record.NoOffset,
		})
	}
	for _, cause := range e.Causes {
		all = collect(all, cause, place)
	}
	return all
}

func keywordPlace(e *jsonschema.ValidationError) string {
	if _, isName := e.ErrorKind.(*kind.PropertyNames); isName {
		return "" // the schema's place already ends in the keyword
	}
	return pointer(e.ErrorKind.KeywordPath())
}

// pointer returns the JSON pointer of tokens, clipped. It never builds more than it
// keeps, because thousands of findings can stand below one name of megabytes.
func pointer(tokens []string) string {
	var p jsontext.Pointer
	for _, token := range tokens {
		if len(p) > maxPointer {
			break
		}
		p = p.AppendToken(record.Clip(token, maxPointer))
	}
	return record.Clip(string(p), maxPointer)
}

// message says what a keyword requires. It repeats names, never values, of an event:
// values may be megabytes, and stand in the payload anyway.
func message(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Type:
		return "is " + k.Got + ", must be " + strings.Join(k.Want, " or ")
	case *kind.Required:
		return "lacks " + names(k.Missing)
	case *kind.DependentRequired:
		return "lacks " + names(k.Missing) + ", needed beside " + names([]string{k.Prop})
	case *kind.Dependency:
		return "lacks " + names(k.Missing) + ", needed beside " + names([]string{k.Prop})
	case *kind.AdditionalProperties:
		return "must not have " + names(k.Properties)
	case *kind.PropertyNames:
		return "must not have the name " + names([]string{k.Property})
	case *kind.FalseSchema:
		return "must not be there"
	case *kind.Const:
		return "must be " + constant(k.Want)
	case *kind.Enum:
		return "must be one of " + constants(k.Want)
	case *kind.Pattern:
		return "must match " + k.Want
	case *kind.Format:
		return "must be of format " + k.Want
	case *kind.UniqueItems:
		return fmt.Sprintf("items %d and %d are equal", k.Duplicates[0], k.Duplicates[1])
	case *kind.Not:
		return "must not match"
	case *kind.AnyOf:
		return "matches none of anyOf"
	case *kind.OneOf:
		if len(k.Subschemas) == 2 {
			return fmt.Sprintf("matches %d and %d of oneOf, must match one", k.Subschemas[0], k.Subschemas[1])
		}
		return "matches none of oneOf"
	case *kind.Contains:
		return "holds no item that contains asks for"
	}
	return bound(k)
}

// bound says which bound of a schema was passed.
func bound(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Minimum:
		return "must be at least " + decimalText(k.Want)
	case *kind.Maximum:
		return "must be at most " + decimalText(k.Want)
	case *kind.ExclusiveMinimum:
		return "must be above " + decimalText(k.Want)
	case *kind.ExclusiveMaximum:
		return "must be below " + decimalText(k.Want)
	case *kind.MultipleOf:
		return "must be a multiple of " + decimalText(k.Want)
	case *kind.MinLength:
		return limit(k.Got, "characters", "at least", k.Want)
	case *kind.MaxLength:
		return limit(k.Got, "characters", "at most", k.Want)
	case *kind.MinItems:
		return limit(k.Got, "items", "at least", k.Want)
	case *kind.MaxItems:
		return limit(k.Got, "items", "at most", k.Want)
	case *kind.MinProperties:
		return limit(k.Got, "members", "at least", k.Want)
	case *kind.MaxProperties:
		return limit(k.Got, "members", "at most", k.Want)
	case *kind.AdditionalItems:
		return fmt.Sprintf("has %d items too many", k.Count)
	case *kind.MinContains:
		return limit(len(k.Got), "items that contains asks for", "at least", k.Want)
	case *kind.MaxContains:
		return limit(len(k.Got), "items that contains asks for", "at most", k.Want)
	}
	if path := k.KeywordPath(); len(path) > 0 {
		return "breaks " + strings.Join(path, "/")
	}
	return "breaks the schema"
}

func limit(got int, what, side string, want int) string {
	return fmt.Sprintf("has %d %s, must have %s %d", got, what, side, want)
}

func decimalText(n *big.Rat) string {
	value, _ := n.Float64()
	return strconv.FormatFloat(value, 'g', -1, 64)
}

// names joins names of an event, as many as a message has room for.
func names(all []string) string {
	all = slices.Sorted(slices.Values(all))
	all = all[:min(len(all), maxMessage)]
	for i, name := range all {
		all[i] = strconv.Quote(record.Clip(name, maxMessage))
	}
	return strings.Join(all, ", ")
}

func constants(all []any) string {
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = constant(c)
	}
	return strings.Join(texts, ", ")
}

// constant shows a value that a schema requires.
func constant(value any) string {
	switch value := value.(type) {
	case string:
		return strconv.Quote(value)
	case nil:
		return "null"
	case map[string]any:
		return "an object"
	case []any:
		return "an array"
	}
	return fmt.Sprint(value)
}
