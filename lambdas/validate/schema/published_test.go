package schema_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
)

// anywhere is where events of all who publish schemas name their type.
var anywhere = []string{"type", "meta.type", "context.type", "event", "eventType", "kind"}

// The schemas are abridged from what standards and vendors publish, but not changed to
// make them load. Each is asked with the type that an event of its publisher names.
func TestPublishedSchemasLoadAndJudgeAsPublished(t *testing.T) {
	set, err := schema.Compile(os.DirFS("testdata/published"), schema.Options{Formats: true, TypeFrom: anywhere})
	if err != nil {
		t.Fatal(err)
	}
	splitter := event.NewSplitter(64, 10, anywhere...)
	for name, c := range map[string]struct{ valid, invalid, finding string }{
		"CloudEvents, draft 7": {
			valid:   `{"specversion":"1.0","type":"com.example.order.placed","id":"1","source":"/orders","time":"2026-11-23T10:00:00Z","data":{}}`,
			invalid: `{"specversion":"1.0","type":"com.example.order.placed","id":"1","source":"/orders","time":"yesterday"}`,
			finding: "/time com.example.order.placed.json#/definitions/timedef/format must be of format date-time",
		},
		"Iglu, draft 4, additionalProperties": {
			valid:   `{"type":"com.snowplowanalytics.snowplow/link_click/1-0-1","targetUrl":"https://a.example"}`,
			invalid: `{"type":"com.snowplowanalytics.snowplow/link_click/1-0-1","targetUrl":"https://a.example","Type":"x"}`,
			finding: ` com.snowplowanalytics.snowplow/link_click/1-0-1.json#/additionalProperties must not have "Type"`,
		},
		"Eiffel, draft 4, meta.type": {
			valid: `{"meta":{"type":"EiffelArtifactCreatedEvent","version":"3.0.0","time":1,"id":"1a6c423d-887d-4327-ba4f-6452e870e7fa"},` +
				`"data":{"identity":"pkg:maven/a@1"},"links":[]}`,
			invalid: `{"meta":{"type":"EiffelArtifactCreatedEvent","version":"3.0.0","time":0,"id":"1a6c423d-887d-4327-ba4f-6452e870e7fa"},` +
				`"data":{"identity":"pkg:maven/a@1"},"links":[]}`,
			finding: "/meta/time EiffelArtifactCreatedEvent.json#/properties/meta/properties/time/exclusiveMinimum must be above 0",
		},
		"CDEvents, references by $id, context.type": {
			valid: `{"context":{"type":"dev.cdevents.artifact.published.0.2.0","id":"1","source":"/a","timestamp":"2026-11-23t10:00:00z",` +
				`"links":[{"linkType":"END"}]},"subject":{"id":"a","content":{}}}`,
			invalid: `{"context":{"type":"dev.cdevents.artifact.published.0.2.0","id":"1","source":"/a","timestamp":"2026-02-30T10:00:00Z"},` +
				`"subject":{"id":"a","content":{}}}`,
			finding: "/context/timestamp dev.cdevents.artifact.published.0.2.0.json#/properties/context/properties/timestamp/format must be of format date-time",
		},
		"Segment, draft 7, event": {
			valid:   `{"event":"Command Run","properties":{"command":"ls","rawCommand":"ls -l"}}`,
			invalid: `{"event":"Command Run","properties":{"command":"ls","rawCommand":"secret"}}`,
			finding: "/properties/rawCommand Command Run.json#/properties/properties/properties/rawCommand/pattern must match ^(?!secret)",
		},
		"Open Data Contract, 2019-09, unevaluatedProperties": {
			valid:   `{"version":"1","kind":"DataContract","id":"a","servers":[{"server":"s","type":"api","location":"https://a.example"}]}`,
			invalid: `{"version":"1","kind":"DataContract","id":"a","servers":[{"server":"s","type":"api"}]}`,
			finding: `/servers/0 DataContract.json#/$defs/ServerSource/ApiServer/required lacks "location"`,
		},
		"two versions by a member": {
			valid:   `{"type":"checkout","version":2,"total":{"amount":1,"currency":"EUR"}}`,
			invalid: `{"type":"checkout","version":2,"total":12}`,
			finding: "/total shared/checkout_2.json#/properties/total/type is number, must be object",
		},
		"a version that is not known": {
			valid:   `{"type":"checkout","version":1,"total":12}`,
			invalid: `{"type":"checkout","version":3}`,
			finding: "/version checkout.json#/properties/version/enum must be one of 1, 2",
		},
		"two versions, a file each": {
			valid:   `{"type":"com.acme/checkout/1-0-0","total":12}`,
			invalid: `{"type":"com.acme/checkout/2-0-0","total":12}`,
			finding: "/total com.acme/checkout/2-0-0.json#/properties/total/type is number, must be object",
		},
	} {
		t.Run(name, func(t *testing.T) {
			ask(t, set, splitter, c.valid)
			ask(t, set, splitter, c.invalid, c.finding)
		})
	}
	t.Run("OpenLineage, references both ways", func(t *testing.T) {
		run := func(id, facets string) []byte {
			return []byte(`{"eventTime":"2026-11-23T10:00:00Z","producer":"https://a.example",` +
				`"run":{"runId":"` + id + `","facets":{` + facets + `}}}`)
		}
		const id = "0198c6a2-7b1e-7000-8000-000000000001"
		for facets, valid := range map[string]bool{
			`"nominalTime":{"_producer":"https://a.example","nominalStartTime":"2026-11-23T10:00:00Z"}`: true,
			`"nominalTime":{"_producer":"https://a.example","nominalStartTime":"noon"}`:                 false,
			`"other":{"_producer":"no uri"}`: false,
		} {
			if _, findings := set.Validate("RunEvent", run(id, facets)); (len(findings) == 0) != valid {
				t.Errorf("%s: findings are %v", facets, findings)
			}
		}
		if _, findings := set.Validate("RunEvent", run("not-a-uuid", "")); len(findings) == 0 {
			t.Error("not-a-uuid is a uuid")
		}
	})
}

