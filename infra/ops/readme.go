package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/validate/schema"
)

// pages are the pages with a generated part: its name in the page's markers, and what writes it.
var pages = map[string]struct {
	part  string
	table func() (string, error)
}{
	"infra/docs/settings.md": {"settings", settingsTable},
	"infra/docs/operate.md":  {"cost", costTable},
	"infra/docs/events.md":   {"events", eventTables},
	"infra/docs/clients.md":  {"clients", clientPaths},
}

// readme writes the generated parts of the docs: the settings of an environment, what one
// costs, the views of events, and the clients.
func readme(_ context.Context, _ terminal, f *flags) error {
	if err := f.parse(); err != nil {
		return err
	}
	for page := range pages {
		_, text, err := generate(page)
		if err != nil {
			return err
		}
		if err := os.WriteFile(page, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns a page as it is, and with its part up to date.
func generate(page string) (old, text []byte, err error) {
	if old, err = os.ReadFile(page); err != nil {
		return nil, nil, err
	}
	p := pages[page]
	begin, end := fmt.Appendf(nil, "<!-- %s: make readme -->\n", p.part), fmt.Appendf(nil, "<!-- end of %s -->", p.part)
	before, rest, found := bytes.Cut(old, begin)
	_, after, closed := bytes.Cut(rest, end)
	if !found || !closed {
		return nil, nil, fmt.Errorf("%s has no place for %s: want %q and %q", page, p.part, begin, end)
	}
	content, err := p.table()
	if err != nil {
		return nil, nil, fmt.Errorf("writing %s: %w", p.part, err)
	}
	return old, bytes.Join([][]byte{before, begin, []byte(content), end, after}, nil), nil
}

// settingsTable is a row for each field of an Environment: its name, its default, what it
// may be, and its comment.
func settingsTable() (string, error) {
	comments, err := commentsOf("infra/environment", "lambdas/ingest", "lambdas/validate")
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.WriteString("| setting | default | allowed | |\n| --- | --- | --- | --- |\n")
	env := environment.Default("")
	for _, field := range env.Fields() {
		if field.Value.Kind() == reflect.Struct {
			fmt.Fprintf(&out, "| **%s** | | | %s |\n", field.Path, comments[field.Comment])
			continue
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n",
			field.Path, defaultOf(field.Value), field.Allowed(), comments[field.Comment])
	}
	return out.String(), nil
}

// defaultOf is a value as a person writes it; nothing for an empty text or list.
func defaultOf(value reflect.Value) string {
	switch value.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		if value.Len() == 0 {
			return ""
		}
	}
	return fmt.Sprintf("`%v`", value.Interface())
}

// commentsOf returns the comments of the fields of every struct in some folders, by
// "Struct.Field".
func commentsOf(folders ...string) (map[string]string, error) {
	comments := map[string]string{}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, path := range files {
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			addComments(comments, file)
		}
	}
	return comments, nil
}

func addComments(comments map[string]string, file *ast.File) {
	ast.Inspect(file, func(node ast.Node) bool {
		spec, isType := node.(*ast.TypeSpec)
		if !isType {
			return true
		}
		if structure, isStruct := spec.Type.(*ast.StructType); isStruct {
			for _, field := range structure.Fields.List {
				for _, name := range field.Names {
					words := strings.Fields(field.Doc.Text() + field.Comment.Text())
					comments[spec.Name.Name+"."+name.Name] = strings.Join(words, " ")
				}
			}
		}
		return false
	})
}

// eventTables is what infra/docs/events.md says of each event type: its members with
// their columns, an example, and a query.
func eventTables() (string, error) {
	all, err := tables()
	if err != nil {
		return "", err
	}
	var out strings.Builder
	required := map[bool]string{true: "yes"}
	for _, t := range all {
		if t.Type == "canary" {
			continue
		}
		fmt.Fprintf(&out, "## %s\n\n%s. The view is `%s`.\n\n", t.Type, t.Title, t.View)
		out.WriteString("| member | JSON type | column | SQL type | required | |\n| --- | --- | --- | --- | --- | --- |\n")
		for _, c := range t.Columns {
			fmt.Fprintf(&out, "| `%s` | %s | `%s` | %s | %s | %s |\n",
				strings.Join(c.Path, "."), cmp.Or(c.JSONType, "any"), c.Name, c.Type(), required[c.Required], c.Describes)
		}
		for _, path := range t.Without {
			fmt.Fprintf(&out, "| `%s` | | in `event` only: its name can be no column's | | | |\n", path)
		}
		if err := example(&out, t); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

// example writes the first valid example of a type, if it has one, and a query.
func example(out *strings.Builder, t schema.Table) error {
	valid, err := filepath.Glob(filepath.Join(schemaFolder, "examples", t.Type, "valid", "*.json"))
	if err != nil {
		return err
	}
	if len(valid) > 0 {
		text, err := os.ReadFile(valid[0])
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "\n```json\n%s\n```\n", bytes.TrimSpace(text))
	}
	fmt.Fprintf(out, "\n```sql\nSELECT day, count(DISTINCT id) AS events\nFROM %s\nWHERE day >= '%s'\n"+
		"GROUP BY day\nORDER BY day\n```\n\n",
		t.View, environment.Default("").Query.Since)
	return nil
}

// clientPaths is a row for each client of the table: where its events name their type, and
// its paths.
func clientPaths() (string, error) {
	var b strings.Builder
	b.WriteString("| name in `Clients` | type | paths |\n| --- | --- | --- |\n")
	for _, c := range clients.Table {
		paths := append(code("", c.Posts), code("GET ", c.Gets)...)
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Name, typeOf(c), strings.Join(paths, ", "))
	}
	return b.String(), nil
}

// typeOf says where an event of c names its type.
func typeOf(c clients.Client) string {
	switch {
	case c.Name == clients.CloudEvents:
		return "`type`, or the header `ce-type`"
	case len(c.Types) == 0:
		return "`TypeFrom`"
	}
	return strings.Join(code("", c.Types), ", ")
}

// code returns each of the words as code, behind a prefix.
func code(prefix string, words []string) (all []string) {
	for _, word := range words {
		all = append(all, "`"+prefix+word+"`")
	}
	return all
}
