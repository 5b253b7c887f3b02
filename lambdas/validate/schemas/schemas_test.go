package schemas_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schemas"
)

func load(t testing.TB) *schemas.Set {
	t.Helper()
	set, err := schemas.Load()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// compile compiles one schema for the type "t".
func compile(t testing.TB, schema string) *schemas.Set {
	t.Helper()
	set, err := schemas.Compile(fstest.MapFS{"t.json": {Data: []byte(schema)}})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestEverySchemaHasExamplesItDecidesRightly(t *testing.T) {
	set := load(t)
	for _, eventType := range set.Types() {
		for _, folder := range []string{"valid", "invalid"} {
			paths, _ := filepath.Glob(filepath.Join("examples", eventType, folder, "*.json"))
			if len(paths) == 0 {
				t.Errorf("examples/%s/%s has no example", eventType, folder)
			}
			for _, path := range paths {
				example, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				known, findings := set.Validate(eventType, example)
				if valid := len(findings) == 0; !known || valid != (folder == "valid") {
					t.Errorf("%s: known %t, findings %v", path, known, findings)
				}
			}
		}
	}
}

// An invalid example's file name begins with the member that is wrong.
func TestInvalidExamplesFailForTheReasonTheyAreNamedAfter(t *testing.T) {
	set := load(t)
	paths, _ := filepath.Glob("examples/*/invalid/*.json")
	for _, path := range paths {
		example, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		eventType, name := filepath.Base(filepath.Dir(filepath.Dir(path))), filepath.Base(path)
		_, findings := set.Validate(eventType, example)
		for _, f := range findings {
			members := strings.Split(f.Instance+"/"+strings.Trim(strings.TrimPrefix(f.Message, "lacks "), `"`), "/")
			if !slices.ContainsFunc(members, func(m string) bool { return m != "" && strings.HasPrefix(name, m) }) {
				t.Errorf("%s fails at %q: %s", path, f.Instance, f.Message)
			}
		}
	}
}

func TestExamplesBelongToATypeWithASchema(t *testing.T) {
	folders, err := os.ReadDir("examples")
	if err != nil {
		t.Fatal(err)
	}
	var types []string
	for _, folder := range folders {
		types = append(types, folder.Name())
	}
	if diff := cmp.Diff(load(t).Types(), types); diff != "" {
		t.Error(diff)
	}
}

func TestABadSchemaNamesItsFileAndThePlace(t *testing.T) {
	for name, c := range map[string]struct{ schema, want string }{
		"no JSON":           {`{"type":"object",`, `bad.json#`},
		"name twice":        {`{"properties":{"a":{"type":"string","type":"number"}}}`, `bad.json#/properties/a/type: `},
		"unknown type":      {`{"properties":{"price":{"type":"strin"}}}`, `bad.json#/properties/price/type: must be one of "array"`},
		"wrong keyword":     {`{"properties":{"a":{"minLength":-1}}}`, `bad.json#/properties/a/minLength: must be at least 0`},
		"lookahead":         {`{"properties":{"a":{"pattern":"(?=x)"}}}`, `bad.json#/properties/a/pattern: `},
		"file reference":    {`{"properties":{"a":{"$ref":"file:///etc/passwd"}}}`, `bad.json#/properties/a/$ref: "file:///etc/passwd" cannot be referred to`},
		"web reference":     {`{"items":[],"$defs":{"a/b":{"$ref":"https://example.com/x.json"}}}`, `bad.json#/$defs/a~1b/$ref: "https://example.com/x.json" cannot be`},
		"host reference":    {`{"$ref":"//example.com/x.json"}`, `bad.json#/$ref: `},
		"meta schema":       {`{"$ref":"https://json-schema.org/draft/2020-12/schema"}`, `bad.json#/$ref: `},
		"outside folder":    {`{"properties":{"a":{"$ref":"../event.json"}}}`, `bad.json#/properties/a/$ref: `},
		"below folder":      {`{"properties":{"a":{"$ref":"examples/x.json"}}}`, `bad.json#/properties/a/$ref: `},
		"id elsewhere":      {`{"$id":"https://example.com/bad.json","properties":{"a":{"$ref":"other.json"}}}`, `bad.json#/properties/a/$ref: `},
		"urn reference":     {`{"properties":{"a":{"$ref":"urn:example:a"}}}`, `bad.json#/properties/a/$ref: "urn:example:a" cannot be referred to`},
		"id below folder":   {`{"$id":"sub/bad.json","properties":{"a":{"$ref":"good.json"}}}`, `bad.json#/properties/a/$ref: `},
		"no such file":      {`{"properties":{"a":{"$ref":"none.json"}}}`, `bad.json#/properties/a/$ref: `},
		"no such place":     {`{"properties":{"a":{"$ref":"#/$defs/none"}}}`, `bad.json#/properties/a/$ref: `},
		"no such anchor":    {`{"properties":{"a":{"$ref":"#none"}}}`, `bad.json#/properties/a/$ref: `},
		"other draft":       {`{"$schema":"http://json-schema.org/draft-07/schema#"}`, `bad.json#/$schema: must be https://json-schema.org/draft/2020-12/schema`},
		"number too large":  {`{"properties":{"a":{"maximum":1e101}}}`, `bad.json#/properties/a/maximum: number is beyond`},
		"number too small":  {`{"properties":{"a":{"multipleOf":1e-101}}}`, `bad.json#/properties/a/multipleOf: number is beyond`},
		"not even a schema": {`1`, `bad.json#: `},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := schemas.Compile(fstest.MapFS{"bad.json": {Data: []byte(c.schema)}, "sub/good.json": {Data: []byte(`{}`)}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want it to hold %s", err, c.want)
			}
		})
	}
}

func TestEveryBadSchemaIsNamedAtOnce(t *testing.T) {
	_, err := schemas.Compile(fstest.MapFS{"a.json": {Data: []byte(`{"type":1}`)}, "b.json": {Data: []byte(`{`)}})
	if err == nil || !strings.Contains(err.Error(), "a.json#/type") || !strings.Contains(err.Error(), "b.json#") {
		t.Errorf("error is %v", err)
	}
}

func TestSchemasMayReferToEachOther(t *testing.T) {
	set, err := schemas.Compile(fstest.MapFS{
		"a.json": {Data: []byte(`{"properties":{"x":{"$ref":"b.json#/$defs/n"}}}`)},
		"b.json": {Data: []byte(`{"$defs":{"n":{"type":"number"}}}`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, findings := set.Validate("a", []byte(`{"x":"1"}`))
	want := []record.Error{{Instance: "/x", Schema: "b.json#/$defs/n/type", Message: "is string, must be number", Offset: record.NoOffset}}
	if diff := cmp.Diff(want, findings); diff != "" {
		t.Error(diff)
	}
}

func TestFindingsSayWhereAndWhy(t *testing.T) {
	set := compile(t, `{
		"type":"object","required":["a","b"],"additionalProperties":false,"minProperties":1,
		"properties":{
			"a":{"enum":["x",1,null,[]]},"n":{"minimum":1.5,"multipleOf":0.5},"s":{"pattern":"^x$","maxLength":2},
			"l":{"items":{"type":"integer"},"uniqueItems":true},"o":{"anyOf":[{"type":"string"},{"type":"number"}]},"~/":{"not":{}}
		}}`)
	_, findings := set.Validate("t", []byte(`{"a":2,"n":1.25,"s":"yyy","l":[1,"z",1.0],"o":true,"~/":0,"extra":1}`))
	var got []string
	for _, f := range findings {
		got = append(got, f.Instance+" "+f.Schema+" "+f.Message)
	}
	want := []string{
		` t.json#/additionalProperties must not have "extra"`,
		` t.json#/required lacks "b"`,
		`/a t.json#/properties/a/enum must be one of "x", 1, null, an array`,
		`/l t.json#/properties/l/uniqueItems items 0 and 2 are equal`,
		`/l/1 t.json#/properties/l/items/type is string, must be integer`,
		`/n t.json#/properties/n/minimum must be at least 1.5`,
		`/n t.json#/properties/n/multipleOf must be a multiple of 0.5`,
		`/o t.json#/properties/o/anyOf matches none of anyOf`,
		`/o t.json#/properties/o/anyOf/0/type is boolean, must be string`,
		`/o t.json#/properties/o/anyOf/1/type is boolean, must be number`,
		` and 3 more`,
	}
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], "  and", " and")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFindingsAreTheSameEachTime(t *testing.T) {
	set := compile(t, `{"additionalProperties":{"type":"string"},"propertyNames":{"maxLength":1}}`)
	event := []byte(`{"aa":1,"bb":2,"cc":3,"dd":4,"ee":5,"ff":6,"gg":7}`)
	_, want := set.Validate("t", event)
	for range 20 {
		if _, got := set.Validate("t", event); !cmp.Equal(want, got) {
			t.Fatalf("got %v, then %v", want, got)
		}
	}
}

func TestFindingsStayShortWhateverTheEventHolds(t *testing.T) {
	long := strings.Repeat("\u0001é", 50_000)
	set := compile(t, `{"additionalProperties":{"items":{"type":"string","pattern":"^a$","format":"uri"}},"propertyNames":{"maxLength":3}}`)
	event := fmt.Sprintf(`{%q:["%s",%s]}`, "x"+strings.Repeat("y", 100_000), strings.ReplaceAll(long, "\u0001", `\u0001`), strings.TrimSuffix(strings.Repeat("1,", 15_000), ","))
	_, findings := set.Validate("t", []byte(event))
	row := record.AppendReject(nil, record.Reject{Errors: findings})
	if len(findings) != 11 || len(row) > 60_000 {
		t.Errorf("%d findings take %d bytes", len(findings), len(row))
	}
}

func TestHostileEventsAreCheckedInTime(t *testing.T) {
	set := compile(t, `{"properties":{"a":{"items":{"minimum":0,"maximum":10,"multipleOf":0.01,"enum":[1,2,3],"type":["integer","string"]}},
		"u":{"uniqueItems":true},"s":{"pattern":"^(a+)+$"},"c":{"contains":{"const":1}}}}`)
	many := func(item string, n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
	}
	// Different items that the engine's hash cannot tell apart.
	var alike []string
	for i := range 70 {
		for j := range 70 {
			alike = append(alike, fmt.Sprintf(`["%s","%s","%s"]`, strings.Repeat(`\u0004`, i), strings.Repeat(`\u0004`, j), strings.Repeat(`\u0004`, 140-i-j)))
		}
	}
	for name, c := range map[string]struct {
		event string
		valid bool
	}{
		"large exponents":      {`{"a":` + many("1e999999", 15_000) + `}`, false},
		"exponents beyond all": {`{"a":` + many("-1e-1000000000", 15_000) + `}`, false},
		"long numbers":         {`{"a":` + many(strings.Repeat("7", 1000), 4_000) + `}`, false},
		"one longest number":   {`{"a":[` + strings.Repeat("7", 4<<20) + `]}`, false},
		"longest fraction":     {`{"a":[0.` + strings.Repeat("7", 4<<20) + `]}`, false},
		"longest exponent":     {`{"a":[1e` + strings.Repeat("7", 4<<20) + `]}`, false},
		"long zeros":           {`{"a":[1.` + strings.Repeat("0", 4<<20) + `]}`, true},
		"items alike":          {`{"u":[` + strings.Join(alike, ",") + `]}`, true},
		"backtracking":         {`{"s":"` + strings.Repeat("a", 1<<20) + `b"}`, false},
		"nothing contained":    {`{"c":` + many("0", 19_000) + `}`, false},
		"too many values":      {`{"z":` + many("0", 20_000) + `}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, findings := set.Validate("t", []byte(c.event))
			if (len(findings) == 0) != c.valid {
				t.Errorf("findings are %v", findings)
			}
			t.Logf("%d bytes took %v", len(c.event), time.Since(start))
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestLoneSurrogatesAreDifferentNames(t *testing.T) {
	set := compile(t, `{"minProperties":2,"additionalProperties":{"maxLength":1}}`)
	if _, findings := set.Validate("t", []byte(`{"\ud800":"a","\ud801":"\ud802"}`)); len(findings) > 0 {
		t.Error(findings)
	}
}

func TestATypeWithoutASchemaIsUnknown(t *testing.T) {
	for _, eventType := range []string{"", "Click", "click.json", "../click", "examples"} {
		if known, _ := load(t).Validate(eventType, []byte(`{}`)); known {
			t.Errorf("%q is known", eventType)
		}
	}
}
