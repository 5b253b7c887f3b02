package schema

import (
	"testing"
	"testing/fstest"
)

// TestARuleTakesOnlyWhatItsSchemaTakes; the official suite is asked the same.
func TestARuleTakesOnlyWhatItsSchemaTakes(t *testing.T) {
	files := fstest.MapFS{
		"shared/text.json": {Data: []byte(`{"type": "string", "minLength": 2}`)},
		"shared/open.json": {Data: []byte(`{"$id": "open.json", "$dynamicAnchor": "node",
			"properties": {"next": {"$dynamicRef": "#node"}}}`)},
		"flat.json": {Data: []byte(`{
			"properties": {
				"a": {"$ref": "#/$defs/a"}, "b": {"$ref": "shared/text.json"}, "c": {"$ref": "#/$defs/a", "maxLength": 3},
				"d": {"type": "array", "items": {"$ref": "#/$defs/a"}}, "e": {"$ref": "#"}, "f": {"$ref": "#/properties/a"}
			},
			"$defs": {"a": {"type": "string", "pattern": "^x", "minLength": 3}}
		}`)},
		"outer.json": {Data: []byte(`{"properties": {"a": {"$id": "other", "$ref": "shared/open.json",
			"$defs": {"node": {"$dynamicAnchor": "node", "maxProperties": 0}}}}}`)},
		"older.json": {Data: []byte(`{"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"a": {"type": "integer"}},
			"properties": {"a": {"$ref": "#/definitions/a"}, "b": {"items": {"$ref": "#"}}, "e": {"$ref": "#"}}}`)},
	}
	set, err := Compile(files, Options{Formats: true, TypeFrom: []string{"type"}})
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, e := range set.byType {
		for _, event := range []string{
			`{}`, `{"a":"xyz","b":"xy","c":"xyzw","d":["xyz"],"e":{"a":"xyz"}}`, `{"a":"x","b":"x","c":"x","d":["x",1],"f":"x"}`,
			`{"e":{"e":{"a":1,"d":[2]}}}`, `{"next":{"next":{"b":1}}}`, `{"a":{"next":{"b":1}}}`, `{"b":[{"a":"x"},{"e":{"a":2.5}}]}`,
			`{"a":"xyz","e":{"d":["xyz","xxxx"]},"z":null}`, `{"a":-1,"e":{"a":7.0}}`,
		} {
			taken += checkRule(t, e, event)
		}
	}
	if taken < 6 {
		t.Errorf("%d events are taken: the test asks too little", taken)
	}
}

// checkRule returns 1 when the rule takes the event, and makes sure that the engine does too.
func checkRule(t *testing.T, e entry, event string) int {
	t.Helper()
	tree, finding := parse([]byte(event))
	if finding != nil || !e.rule.takes(tree) {
		return 0
	}
	if err := e.Validate(tree); err != nil {
		t.Errorf("%s: the rule takes it, and the engine finds: %v", event, err)
	}
	return 1
}
