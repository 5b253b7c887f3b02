package main

import (
	"encoding/json"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/docs/types"
)

// generators skips the test without what npm installs, and makes it reachable from the
// working folder.
func generators(t *testing.T) {
	t.Helper()
	infra, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(infra, "node_modules", "quicktype-core")); err != nil {
		t.Skip("the generators are not installed: `make cli` installs them")
	}
	t.Chdir(t.TempDir())
	if err := os.Mkdir("infra", 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ops", "node_modules"} {
		if err := os.Symlink(filepath.Join(infra, name), filepath.Join("infra", name)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheTypesAreThoseOfTheSchemas that are in the same tree.
func TestTheTypesAreThoseOfTheSchemas(t *testing.T) {
	generators(t)
	root, err := filepath.EvalSymlinks("infra/ops")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(root, "..", ".."))
	files, err := generateTypes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(typesFolder, name))
		if diff := cmp.Diff(string(got), string(want)); err != nil || diff != "" {
			t.Errorf("%s/%s is not what the schemas say: `make types` writes it: %v (-file +schemas)\n%s", typesFolder, name,
				err, diff)
		}
	}
}

// TestAGoProgramReadsWhatIsSent: the README's click, and examples without a loss.
func TestAGoProgramReadsWhatIsSent(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	sent := regexp.MustCompile(`(?s)-d '(\{"type":"click".*?\})'`).FindSubmatch(readme)
	if sent == nil {
		t.Fatal("README.md sends no click")
	}
	var click types.Click
	if err := json.Unmarshal(sent[1], &click); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	if click.Type != types.TypeClick || click.EventID != "1" || !click.OccurredAt.Equal(at) || click.Page.URL == "" {
		t.Errorf("read %+v of %s", click, sent[1])
	}
	for example, into := range map[string]any{
		"click/valid/full.json": &types.Click{}, "page_view/valid/smallest.json": &types.PageView{},
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", schemaFolder, "examples", filepath.FromSlash(example)))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, into); err != nil {
			t.Errorf("%s: %v", example, err)
		}
		var want, got map[string]any
		again, err := json.Marshal(into)
		if err != nil || json.Unmarshal(text, &want) != nil || json.Unmarshal(again, &got) != nil {
			t.Fatal(err)
		}
		delete(want, "experiment") // no schema names it
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-sent +read and written)\n%s", example, diff)
		}
	}
}

// TestEverySchemaHasItsTypes, whatever it is called and refers to.
func TestEverySchemaHasItsTypes(t *testing.T) {
	generators(t)
	for name, text := range map[string]string{
		"com.acme/check out/1-0-0": `{"properties": {"to": {"$ref": "../../shared/address.json#/$defs/address"}}, "required": ["to"]}`,
		"linked":                   `{"title": "A link", "properties": {"link": {"$ref": "https://schemas.example/link"}}}`,
		"shared/address":           `{"$defs": {"address": {"type": "object", "properties": {"street": {"type": "string"}}}}}`,
		"shared/link":              `{"$id": "https://schemas.example/link", "type": "object", "properties": {"href": {"type": "string"}}}`,
		"old":                      `{"$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "properties": {"n": {"type": "integer"}}}`,
	} {
		put(t, filepath.Join(schemaFolder, name+".json"), text)
	}
	if shown, err := ops(t, "", "types"); err != nil || shown != "" {
		t.Fatalf("%v\n%s", err, shown)
	}
	for name, wants := range map[string][]string{
		"events.d.ts": {"type Event = ComAcmeCheckOut100 | Linked | Old", "street?: string", "href?: string", "n?: number", "* A link"},
		"events.go":   {"type COMACMECheckOut100 struct", "type Linked struct", "type Old struct", `json:"street,omitempty"`, "// A link"},
	} {
		text, err := os.ReadFile(filepath.Join(typesFolder, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: %q is missing in\n%s", name, want, text)
			}
		}
	}
	if _, err := parser.ParseFile(token.NewFileSet(), filepath.Join(typesFolder, "events.go"), nil,
		parser.AllErrors); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"v_1.json", "v1.json"} {
		put(t, filepath.Join(schemaFolder, name), `{}`)
	}
	_, err := ops(t, "", "types")
	if want := `types: v1.json and v_1.json would both be the type V1: name one of them with "x-view"`; err == nil ||
		err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}