// ask validates an event, and expects these findings.
func ask(t *testing.T, set *schema.Set, splitter *event.Splitter, text string, want ...string) {
	t.Helper()
	e := splitter.Split([]byte(text), record.Header{}).Events[0]
	known, findings := set.Validate(e.Type, e.Raw)
	var got []string
	for _, f := range findings {
		got = append(got, f.Instance+" "+f.Schema+" "+f.Message)
	}
	if !known || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s: type %q is known: %t, findings are\n%s\nwant\n%s", text, e.Type, known,
			strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// In any draft, and however deep the schema forbids what it does not know.
func TestTheMemberThatNamesTheTypeIsNotShownToASchemaThatIsSilentAboutIt(t *testing.T) {
	for text, valid := range map[string]bool{
		`{"properties":{"a":{}},"additionalProperties":false}`:                                                             true,
		`{"$schema":"http://json-schema.org/draft-04/schema","properties":{"a":{}},"additionalProperties":false}`:          true,
		`{"$ref":"#/$defs/x","$defs":{"x":{"allOf":[{"properties":{"a":{}},"additionalProperties":false}]}}}`:              true,
		`{"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":false}`:                                                true,
		`{"propertyNames":{"maxLength":1}}`:                                                                                true,
		`{"maxProperties":1}`:                                                                                              true,
		`{"properties":{"a":{},"type":{"const":"t"}},"additionalProperties":false}`:                                        true,
		`{"patternProperties":{"^type$":{"const":"u"}}}`:                                                                   false,
		`{"properties":{"a":{},"type":{"const":"u"}},"additionalProperties":false}`:                                        false,
		`{"properties":{"a":{}},"required":["type"],"additionalProperties":false}`:                                         false,
		`{"properties":{"a":{}},"anyOf":[{"properties":{"type":{}}}],"additionalProperties":false}`:                        false,
		`{"dependentRequired":{"type":["b"]}}`:                                                                             false,
		`{"dependentSchemas":{"type":false}}`:                                                                              false,
		`{"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"type":["b"]}}`:                              false,
		`{"enum":[{"a":1,"type":"t"}]}`:                                                                                    true,
		`{"const":{"a":1}}`:                                                                                                true,
		`{"properties":{"a":{},"b":{"properties":{"type":{}}}},"additionalProperties":false}`:                              true,
		`{"properties":{"a":{"properties":{"b":{}},"additionalProperties":false},"type":{}},"additionalProperties":false}`: true,
	} {
		if _, findings := compile(t, text).Validate("t", []byte(`{"a":1,"type":"t"}`)); (len(findings) == 0) != valid {
			t.Errorf("%s: findings are %v", text, findings)
		}
	}
	nested := compile(
		t, `{"properties":{"a":{"properties":{},"additionalProperties":false}},"additionalProperties":false}`,
	)
	if _, findings := nested.Validate(
		"t", []byte(`{"a":{"type":"t"},"type":"t"}`),
	); len(findings) != 1 ||
		findings[0].Instance != "/a" {
		t.Errorf("a member further in is shown: findings are %v", findings)
	}
}

func TestAnotherMemberMayNameTheType(t *testing.T) {
	set, err := schema.Compile(fstest.MapFS{"t.json": {Data: []byte(`{"additionalProperties":false}`)}},
		schema.Options{TypeFrom: []string{"meta.type", "event", "type"}})
	if err != nil {
		t.Fatal(err)
	}
	for text, valid := range map[string]bool{
		`{"event":"t"}`:              true,
		`{"type":"t"}`:               true,
		`{"event":"t","type":"x"}`:   false,
		`{"event":"t","type":"t"}`:   false,
		`{"meta":{"type":"t"}}`:      false,
		`{"event":"\u0074"}`:         true,
		`{"event":5,"type":"t"}`:     false,
		`{"event":"t","number":1e5}`: false,
	} {
		if _, findings := set.Validate("t", []byte(text)); (len(findings) == 0) != valid {
			t.Errorf("%s: findings are %v", text, findings)
		}
	}
}

// TestEveryDraftIsKnownByItsName, with the meaning that it has there.
func TestEveryDraftIsKnownByItsName(t *testing.T) {
	for name, rest := range map[string]string{
		"http://json-schema.org/draft-04/schema":       `"properties":{"a":{"minimum":1,"exclusiveMinimum":true}}`,
		"http://json-schema.org/draft-06/schema":       `"properties":{"a":{"exclusiveMinimum":1}}`,
		"http://json-schema.org/draft-07/schema":       `"if":{"properties":{"a":{"const":1}}},"then":false`,
		"https://json-schema.org/draft/2019-09/schema": `"dependentSchemas":{"a":{"properties":{"a":{"exclusiveMinimum":1}}}}`,
		"https://json-schema.org/draft/2020-12/schema": `"properties":{"a":{"exclusiveMinimum":1}}`,
		"": `"properties":{"a":{"exclusiveMinimum":1}}`,
	} {
		other := strings.NewReplacer("https:", "http:", "http:", "https:").Replace(name)
		for _, name := range []string{name, name + "#", other, other + "#"} {
			set := compile(
				t, strings.NewReplacer(`"$schema":"",`, "", `"$schema":"#",`, "").Replace(`{"$schema":"`+name+`",`+rest+`}`),
			)
			_, none := set.Validate("t", []byte(`{"a":2}`))
			if _, one := set.Validate("t", []byte(`{"a":1}`)); len(one) != 1 || len(none) != 0 {
				t.Errorf("%s: findings are %v and %v", name, none, one)
			}
		}
	}
}

// TestFormatsAreCheckedUnlessTheSettingIsOff, in every draft.
func TestFormatsAreCheckedUnlessTheSettingIsOff(t *testing.T) {
	values := map[string]struct{ valid, invalid []string }{
		"date-time":             {[]string{"2026-11-23T10:00:00Z", "2026-11-23t10:00:00.5z", "2016-12-31T23:59:60Z", "2026-11-23T10:00:00-05:30"}, []string{"2026-02-30T10:00:00Z", "2026-11-23T10:00:00", "2026-11-23T+1:00:00Z", "2026-11-23T10:00:00++1:00", "2026-11-23T12:00:60Z", "2026-11-23"}},
		"date":                  {[]string{"2024-02-29"}, []string{"2026-02-29"}},
		"time":                  {[]string{"10:00:00Z"}, []string{"10:00", "10:+1:00Z"}},
		"duration":              {[]string{"P1DT12H"}, []string{"1 day"}},
		"period":                {[]string{"2026-11-23T10:00:00Z/PT1H"}, []string{"PT1H"}},
		"email":                 {[]string{"a@b.example"}, []string{"a", "@b.example"}},
		"hostname":              {[]string{"a.example"}, []string{"-a", "a_b"}},
		"ipv4":                  {[]string{"192.0.2.1"}, []string{"192.0.2", "+1.0.2.1", "010.0.0.1"}},
		"ipv6":                  {[]string{"2001:db8::1"}, []string{"192.0.2.1"}},
		"uri":                   {[]string{"HTTPS://a.example/", "app://home", "https://a.example/größe"}, []string{"/home", "https://a b/"}},
		"uri-reference":         {[]string{"/home"}, []string{`\home`}},
		"iri":                   {[]string{"https://a.example/größe"}, []string{"größe"}},
		"iri-reference":         {[]string{"größe"}, []string{`\größe`}},
		"uuid":                  {[]string{"0198c6a2-7b1e-7000-8000-000000000001"}, []string{"0198c6a2"}},
		"json-pointer":          {[]string{"/a~1b"}, []string{"a"}},
		"relative-json-pointer": {[]string{"1/a"}, []string{"/a"}},
		"regex":                 {[]string{"^(?!a)"}, []string{"(", `\A`}},
		"semver":                {[]string{"1.0.0-rc.1"}, []string{"1.0"}},
		"int32":                 {[]string{"described only"}, nil},
		"uri-template":          {[]string{"described only {"}, nil},
	}
	for _, draft := range []string{
		"http://json-schema.org/draft-04/schema#", "http://json-schema.org/draft-07/schema#",
		"https://json-schema.org/draft/2020-12/schema",
	} {
		for format, c := range values {
			text := `{"$schema":"` + draft + `","properties":{"a":{"format":"` + format + `"}}}`
			on := compile(t, text)
			off, err := schema.Compile(fstest.MapFS{"t.json": {Data: []byte(text)}}, schema.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, value := range append(c.valid, c.invalid...) {
				event := []byte(`{"a":"` + strings.ReplaceAll(value, `\`, `\\`) + `"}`)
				_, findings := on.Validate("t", event)
				if valid := slices.Contains(c.valid, value); (len(findings) == 0) != valid {
					t.Errorf("%s, %s: %q: findings are %v", draft, format, value, findings)
				}
				if _, findings := off.Validate("t", event); len(findings) > 0 {
					t.Errorf("%s, %s off: %q: findings are %v", draft, format, value, findings)
				}
			}
		}
	}
}

// TestAnnotationsOfPublishedSchemasAreNoMisspellings.
func TestAnnotationsOfPublishedSchemasAreNoMisspellings(t *testing.T) {
	for word := range strings.FieldsSeq("x-anything x-propertys self example comment discriminator nullable " +
		"xml externalDocs enumNames tsAdditionalProperties " +
		"tsType javaType errorMessage markdownDescription propertyOrder labels label unit units note notes name version order group id $id when kind " +
		"$comment examples deprecated contentMediaType intellij:description readOnly insertionOrder relationshipRef cfnLint awsType minValue options") {
		file := fstest.MapFS{"t.json": {Data: []byte(`{"properties":{"a":{"` + word + `":true}}}`)}}
		if _, err := schema.Compile(file, options); err != nil &&
			strings.Contains(err.Error(), "did you mean") {
			t.Error(err)
		}
	}
}
