package schema_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/validate/schema"
	"global-ingest/lambdas/validate/schema/column"
)

// tablesOf returns the table of one schema, or the error.
func tablesOf(t *testing.T, files map[string]string) ([]schema.Table, error) {
	t.Helper()
	set, err := schema.Compile(folderOf(files), options)
	if err != nil {
		t.Fatal(err)
	}
	return set.Tables()
}

// folderOf returns a folder of schemas by the names of its files.
func folderOf(files map[string]string) fstest.MapFS {
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

// TestAMemberBecomesTheColumnOfItsType: a row for each row of the table in infra/docs/schemas.md.
func TestAMemberBecomesTheColumnOfItsType(t *testing.T) {
	for member, want := range map[string]string{
		`"s": {"type": "string"}`:                                                           "s varchar",
		`"s": {"enum": ["a", "b", null]}`:                                                   "s varchar",
		`"s": {"const": "a"}`:                                                               "s varchar",
		`"s": {"type": "string", "format": "date-time"}`:                                    "s timestamp(3)",
		`"s": {"type": "string", "format": "date"}`:                                         "s date",
		`"s": {"type": "string", "format": "uri"}`:                                          "s varchar",
		`"b": {"type": ["boolean", "null"]}`:                                                "b boolean",
		`"n": {"type": "integer"}`:                                                          "n decimal(38,0)",
		`"n": {"type": "integer", "minimum": 0, "maximum": 9}`:                              "n bigint",
		`"n": {"type": "integer", "minimum": 0, "maximum": 1e19}`:                           "n decimal(38,0)",
		`"n": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9223372036854775807}`:   "n bigint",
		`"n": {"enum": [1, 2]}`:                                                             "n decimal(38,0)",
		`"n": {"enum": [1, 2.5]}`:                                                           "n double",
		`"n": {"type": "number"}`:                                                           "n double",
		`"n": {"type": ["integer", "number"]}`:                                              "n double",
		`"n": {"type": "number", "multipleOf": 0.01, "minimum": -5, "maximum": 99999}`:      "n decimal(7,2)",
		`"n": {"type": "number", "multipleOf": 0.05, "minimum": 0, "maximum": 9}`:           "n double",
		`"n": {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 1e40}`:        "n double",
		`"n": {"type": "number", "multipleOf": 0.01, "minimum": 0}`:                         "n double",
		`"a": {"type": "array", "items": {"type": "string"}}`:                               "a varchar json",
		`"m": {"type": "object", "additionalProperties": {"type": "string"}}`:               "m varchar json",
		`"o": {"type": "object"}`:                                                           "o varchar json",
		`"x": {}`:                                                                           "x varchar json",
		`"x": {"type": ["string", "integer"]}`:                                              "x varchar json",
		`"x": {"oneOf": [{"type": "string"}, {"type": "boolean"}]}`:                         "x varchar json",
		`"x": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}`:          "x date",
		`"x": {"anyOf": [{"type": "string", "format": "date"}, {"type": "string"}]}`:        "x varchar",
		`"x": {"type": "string", "oneOf": [{"minLength": 3}, {"maxLength": 1}]}`:            "x varchar",
		`"x": {"allOf": [{"type": "integer", "minimum": 0}, {"maximum": 9}]}`:               "x bigint",
		`"x": {"$ref": "#/$defs/d"}`:                                                        "x date",
		`"pageURLPath": {"type": "string"}`:                                                 "page_url_path varchar",
		`"p": {"type": "object", "properties": {"urlOf": {"type": "string"}}}`:              "p_url_of varchar",
		`"p": {"type": ["object", "null"], "properties": {"u": {"type": "string"}}}`:        "p_u varchar",
		`"p": {"type": ["object", "string"], "properties": {"u": {"type": "string"}}}`:      "p varchar json",
		`"p": {"type": "object", "properties": {"a b": {"type": "string"}}}`:                "without p.a b",
		`"p": {"properties": {"u": {"type": "string"}}}`:                                    "p varchar json",
		`"order": {"type": "string", "x-column": "order_no"}`:                               "order_no varchar",
		`"p": {"type": "object", "properties": {"u": {"type": "string"}}, "x-column": "p"}`: "p varchar json",
		`"id": {"type": "string", "x-column": ""}`:                                          "",
		`"type": {"const": "t"}`:                                                            "",
		`"t": {"$ref": "#/$defs/tree"}`:                                                     "t_left varchar json, t_v varchar",
		`"a": {"type":"object","properties":{"b":{"type":"object","properties":{"c":{"type":"object","properties":{"d":{"type":"object","properties":{"e":{"type":"string"}}}}}}}}}`: "a_b_c_d varchar json",
	} {
		tables, err := tablesOf(t, map[string]string{"t.json": `{"properties": {` + member + `}, "$defs": {"d": {"type": "string", "format": "date"},
			"tree": {"type": "object", "properties": {"v": {"type": "string"}, "left": {"$ref": "#/$defs/tree"}}}}}`})
		if err != nil {
			t.Errorf("%s: %v", member, err)
			continue
		}
		var got []string
		for _, c := range tables[0].Columns {
			text := c.Name + " " + c.Type()
			if c.Kind == column.JSON {
				text += " json"
			}
			got = append(got, text)
		}
		for _, path := range tables[0].Without {
			got = append(got, "without "+path)
		}
		if diff := cmp.Diff(want, strings.Join(got, ", ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", member, diff)
		}
	}
}

// TestASchemaThatNoViewCanHaveIsRefusedWithItsPlace, and the way out of it.
func TestASchemaThatNoViewCanHaveIsRefusedWithItsPlace(t *testing.T) {
	for want, files := range map[string]map[string]string{
		`t.json#/properties/page_url: column-collides: makes the column page_url, which page.url makes too: name one of them with "x-column"`: {
			"t.json": `{"properties": {"page_url": {"type": "string"}, "page": {"type": "object", "properties": {"url": {"type": "string"}}}}}`,
		},
		`t.json#/properties/Id: column-reserved: makes the column id, which every view has: give it another with "x-column"`: {
			"t.json": `{"properties": {"Id": {"type": "string"}}}`,
		},
		`t.json#/properties/order: column-reserved: makes the column order, a word of SQL: give it another with "x-column"`: {
			"t.json": `{"properties": {"order": {"type": "string"}}}`,
		},
		`t.json#/properties/a: column-reserved: x-column is "A-b", must be small letters, digits and _, and begin with no digit`: {
			"t.json": `{"properties": {"a": {"type": "string", "x-column": "A-b"}}}`,
		},
		`shared/a.json#/properties/day: column-reserved: makes the column day, which every view has: give it another with "x-column"`: {
			"t.json": `{"$ref": "shared/a.json"}`, "shared/a.json": `{"properties": {"day": {"type": "string"}}}`,
		},
		`1-0-0.json#: view-unnamed: the view of "1-0-0" would be "1_0_0", must be at most 128 small letters, digits and _, and begin with no digit: name its view at the top of the schema, "x-view": "…"`: {
			"1-0-0.json": `{}`,
		},
		`order.json#: view-unnamed: the view of "order" would be order, a word of SQL: name its view at the top of the schema, "x-view": "…"`: {
			"order.json": `{}`,
		},
		`events.json#: view-unnamed: the view of "events" would be events, which is another table: name its view at the top of the schema, "x-view": "…"`: {
			"events.json": `{}`,
		},
		`a"b.json#: view-unnamed: the type "a\"b" has a quote or a backslash, by which no query can find it: rename the file`: {
			`a"b.json`: `{}`,
		},
		`a_b.json#: column-collides: makes the view a_b, which a/b.json makes too: name one of them with "x-view"
a_b.json#: column-collides: makes the view a_b_once, which a/b.json makes too: name one of them with "x-view"`: {
			"a/b.json": `{}`, "a_b.json": `{}`,
		},
		`a_once.json#: column-collides: makes the view a_once, which a.json makes too: name one of them with "x-view"`: {
			"a.json": `{}`, "a_once.json": `{}`,
		},
	} {
		_, err := tablesOf(t, files)
		if err == nil || err.Error() != want {
			t.Errorf("%v\n got %v\nwant %s", files, err, want)
		}
	}
	tables, err := tablesOf(t, map[string]string{"com.acme/Checkout/1-0-0.json": `{}`, "1-0-0.json": `{"x-view": "checkout"}`})
	if err != nil || tables[0].View != "checkout" || tables[1].View != "com_acme_checkout_1_0_0" {
		t.Errorf("%v, error %v", tables, err)
	}
}

// TestTheLintTellsOfNumbersWithoutBoundsAndOfTimesWithoutFormat, and the product's own
// schemas give it nothing to tell.
func TestTheLintTellsOfNumbersWithoutBoundsAndOfTimesWithoutFormat(t *testing.T) {
	set := compile(t, `{"properties": {"n": {"type": "number", "minimum": 0}, "ok": {"type": "integer", "minimum": 0, "maximum": 9},
		"seenAt": {"type": "string"}, "time": {"type": "string", "format": "date-time"}, "format": {"type": "string"}}}`)
	want := []string{
		"t.json#/properties/n: number-unbounded: one event may hold any number, and spoil every average: add minimum and maximum",
		`t.json#/properties/seenAt: time-without-format: its name says a time, and the column is text: add "format": "date-time" or "date"`,
	}
	if diff := cmp.Diff(want, set.Advice()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if advice := load(t).Advice(); len(advice) > 0 {
		t.Errorf("of our own: %s", advice)
	}
}
