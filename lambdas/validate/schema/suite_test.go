package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// suite is the official JSON-Schema-Test-Suite, which is not part of this
// repository, beside the folder that holds go.mod.
// https://github.com/json-schema-org/JSON-Schema-Test-Suite
func suite(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(filepath.Dir(dir), "shared", "corpus", "JSON-Schema-Test-Suite")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the JSON-Schema-Test-Suite is not at %s", path)
	}
	return path
}

// remotes serves the schema and the suite's further ones under the address they expect.
type remotes struct {
	*library
	folder string
}

func (r remotes) Load(url string) (any, error) {
	name, ok := strings.CutPrefix(url, "http://localhost:1234/")
	if !ok {
		return r.library.Load(url)
	}
	data, err := os.ReadFile(filepath.Join(r.folder, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(data))
}

// drafts of the suite, and a number of required cases below which it is not the suite.
var drafts = map[string]int{"draft4": 300, "draft6": 400, "draft7": 400, "draft2019-09": 1_000, "draft2020-12": 1_000}

func TestEveryRequiredCaseOfTheOfficialSuitePasses(t *testing.T) {
	dir := suite(t)
	for name, least := range drafts {
		t.Run(name, func(t *testing.T) {
			cases, wrong := runSuite(t, dir, filepath.Join(name, "*.json"), false)
			if len(wrong) > 0 || cases < least {
				t.Errorf("%d cases ran, wrong are:\n%s", cases, strings.Join(wrong, "\n"))
			}
		})
	}
}

// TestPatternsAreThoseOfECMA262 by the suite's own cases, which no draft requires.
func TestPatternsAreThoseOfECMA262(t *testing.T) {
	dir := suite(t)
	for name := range drafts {
		t.Run(name, func(t *testing.T) {
			for _, file := range []string{"ecmascript-regex.json", "non-bmp-regex.json"} {
				if _, wrong := runSuite(t, dir, filepath.Join(name, "optional", file), true); len(wrong) > 0 {
					t.Errorf("wrong are:\n%s", strings.Join(wrong, "\n"))
				}
			}
		})
	}
}

// lenient are the formats of which the engine takes or refuses some values otherwise
// than the suite, and in how many cases; infra/docs/schemas.md says in which.
var lenient = map[string]int{"duration": 2, "hostname": 24, "uri": 10, "uri-reference": 4, "iri": 1}

func TestFormatsAreThoseOfTheSuite(t *testing.T) {
	dir := suite(t)
	for name := range drafts {
		t.Run(name, func(t *testing.T) {
			for _, format := range checked {
				file := filepath.Join(name, "optional", "format", format+".json")
				if cases, wrong := runSuite(t, dir, file, true); len(wrong) > lenient[format] {
					t.Errorf("%s: %d of %d cases are wrong:\n%s", format, len(wrong), cases, strings.Join(wrong, "\n"))
				}
			}
		})
	}
}

// runSuite runs the files of a pattern below the suite's tests, and returns how many
// cases there are and which we decide otherwise.
func runSuite(t *testing.T, dir, pattern string, formats bool) (cases int, wrong []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "tests", pattern))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "tests", filepath.Dir(pattern))); err != nil {
		t.Skipf("the suite at %s has no %s", dir, filepath.Dir(pattern))
	}
	for _, path := range paths {
		ran, otherwise := runSuiteFile(t, path, dir, formats)
		cases, wrong = cases+ran, append(wrong, otherwise...)
	}
	return cases, wrong
}

func runSuiteFile(t *testing.T, path, dir string, formats bool) (cases int, wrong []string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var groups []struct {
		Description string
		Schema      json.RawMessage
		Tests       []struct {
			Description string
			Data        json.RawMessage
			Valid       bool
		}
	}
	if err := json.Unmarshal(data, &groups); err != nil {
		t.Fatal(err)
	}
	for _, group := range groups {
		set := compileGroup(t, group.Schema, dir, path, formats)
		for _, c := range group.Tests {
			cases++
			checkRule(t, set.byType["suite"], string(c.Data))
			if _, findings := set.Validate("suite", c.Data); (len(findings) == 0) != c.Valid {
				wrong = append(wrong, fmt.Sprintf("%s: %s: %s: valid must be %t, findings are %v",
					filepath.Base(path), group.Description, c.Description, c.Valid, findings))
			}
		}
	}
	return cases, wrong
}

// compileGroup compiles a schema of the suite as one of ours, but for what we refuse
// although a draft would ignore it.
func compileGroup(t *testing.T, schema []byte, dir, path string, formats bool) *Set {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	const name = "suite.json"
	l := &library{docs: map[string]any{name: doc}, names: map[string]string{address(name): name}}
	_ = l.prepare(name, formats)
	compiler := newCompiler(remotes{l, filepath.Join(dir, "remotes")}, formats)
	compiler.DefaultDraft(draftOf(path))
	compiled, err := compiler.Compile(address(name))
	if err != nil {
		t.Fatalf("%s: %v", schema, err)
	}
	return &Set{byType: map[string]entry{"suite": newEntry(compiled, nil)}, place: l.place}
}

// draftOf returns the draft of the folder that path is in: the suite leaves $schema out.
func draftOf(path string) *jsonschema.Draft {
	for name, d := range map[string]*jsonschema.Draft{
		"draft4": jsonschema.Draft4, "draft6": jsonschema.Draft6, "draft7": jsonschema.Draft7, "draft2019-09": jsonschema.Draft2019,
	} {
		if strings.Contains(path, string(filepath.Separator)+name+string(filepath.Separator)) {
			return d
		}
	}
	return jsonschema.Draft2020
}
