package schema

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// draft is a version of JSON Schema, by its number or year.
type draft int

const (
	draft4    draft = 4
	draft6    draft = 6
	draft7    draft = 7
	draft2019 draft = 2019
	draft2020 draft = 2020
)

// dialects are the known values of $schema, without scheme and "#". Iglu's own is draft
// 4 with a member "self".
var dialects = map[string]draft{
	"json-schema.org/draft-04/schema":      draft4,
	"json-schema.org/draft-06/schema":      draft6,
	"json-schema.org/draft-07/schema":      draft7,
	"json-schema.org/draft/2019-09/schema": draft2019,
	"json-schema.org/draft/2020-12/schema": draft2020,
	"json-schema.org/schema":               draft2020,

	"iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0": draft4,
}

// dialect returns the draft that the value of $schema names.
func dialect(name string) (draft, error) {
	_, path, _ := strings.Cut(strings.TrimSuffix(name, "#"), "://")
	if d, ok := dialects[path]; ok {
		return d, nil
	}
	return 0, fmt.Errorf("%q is not a known draft, known are https://%s",
		name, strings.Join(slices.Sorted(maps.Keys(dialects)), ", https://"))
}

// url returns the engine's address of d.
func (d draft) url() string {
	if d >= draft2019 {
		return "https://json-schema.org/draft/" + d.String() + "/schema"
	}
	return "http://json-schema.org/" + d.String() + "/schema#"
}

// String returns the name of d.
func (d draft) String() string {
	switch d {
	case draft2019:
		return "2019-09"
	case draft2020:
		return "2020-12"
	}
	return fmt.Sprintf("draft-%02d", int(d))
}

// holds says where schemas stand in the value of a keyword.
type holds int

const (
	nothing     holds = iota // nowhere: the value is data
	one                      // the value
	many                     // each item
	named                    // each member's value
	oneOrMany                // the value, or each item
	namedOrList              // each member's value that is not a list of names
)

// keyword is a word that the engine evaluates in the drafts from since until until.
// since is 0 for words that only describe, which every draft may have.
type keyword struct {
	since, until draft
	holds        holds
}

var keywords = func() map[string]keyword {
	all := map[string]keyword{
		"additionalItems":       {draft4, draft2019, one},
		"additionalProperties":  {draft4, draft2020, one},
		"contains":              {draft6, draft2020, one},
		"contentSchema":         {0, draft2020, one},
		"definitions":           {0, draft2020, named},
		"$defs":                 {0, draft2020, named},
		"dependencies":          {draft4, draft2020, namedOrList},
		"dependentSchemas":      {draft2019, draft2020, named},
		"else":                  {draft7, draft2020, one},
		"if":                    {draft7, draft2020, one},
		"items":                 {draft4, draft2020, oneOrMany},
		"not":                   {draft4, draft2020, one},
		"patternProperties":     {draft4, draft2020, named},
		"prefixItems":           {draft2020, draft2020, many},
		"properties":            {draft4, draft2020, named},
		"propertyNames":         {draft6, draft2020, one},
		"then":                  {draft7, draft2020, one},
		"unevaluatedItems":      {draft2019, draft2020, one},
		"unevaluatedProperties": {draft2019, draft2020, one},
		"$recursiveRef":         {draft2019, draft2019, nothing},
		"$dynamicRef":           {draft2020, draft2020, nothing},
	}
	for _, k := range []string{"allOf", "anyOf", "oneOf"} {
		all[k] = keyword{draft4, draft2020, many}
	}
	for since, words := range map[draft]string{
		draft4: "$ref type enum multipleOf maximum minimum exclusiveMaximum exclusiveMinimum maxLength minLength pattern " +
			"maxItems minItems uniqueItems maxProperties minProperties required format",
		draft6:    "const",
		draft2019: "minContains maxContains dependentRequired",
		0: "$schema $id id $anchor $recursiveAnchor $dynamicAnchor $vocabulary $comment title description default examples " +
			"readOnly writeOnly deprecated contentEncoding contentMediaType",
	} {
		for word := range strings.FieldsSeq(words) {
			all[word] = keyword{since, draft2020, nothing}
		}
	}
	return all
}()

// annotations are words that published schemas use and that look like a misspelled
// keyword.
var annotations = []string{"example", "comment", "when"}

// checkKeyword refuses a member of a schema that would be ignored although its author
// meant it: a misspelled keyword, or one of another draft. Every other unknown word is
// an annotation, as the drafts say: published schemas are full of them.
func checkKeyword(word string, d draft) error {
	k, known := keywords[word]
	switch {
	case known && (d < k.since || d > k.until):
		return fmt.Errorf("is a keyword of %s, and ignored by %s: change $schema, or write it as %s does", k.drafts(), d, d)
	case known || strings.HasPrefix(word, "x-") || slices.Contains(annotations, word):
		return nil
	}
	if near := nearest(word, maps.Keys(keywords)); near != "" {
		return fmt.Errorf("is not a keyword, did you mean %q? (an annotation of your own may begin with x-)", near)
	}
	return nil
}

func (k keyword) drafts() string {
	switch {
	case k.since == k.until:
		return k.since.String()
	case k.until == draft2020:
		return k.since.String() + " and later"
	}
	return k.since.String() + " to " + k.until.String()
}

// nearest returns the one of words that word misspells, or "". A misspelling differs by
// two letters and by a quarter of them at most, capitals aside: "propertys" is
// "properties", "note" is not "not". With letters in front, as in
// "tsAdditionalProperties", it is a word of its own.
func nearest(word string, words iter.Seq[string]) (near string) {
	least := 0
	for candidate := range words {
		folded, meant := strings.ToLower(word), strings.ToLower(candidate)
		distance := levenshtein.ComputeDistance(folded, meant)
		if distance > min(2, len(meant)/4) || len(folded) > len(meant) && strings.HasSuffix(folded, meant) {
			continue
		}
		if near == "" || distance < least || distance == least && candidate < near {
			near, least = candidate, distance
		}
	}
	return near
}
