package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"global-ingest/infra/environment"
)

// settingsTable is a row for each field of an Environment: its name, its default, and what
// its comment says of it.
func settingsTable() (string, error) {
	comments, err := commentsOf("infra/environment")
	if err != nil {
		return "", err
	}
	var out strings.Builder
	out.WriteString("| setting | default | |\n| --- | --- | --- |\n")
	rows(&out, comments, "", reflect.ValueOf(environment.Default("")))
	return out.String(), nil
}

// rows writes the fields of a struct, those of structs inside it with their path.
func rows(out *strings.Builder, comments map[string]string, path string, of reflect.Value) {
	for i := range of.NumField() {
		field := of.Type().Field(i)
		comment := comments[of.Type().Name()+"."+field.Name]
		if of.Field(i).Kind() == reflect.Struct {
			fmt.Fprintf(out, "| **%s** | | %s |\n", path+field.Name, comment)
			rows(out, comments, path+field.Name+".", of.Field(i))
			continue
		}
		fmt.Fprintf(out, "| `%s` | %s | %s |\n", path+field.Name, defaultOf(of.Field(i)), comment)
	}
}

// defaultOf is a value as a person writes it; nothing for one that is empty.
func defaultOf(value reflect.Value) string {
	if value.IsZero() && value.Kind() != reflect.Bool && value.Kind() != reflect.Int && value.Kind() != reflect.Int64 {
		return ""
	}
	return fmt.Sprintf("`%v`", value.Interface())
}

// aDefault is where a comment says what the column beside it says.
var aDefault = regexp.MustCompile(`; default [^;]*$|\s*Default \S+\.$`)

// commentsOf returns the comments of the fields of every struct in a folder, by
// "Struct.Field".
func commentsOf(folder string) (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	comments := map[string]string{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		addComments(comments, file)
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
				text := strings.Join(strings.Fields(field.Doc.Text()+field.Comment.Text()), " ")
				for _, name := range field.Names {
					text = strings.TrimPrefix(text, name.Name+" ")
					comments[spec.Name.Name+"."+name.Name] = aDefault.ReplaceAllString(text, "")
				}
			}
		}
		return false
	})
}
