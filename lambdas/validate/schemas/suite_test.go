package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
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

// remotes serves the suite's further schemas under the address they expect.
type remotes string

func (r remotes) Load(url string) (any, error) {
	name, ok := strings.CutPrefix(url, "http://localhost:1234/")
	if !ok {
		return nil, errors.New("not a schema of the suite")
	}
	data, err := os.ReadFile(filepath.Join(string(r), filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(data))
}

func TestEveryRequiredCaseOfTheOfficialSuitePasses(t *testing.T) {
	dir := suite(t)
	paths, err := filepath.Glob(filepath.Join(dir, "tests", "draft2020-12", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no tests in %s: %v", dir, err)
	}
	cases := 0
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			cases += runSuiteFile(t, path, remotes(filepath.Join(dir, "remotes")))
		})
	}
	t.Logf("%d cases", cases)
	if cases < 1_000 {
		t.Errorf("only %d cases ran", cases)
	}
}

func runSuiteFile(t *testing.T, path string, loader jsonschema.URLLoader) (cases int) {
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
		schema := compileGroup(t, group.Schema, loader)
		for _, c := range group.Tests {
			cases++
			if findings := validate(schema, c.Data); (len(findings) == 0) != c.Valid {
				t.Errorf("%s: %s: valid must be %t, findings are %v", group.Description, c.Description, c.Valid, findings)
			}
		}
	}
	return cases
}

func compileGroup(t *testing.T, schema []byte, loader jsonschema.URLLoader) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	const address = base + "suite.json"
	compiler := newCompiler(loader)
	if err := compiler.AddResource(address, doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile(address)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}
