package schema_test

import (
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// mutated draws a schema that differs from s in one member, or not at all.
func mutated(t *rapid.T, s map[string]any) map[string]any {
	changed := maps.Clone(s)
	switch rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		other := drawRoot(t)
		for word, value := range other {
			if rapid.Bool().Draw(t, "take") {
				changed[word] = value
			}
		}
	case 1:
		for word := range s {
			if word != "type" && word != "properties" && rapid.Bool().Draw(t, "drop") {
				delete(changed, word)
			}
		}
	default:
		properties := maps.Clone(s["properties"].(map[string]any))
		for name, property := range properties {
			if p := property.(map[string]any); rapid.Bool().Draw(t, "alter") {
				altered := maps.Clone(p)
				kind, _ := p["type"].(string)
				if kind != "" {
					drawLimits(t, altered, kind, 1)
				} else {
					altered = drawSchema(t, 1)
				}
				properties[name] = altered
			}
		}
		changed["properties"] = properties
	}
	return changed
}

// TestAChangeThatIsCalledSafeIsSafe: whenever no difference is found, the new schema takes
// every drawn event that the old one takes.
func TestAChangeThatIsCalledSafeIsSafe(t *testing.T) {
	safe, narrow, judged := 0, 0, 0
	many(t, func(t *rapid.T) {
		before := drawRoot(t)
		after := mutated(t, before)
		old, changed := compileDrawn(t, before), compileDrawn(t, after)
		found := changed.Narrowed(old, "t")
		if len(found) > 0 {
			narrow++
			return
		}
		safe++
		for range 20 {
			event := asJSON(drawFor(t, before, 4))
			if _, findings := old.Validate("t", event); len(findings) > 0 {
				continue
			}
			judged++
			if _, findings := changed.Validate("t", event); len(findings) > 0 {
				t.Fatalf("called safe, and refuses %s: %v\nold %s\nnew %s", event, findings, asJSON(before), asJSON(after))
			}
		}
	})
	if safe < 100 || narrow < 100 || judged < 500 {
		t.Errorf("only %d safe changes, %d others, %d events: the test draws too little", safe, narrow, judged)
	}
}

// TestADifferenceIsNamedWithItsPlace, for clients and for readers.
func TestADifferenceIsNamedWithItsPlace(t *testing.T) {
	const any = `{"properties": {"a": {"type": "string"}}}`
	for name, c := range map[string]struct{ old, now, want string }{
		"nothing":           {any, any, ""},
		"title":             {any, `{"title": "t", "properties": {"a": {"type": "string"}}}`, ""},
		"wider":             {`{"properties": {"a": {"type": "string", "maxLength": 1}}}`, `{"properties": {"a": {"type": "string", "maxLength": 2}}}`, ""},
		"referred to":       {any, `{"properties": {"a": {"$ref": "#/$defs/d"}}, "$defs": {"d": {"type": "string"}}}`, ""},
		"limit":             {any, `{"properties": {"a": {"type": "string", "maxLength": 2}}}`, "/a: maxLength is at most 2 now: breaks"},
		"required":          {any, `{"required": ["a"], "properties": {"a": {"type": "string"}}}`, "/a: required is required now: breaks"},
		"type":              {any, `{"properties": {"a": {"type": "boolean"}}}`, "/a: type no longer takes string: breaks; gained a boolean; lost a varchar"},
		"enum":              {`{"properties": {"a": {"enum": ["x", "y"]}}}`, `{"properties": {"a": {"enum": ["y", "z"]}}}`, `/a: enum no longer takes "x": breaks`},
		"member, open":      {any, `{"properties": {"a": {"type": "string"}, "b": {"type": "boolean"}}}`, "/b: properties has a rule now, and could be anything before: perhaps; gained b boolean"},
		"member, closed":    {`{"additionalProperties": false}`, `{"additionalProperties": false, "properties": {"b": {"type": "boolean"}}}`, "gained b boolean"},
		"member out":        {any, `{}`, "lost a varchar"},
		"member out, close": {`{"properties": {"a": {"type": "string"}}, "additionalProperties": false}`, `{"additionalProperties": false}`, "/a: false is no longer allowed: breaks; lost a varchar"},
		"closed":            {any, `{"properties": {"a": {"type": "string"}}, "additionalProperties": false}`, ": additionalProperties takes no other members now: breaks"},
		"not":               {any, `{"properties": {"a": {"type": "string"}}, "not": {"required": ["b"]}}`, ": not is not what it was: unknown"},
		"items":             {`{"properties": {"a": {"type": "array", "items": {"type": "string"}}}}`, `{"properties": {"a": {"type": "array", "items": {"type": "string", "pattern": "x"}}}}`, "/a/*: pattern must match x: breaks"},
		"unique":            {`{"properties": {"a": {"type": "array"}}}`, `{"properties": {"a": {"type": "array", "uniqueItems": true, "minItems": 1}}}`, "/a: minItems is at least 1 now: breaks; /a: uniqueItems takes no item twice: breaks"},
		"numbers":           {`{"properties": {"a": {"type": "number", "minimum": 0}}}`, `{"properties": {"a": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5}}}`, "/a: minimum rises from 0 to 0: breaks; /a: multipleOf takes multiples of 0.5 only: breaks"},
		"format":            {any, `{"maxProperties": 2, "properties": {"a": {"type": "string", "format": "uri"}}}`, ": maxProperties is at most 2 now: breaks; /a: format must be a uri: breaks"},
		"pattern's members": {any, `{"properties": {"a": {"type": "string"}}, "patternProperties": {"^x": {"type": "string"}}}`, ": properties has rules for names: unknown"},
		"type's member":     {`{"additionalProperties": false}`, `{"additionalProperties": false, "properties": {"type": {"const": "u"}}}`, `/type: enum no longer takes "t": breaks`},
	} {
		old, now := compile(t, c.old), compile(t, c.now)
		changes, err := now.ChangesSince(old)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, change := range changes {
			for _, d := range change.Differences {
				got = append(got, d.String())
			}
			for _, column := range change.Gained {
				got = append(got, "gained "+column)
			}
			for _, column := range change.Lost {
				got = append(got, "lost "+column)
			}
		}
		if text := strings.Join(got, "; "); strings.TrimPrefix(text, ": ") != strings.TrimPrefix(c.want, ": ") {
			t.Errorf("%s: %s, want %s", name, text, c.want)
		}
	}
}
