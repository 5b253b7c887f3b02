package schema

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestASchemaDecidesTheSameWithoutItsReferences, with the same findings. The official
// suite is asked the same.
func TestASchemaDecidesTheSameWithoutItsReferences(t *testing.T) {
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
	found := 0
	for name := range set.byType {
		for _, event := range []string{
			`{}`, `{"a":"xyz","b":"xy","c":"xyzw","d":["xyz"],"e":{"a":"xyz"}}`, `{"a":"x","b":"x","c":"x","d":["x",1],"f":"x"}`,
			`{"e":{"e":{"a":1,"d":[2]}}}`, `{"next":{"next":{"b":1}}}`, `{"a":{"next":{"b":1}}}`, `{"b":[{"a":"x"},{"e":{"a":2.5}}]}`,
		} {
			found += checkDirect(t, set, name, event)
		}
	}
	if found < 15 {
		t.Errorf("%d findings: the test asks too little", found)
	}
	flat := set.byType["flat"].direct.Properties
	if flat["a"].Ref != nil || flat["d"].Items2020.Ref != nil || flat["e"].Properties["e"].Ref != nil || flat["c"].Ref == nil {
		t.Error("references are left, or more than a reference is gone")
	}
}

// checkDirect compares what is found with what is found by the schema as it is written.
func checkDirect(t *testing.T, set *Set, eventType, event string) int {
	t.Helper()
	e := set.byType[eventType]
	got := set.validate(e, eventType, []byte(event))
	e.direct = e.Schema
	if diff := cmp.Diff(set.validate(e, eventType, []byte(event)), got); diff != "" {
		t.Errorf("%s: %s: without references:\n%s", eventType, event, diff)
	}
	return len(got)
}
