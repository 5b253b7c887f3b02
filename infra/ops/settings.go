package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"

	"global-ingest/infra/environment"
)

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
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s |\n", field.Path, defaultOf(field.Value), field.Allowed(), comments[field.Comment])
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

// addComments adds those of one file.
func addComments(comments map[string]string, file *ast.File) {
	ast.Inspect(file, func(node ast.Node) bool {
		spec, isType := node.(*ast.TypeSpec)
		if !isType {
			return true
		}
		if structure, isStruct := spec.Type.(*ast.StructType); isStruct {
			for _, field := range structure.Fields.List {
				for _, name := range field.Names {
					comments[spec.Name.Name+"."+name.Name] = strings.Join(strings.Fields(field.Doc.Text()+field.Comment.Text()), " ")
				}
			}
		}
		return false
	})
}
