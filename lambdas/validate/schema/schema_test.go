package schema_test

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
	files "global-ingest/lambdas/validate/schemas"
)

var options = schema.Options{Formats: true, TypeFrom: []string{"type"}}

func load(t testing.TB) *schema.Set {
	t.Helper()
	set, err := schema.Load(options)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// compile compiles one schema for the type "t".
func compile(t testing.TB, text string) *schema.Set {
	t.Helper()
	set, err := schema.Compile(fstest.MapFS{"t.json": {Data: []byte(text)}}, options)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestExamplesAreDecidedAsTheirFolderSays: an example of a type is a test of its schema.
func TestExamplesAreDecidedAsTheirFolderSays(t *testing.T) {
	set := load(t)
	decided := 0
	err := fs.WalkDir(files.Files, "examples", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		decided++
		example, err := fs.ReadFile(files.Files, name)
		folder, kind := path.Split(path.Dir(name))
		eventType := strings.TrimPrefix(path.Clean(folder), "examples/")
		switch known, findings := set.Validate(eventType, example); {
		case !known:
			t.Errorf("%s: %q has no schema", name, eventType)
		case kind == "valid" && len(findings) > 0:
			t.Errorf("%s must be valid, findings are %v", name, findings)
		case kind == "invalid" && len(findings) == 0:
			t.Errorf("%s must not be valid, and is", name)
		case kind == "invalid" && !namesOne(path.Base(name), findings):
			t.Errorf("%s: the name of an invalid example begins with a member that is wrong in it, so that it cannot fail "+
				"for another reason; wrong are %v: rename it", name, findings)
		}
		return err
	})
	if err != nil || decided < 10 {
		t.Errorf("%d examples, error %v", decided, err)
	}
}

// namesOne says whether a name begins with a member that one of the findings is about.
func namesOne(name string, findings []record.Finding) bool {
	return slices.ContainsFunc(findings, func(f record.Finding) bool {
		members := strings.FieldsFunc(f.Instance+"/"+strings.TrimPrefix(f.Message, "lacks "), func(r rune) bool {
			return strings.ContainsRune(`/", `, r)
		})
		return slices.ContainsFunc(members, func(member string) bool { return strings.HasPrefix(name, member) })
	})
}

func TestAnExampleThatLacksTwoMembersCanBeNamedAfterEither(t *testing.T) {
	set := compile(t, `{"required":["query","page"],"properties":{"type":true}}`)
	_, findings := set.Validate("t", []byte(`{"type":"t"}`))
	for name, want := range map[string]bool{
		"query_missing.json": true, "page.json": true, "type.json": false, "missing.json": false,
	} {
		if namesOne(name, findings) != want {
			t.Errorf("%s: named %t for %v", name, !want, findings)
		}
	}
}

func TestWhatWouldBeIgnoredFailsTheBuild(t *testing.T) {
	for name, want := range map[string]string{
		"x.JSON":                       `x.JSON: would be ignored, because its name does not end in .json: rename or remove it`,
		"com.acme/x.yaml":              `com.acme/x.yaml: would be ignored, because its name does not end in .json`,
		"com.acme/notes":               `com.acme/notes: would be ignored`,
		"_x.json":                      `_x.json: would be ignored, because its name begins with "_"`,
		"a/.x.json":                    `a/.x.json: would be ignored, because its name begins with "."`,
		"good.JSON":                    `good.JSON: would be ignored`,
		"Good.json":                    `good.json: differs from Good.json only in capitals`,
		"OTHER/a.json":                 `Other/A.json: differs from OTHER/a.json only in capitals`,
		"examples/x.json":              `examples/x.json: would be ignored: move it to examples/<type>/valid or examples/<type>/invalid`,
		"examples/valid/x.json":        `examples/valid/x.json: would be ignored: move it`,
		"examples/good/wrong/x.json":   `examples/good/wrong/x.json: would be ignored: move it`,
		"examples/serach/valid/x.json": `examples/serach/valid/x.json: is an example of "serach", which has no serach.json`,
		"a/shared/embed.go":            `a/shared/embed.go: would be ignored`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := schema.Compile(fstest.MapFS{
				"good.json": {Data: []byte(`{}`)}, "Other/A.json": {Data: []byte(`{}`)}, name: {Data: []byte(`{}`)},
			}, options)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error is %v, want it to hold %s", err, want)
			}
		})
	}
}

