package schema_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/big"
	"regexp"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"global-ingest/lambdas/validate/schema"
	"global-ingest/lambdas/validate/schema/column"
)

// drawSchema draws a schema as people write them, with what a comparison can get wrong.
func drawSchema(t *rapid.T, depth int) map[string]any {
	kinds := []string{"string", "enum", "integer", "number", "boolean", "array", "object", "any", "anyOf", "const"}
	if depth == 0 {
		kinds = kinds[:5]
	}
	s := map[string]any{}
	switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
	case "any":
	case "const":
		s["const"] = drawValue(t, 0)
	case "enum":
		values := rapid.SampledFrom([]any{"a", "abc", true, json.Number("1"), nil})
		s["enum"] = rapid.SliceOfNDistinct(values, 1, 3, rapid.ID).Draw(t, "enum")
	case "anyOf":
		s["anyOf"] = []any{drawSchema(t, depth-1), drawSchema(t, 0)}
	default:
		s["type"] = kind
		if rapid.IntRange(0, 4).Draw(t, "nullable") == 0 {
			s["type"] = []any{kind, "null"}
		}
		drawLimits(t, s, kind, depth)
	}
	return s
}

// drawLimits adds keywords of a type.
func drawLimits(t *rapid.T, s map[string]any, kind string, depth int) {
	some := func(word string, value func() any) {
		if rapid.Bool().Draw(t, word) {
			s[word] = value()
		}
	}
	oneOf := func(numbers ...string) any { return json.Number(rapid.SampledFrom(numbers).Draw(t, "n")) }
	number := func() any { return oneOf("-1", "0", "1", "2.5", "3") }
	count := func() any { return rapid.IntRange(0, 3).Draw(t, "n") }
	switch kind {
	case "string":
		some("minLength", count)
		some("maxLength", count)
		some("format", func() any { return rapid.SampledFrom([]string{"date-time", "date", "uri"}).Draw(t, "format") })
		some("pattern", func() any { return rapid.SampledFrom([]string{"^a", "c$"}).Draw(t, "pattern") })
	case "integer", "number":
		some("minimum", number)
		some("maximum", number)
		some("exclusiveMaximum", number)
		some("multipleOf", func() any { return oneOf("0.01", "0.5", "1", "2") })
	case "array":
		some("minItems", count)
		some("maxItems", count)
		some("uniqueItems", func() any { return rapid.Bool().Draw(t, "unique") })
		some("items", func() any { return drawSchema(t, 0) })
	case "object":
		s["properties"] = drawProperties(t, depth)
		some("required", func() any {
			return rapid.SliceOfDistinct(rapid.SampledFrom(members), rapid.ID).Draw(t, "required")
		})
		some("additionalProperties", func() any {
			return []any{false, true, map[string]any{"type": "string"}}[rapid.IntRange(0, 2).Draw(t, "more")]
		})
		some("maxProperties", count)
	}
}

var members = []string{"a", "b", "cD"}

func drawProperties(t *rapid.T, depth int) map[string]any {
	properties := map[string]any{}
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(members), rapid.ID).Draw(t, "members") {
		properties[name] = drawSchema(t, max(0, depth-1))
	}
	return properties
}

// drawRoot draws the schema of an event type.
func drawRoot(t *rapid.T) map[string]any {
	s := map[string]any{"type": "object"}
	drawLimits(t, s, "object", 3)
	return s
}

var scalars = []any{
	nil, true, false, "", "a", "abc", "2026-11-23", "2026-11-23T10:00:00Z", "x:y",
	json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("2.5"), json.Number("1e2"), json.Number("3.0"), json.Number("12345678901234567890"),
}

func drawValue(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 3+2*min(depth, 1)).Draw(t, "value"); kind {
	default:
		return rapid.SampledFrom(scalars).Draw(t, "scalar")
	case 4:
		items := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			items = append(items, drawValue(t, depth-1))
		}
		return items
	case 5:
		object := map[string]any{}
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(append(members, "z")), rapid.ID).Draw(t, "names") {
			object[name] = drawValue(t, depth-1)
		}
		return object
	}
}

// drawFor draws a value that s mostly allows.
func drawFor(t *rapid.T, s map[string]any, depth int) any {
	if depth < 0 || rapid.IntRange(0, 9).Draw(t, "stray") == 0 {
		return drawValue(t, 1)
	}
	kind := s["type"]
	if kinds, ok := kind.([]any); ok {
		kind = kinds[0]
	}
	switch kind {
	case "object":
		object := map[string]any{}
		properties := s["properties"].(map[string]any)
		for _, name := range members {
			property, _ := properties[name].(map[string]any)
			if rapid.IntRange(0, 3).Draw(t, "with") > 0 {
				object[name] = drawFor(t, property, depth-1)
			}
		}
		return object
	case "array":
		items, _ := s["items"].(map[string]any)
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "items") {
			list = append(list, drawFor(t, items, depth-1))
		}
		return list
	}
	if list, ok := s["enum"].([]any); ok {
		return rapid.SampledFrom(list).Draw(t, "one of")
	}
	if only, ok := s["const"]; ok {
		return only
	}
	if formatted := map[any]any{"date": "2026-11-23", "date-time": "2026-11-23T10:00:00Z"}[s["format"]]; formatted != nil {
		return formatted
	}
	return drawValue(t, 1)
}

func asJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// TestAColumnFitsEveryValueThatItsSchemaAllows, and no two columns have one name.
func TestAColumnFitsEveryValueThatItsSchemaAllows(t *testing.T) {
	held := map[column.Kind]int{}
	many(t, func(t *rapid.T) {
		root := drawRoot(t)
		set := compileDrawn(t, root)
		tables, err := set.Tables()
		if err != nil {
			t.Fatalf("%s: %v", asJSON(root), err)
		}
		names := map[string]bool{}
		for _, c := range tables[0].Columns {
			if names[c.Name] || !regexp.MustCompile(`^[a-z_][a-z0-9_]*$`).MatchString(c.Name) {
				t.Fatalf("%s: column %s", asJSON(root), c.Name)
			}
			names[c.Name] = true
		}
		for range 20 {
			event := asJSON(drawFor(t, root, 4))
			if _, findings := set.Validate("t", event); len(findings) > 0 {
				continue
			}
			for _, c := range tables[0].Columns {
				if value, there := follow(event, c.Path); there {
					held[c.Kind]++
					if !fits(c, value) {
						t.Fatalf("%s: column %s %s of %s cannot hold %v", asJSON(root), c.Name, c.Type(), event, value)
					}
				}
			}
		}
	})
	for kind := column.JSON; kind <= column.Double; kind++ {
		if held[kind] == 0 {
			t.Errorf("no column of kind %d held a value: the test draws too little", kind)
		}
	}
}

// TestASetDecidesAsTheEngineDoes, although rules of our own take most valid events.
func TestASetDecidesAsTheEngineDoes(t *testing.T) {
	valid := 0
	many(t, func(t *rapid.T) {
		root := drawRoot(t)
		set := compileDrawn(t, root)
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON(root)))
		if err := errors.Join(err, compiler.AddResource("t.json", doc)); err != nil {
			t.Fatal(err)
		}
		engine := compiler.MustCompile("t.json")
		for range 10 {
			event := asJSON(drawFor(t, root, 4))
			value, err := jsonschema.UnmarshalJSON(bytes.NewReader(event))
			if err != nil {
				t.Fatal(err)
			}
			_, findings := set.Validate("t", event)
			if err := engine.Validate(value); (err == nil) != (len(findings) == 0) {
				t.Fatalf("%s: %s: found is %v, by the engine %v", asJSON(root), event, findings, err)
			} else if err == nil {
				valid++
			}
		}
	})
	if valid < 1_000 {
		t.Errorf("%d events are valid: the test draws too little", valid)
	}
}

// many checks ten times as many draws as rapid does unasked.
func many(t *testing.T, check func(*rapid.T)) {
	for range 10 {
		rapid.Check(t, check)
	}
}

func compileDrawn(t *rapid.T, root map[string]any) *schema.Set {
	set, err := schema.Compile(folderOf(map[string]string{"t.json": string(asJSON(root))}), options)
	if err != nil {
		t.Fatalf("%s: %v", asJSON(root), err)
	}
	return set
}

// follow returns the member of an event at path, if it is there and not null.
func follow(event []byte, path []string) (any, bool) {
	for _, name := range path {
		var object map[string]json.RawMessage
		if json.Unmarshal(event, &object) != nil {
			return nil, false
		}
		event = object[name]
	}
	var value any
	_ = json.Unmarshal(event, &value)
	if _, isNumber := value.(float64); isNumber {
		return json.Number(event), true
	}
	return value, value != nil
}

// fits says whether a column takes a value without changing it.
func fits(c column.Column, value any) bool {
	switch value := value.(type) {
	case string:
		return c.Kind == column.Text || c.Kind == column.JSON ||
			c.Kind == column.Instant && len(value) == 20 || c.Kind == column.Date && len(value) == 10
	case bool:
		return c.Kind == column.Boolean || c.Kind == column.JSON
	case json.Number:
		exact, _ := new(big.Rat).SetString(value.String())
		switch c.Kind {
		case column.Whole:
			return exact.IsInt() && exact.Num().IsInt64()
		case column.Decimal:
			steps := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.Scale)), nil)
			return exact.Mul(exact, new(big.Rat).SetInt(steps)).IsInt() &&
				len(new(big.Int).Abs(exact.Num()).String()) <= c.Precision
		}
		return c.Kind == column.Double || c.Kind == column.JSON
	}
	return c.Kind == column.JSON
}
