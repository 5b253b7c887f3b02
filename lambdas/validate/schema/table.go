package schema

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"global-ingest/lambdas/validate/schema/column"
)

// Table is what SQL sees of an event type.
type Table struct {
	Type, View string
	Title      string
	Columns    []column.Column
	Without    []string // paths of members that have no column
}

// Tables returns a table for each event type, sorted by type. The error names each place
// of a schema that no table can have. The set must have been loaded with Formats:
// without them a time is any text.
func (s *Set) Tables() ([]Table, error) {
	var tables []Table
	var failed []error
	views := map[string]string{}
	for _, eventType := range s.Types() {
		root := s.byType[eventType].Schema
		view, err := column.View(eventType, s.note(root, "x-view"))
		if err != nil {
			failed = append(failed, fmt.Errorf("%s#: %s: %w", eventType+suffix, column.Unnamed, err))
			continue
		}
		for _, name := range []string{view, view + column.Once} {
			if other := views[name]; other != "" {
				const twice = "%s#: %s: makes the view %s, which %s makes too: name one of them with \"x-view\""
				failed = append(failed, fmt.Errorf(twice, eventType+suffix, column.Collides, name, other+suffix))
			}
			views[name] = eventType
		}
		m := column.Of(root, s.typeFrom, s.note)
		failed = append(failed, s.problems(m.Refused)...)
		tables = append(tables, Table{eventType, view, root.Title, m.Columns, m.Without})
	}
	if len(failed) > 0 {
		return nil, once(failed)
	}
	return tables, nil
}

// Advice returns what a build warns of and takes, a line for each place of a schema.
func (s *Set) Advice() (lines []string) {
	for _, eventType := range s.Types() {
		for _, err := range s.problems(column.Of(s.byType[eventType].Schema, s.typeFrom, s.note).Advisory) {
			lines = append(lines, err.Error())
		}
	}
	return lines
}

func (s *Set) problems(found []column.Problem) (errs []error) {
	for _, p := range found {
		errs = append(errs, errors.New(s.place(p.Place)+": "+p.Rule+": "+p.Says))
	}
	return errs
}

// note returns an annotation that stands in a schema of a file.
func (s *Set) note(in *jsonschema.Schema, word string) any {
	url, pointer, _ := strings.Cut(in.Location, "#")
	value := s.library.docs[s.library.names[url]]
	for token := range jsontext.Pointer(pointer).Tokens() {
		switch v := value.(type) {
		case map[string]any:
			value = v[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	object, _ := value.(map[string]any)
	return object[word]
}