func TestEveryFileIsATypeButThoseThatAreShared(t *testing.T) {
	set, err := schema.Compile(fstest.MapFS{
		"a.json":                       {Data: []byte(`{"$ref":"shared/id.json#/$defs/id"}`)},
		"Command Run.json":             {Data: []byte(`{}`)},
		"100%#?.json":                  {Data: []byte(`{"minProperties":1}`)},
		"com.acme/checkout/1-0-0.json": {Data: []byte(`{"$ref":"../shared/id.json"}`)},
		"com.acme/checkout/1-1-0.json": {Data: []byte(`{"$ref":"1-0-0.json"}`)},
		"com.acme/shared/id.json":      {Data: []byte(`{"maxProperties":0}`)},
		"shared/id.json":               {Data: []byte(`{"$defs":{"id":{}}}`)},
		"embed.go":                     {},
		"com.acme/.DS_Store":           {},
		"examples/com.acme/checkout/1-0-0/valid/a.json": {},
	}, options)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"100%#?", "Command Run", "a", "com.acme/checkout/1-0-0", "com.acme/checkout/1-1-0"}
	if diff := cmp.Diff(want, set.Types()); diff != "" {
		t.Error(diff)
	}
	for eventType, place := range map[string]string{
		"com.acme/checkout/1-1-0": "com.acme/shared/id.json#/maxProperties", "100%#?": "100%#?.json#/minProperties",
	} {
		event := `{"a":1}`
		if eventType == "100%#?" {
			event = `{}`
		}
		if _, findings := set.Validate(eventType, []byte(event)); len(findings) != 1 || findings[0].Schema != place {
			t.Errorf("%s: findings are %v, want one at %s", eventType, findings, place)
		}
	}
}

func TestABadSchemaNamesItsFileAndThePlace(t *testing.T) {
	for name, c := range map[string]struct{ schema, want string }{
		"no JSON":           {`{"type":"object",`, `bad.json#`},
		"name twice":        {`{"properties":{"a":{"type":"string","type":"number"}}}`, `bad.json#/properties/a/type: `},
		"unknown type":      {`{"properties":{"price":{"type":"strin"}}}`, `bad.json#/properties/price/type: must be one of "array"`},
		"wrong keyword":     {`{"properties":{"a":{"minLength":-1}}}`, `bad.json#/properties/a/minLength: must be at least 0`},
		"host reference":    {`{"$ref":"//example.com/x.json"}`, `bad.json#/$ref: `},
		"below folder":      {`{"properties":{"a":{"$ref":"examples/x.json"}}}`, `bad.json#/properties/a/$ref: `},
		"id elsewhere":      {`{"$id":"https://example.com/bad.json","properties":{"a":{"$ref":"other.json"}}}`, `bad.json#/properties/a/$ref: `},
		"urn reference":     {`{"properties":{"a":{"$ref":"urn:example:a"}}}`, `bad.json#/properties/a/$ref: "urn:example:a" cannot be referred to`},
		"no such file":      {`{"properties":{"a":{"$ref":"none.json"}}}`, `bad.json#/properties/a/$ref: `},
		"no such place":     {`{"properties":{"a":{"$ref":"#/$defs/none"}}}`, `bad.json#/properties/a/$ref: `},
		"no such anchor":    {`{"properties":{"a":{"$ref":"#none"}}}`, `bad.json#/properties/a/$ref: `},
		"number too large":  {`{"properties":{"a":{"maximum":1e101}}}`, `bad.json#/properties/a/maximum: number is beyond`},
		"number too small":  {`{"properties":{"a":{"multipleOf":1e-101}}}`, `bad.json#/properties/a/multipleOf: number is beyond`},
		"broken pattern":    {`{"properties":{"a":{"pattern":"(a"}}}`, `bad.json#/properties/a/pattern: is not a regular expression of ECMA-262: error parsing regexp: missing closing )`},
		"name's pattern":    {`{"patternProperties":{"^\\A~/":{}}}`, `bad.json#/patternProperties/^\A~0~1: \A is not ECMA-262 (the text begins at ^ and ends at $)`},
		"file reference":    {`{"properties":{"a":{"$ref":"file:///etc/passwd"}}}`, `bad.json#/properties/a/$ref: "file:///etc/passwd" cannot be referred to: no file below schemas/ is there or has this $id`},
		"web reference":     {`{"items":{},"$defs":{"a/b":{"$ref":"https://example.com/x.json"}}}`, `bad.json#/$defs/a~1b/$ref: "https://example.com/x.json" cannot be`},
		"meta schema":       {`{"$ref":"https://json-schema.org/draft/2020-12/schema"}`, `bad.json#/$ref: "https://json-schema.org`},
		"unknown draft":     {`{"$schema":"http://json-schema.org/draft-03/schema#"}`, `bad.json#/$schema: "http://json-schema.org/draft-03/schema#" is not a known draft, known are https://iglu`},
		"misspelled":        {`{"propertys":{"a":{}}}`, `bad.json#/propertys: is not a keyword, did you mean "properties"?`},
		"misspelled inside": {`{"allOf":[{"if":{"Required":["a"]}}]}`, `bad.json#/allOf/0/if/Required: is not a keyword, did you mean "required"?`},
		"of a later draft":  {`{"$schema":"http://json-schema.org/draft-07/schema#","dependentRequired":{}}`, `bad.json#/dependentRequired: is a keyword of 2019-09 and later, and ignored by draft-07`},
		"of earlier drafts": {`{"properties":{"a":{"additionalItems":false}}}`, `bad.json#/properties/a/additionalItems: is a keyword of draft-04 to 2019-09, and ignored by 2020-12`},
		"unknown format":    {`{"properties":{"a":{"format":"datetime"}}}`, `bad.json#/properties/a/format: "datetime" is not a known format, did you mean "date-time"?`},
		"no format at all":  {`{"properties":{"a":{"format":"nope"}}}`, `bad.json#/properties/a/format: "nope" is not a known format, known are date-time, date,`},
		"not even a schema": {`1`, `bad.json#: `},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := schema.Compile(
				fstest.MapFS{"bad.json": {Data: []byte(c.schema)}, "sub/good.json": {Data: []byte(`{}`)}}, options,
			)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want it to hold %s", err, c.want)
			}
		})
	}
}

func TestEveryBadSchemaIsNamedAtOnce(t *testing.T) {
	_, err := schema.Compile(fstest.MapFS{"a.json": {Data: []byte(`{"type":1}`)}, "b.json": {Data: []byte(`{`)}}, options)
	if err == nil || !strings.Contains(err.Error(), "a.json#/type") || !strings.Contains(err.Error(), "b.json#") {
		t.Errorf("error is %v", err)
	}
}

func TestSchemasMayReferToEachOther(t *testing.T) {
	set, err := schema.Compile(fstest.MapFS{
		"a.json": {Data: []byte(`{"properties":{"x":{"$ref":"b.json#/$defs/n"}}}`)},
		"b.json": {Data: []byte(`{"$defs":{"n":{"type":"number"}}}`)},
	}, options)
	if err != nil {
		t.Fatal(err)
	}
	_, findings := set.Validate("a", []byte(`{"x":"1"}`))
	want := []record.Finding{
		{Instance: "/x", Schema: "b.json#/$defs/n/type", Message: "is string, must be number", Offset: record.NoOffset},
	}
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
	set := compile(
		t,
		`{"additionalProperties":{"items":{"type":"string","pattern":"^a$","format":"uri"}},"propertyNames":{"maxLength":3}}`,
	)
	event := fmt.Sprintf(
		`{%q:["%s",%s]}`, "x"+strings.Repeat("y", 100_000), strings.ReplaceAll(long, "\u0001", `\u0001`),
		strings.TrimSuffix(strings.Repeat("1,", 15_000), ","),
	)
	_, findings := set.Validate("t", []byte(event))
	row := record.AppendReject(nil, record.Reject{Errors: findings})
	if len(findings) != 11 || len(row) > 60_000 {
		t.Errorf("%d findings take %d bytes", len(findings), len(row))
	}
}

func TestHostileEventsAreCheckedInTime(t *testing.T) {
	set := compile(
		t,
		`{"properties":{"a":{"items":{"minimum":0,"maximum":10,"multipleOf":0.01,"enum":[1,2,3],"type":["integer","string"]}},
		"u":{"uniqueItems":true},"s":{"pattern":"^(a+)+$"},"c":{"contains":{"const":1}}}}`,
	)
	many := func(item string, n int) string {
		return "[" + strings.TrimSuffix(strings.Repeat(item+",", n), ",") + "]"
	}
	// Different items that the engine's hash cannot tell apart.
	var alike []string
	for i := range 70 {
		for j := range 70 {
			alike = append(
				alike,
				fmt.Sprintf(
					`["%s","%s","%s"]`, strings.Repeat(`\u0004`, i), strings.Repeat(`\u0004`, j), strings.Repeat(`\u0004`, 140-i-j),
				),
			)
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
