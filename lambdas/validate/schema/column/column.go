// Package column says which typed columns the events of a JSON Schema have in SQL: one
// for each member whose type the schema fixes, objects taken apart down to MaxDepth.
// It knows no SQL beyond the names of types.
package column

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// MaxDepth is how many members a column's path may have. A deeper object is one column
// of JSON text.
const MaxDepth = 4

// Kind is what a column holds.
type Kind int

// The kinds. Every column may be NULL, whatever a schema requires: events from before
// the schema said so are in the lake too.
const (
	JSON    Kind = iota // JSON text: an array, a map, or a value whose type varies
	Text                // a string
	Instant             // a string of format date-time, in UTC
	Date                // a string of format date
	Boolean
	Whole   // an integer within 64 bits
	Decimal // an exact number of Precision digits, Scale of them after the point
	Double  // any other number
)

// Column is one column of a type's view.
type Column struct {
	Name             string
	Path             []string // the member, from the top of the event
	Kind             Kind
	Precision, Scale int    // of a Decimal
	JSONType         string // as the schema says it, such as "string" or "array"
	Required         bool   // the schema requires the member, and each object around it
	Place            string // URL of the member's schema
	Describes        string // the description of the member, or of what it refers to
}

// Type is the column's type in Trino, which Athena speaks.
func (c Column) Type() string {
	switch c.Kind {
	case Instant:
		return "timestamp(3)"
	case Date:
		return "date"
	case Boolean:
		return "boolean"
	case Whole:
		return "bigint"
	case Decimal:
		return fmt.Sprintf("decimal(%d,%d)", c.Precision, c.Scale)
	case Double:
		return "double"
	}
	return "varchar"
}

// GlueType is the name that the Glue catalog, which has Hive's types, has for one of Trino's.
func GlueType(trino string) string {
	switch trino {
	case "varchar":
		return "string"
	case "timestamp(3)":
		return "timestamp"
	}
	return trino
}

// Note returns an annotation that stands in a schema itself, or nil.
type Note func(s *jsonschema.Schema, word string) any

// Problem is what is wrong with one place of a schema, by a rule.
type Problem struct {
	Place string // URL
	Rule  string
	Says  string
}

// The rules.
const (
	Collides      = "column-collides"
	Reserved      = "column-reserved"
	Unnamed       = "view-unnamed"
	Unbounded     = "number-unbounded"
	WithoutFormat = "time-without-format"
)

// Mapping is what becomes of one schema.
type Mapping struct {
	Columns  []Column  // by name
	Without  []string  // paths of members whose names no column can have
	Refused  []Problem // what a build refuses
	Advisory []Problem // what a build warns of, and takes
}

// Of maps the schema of a type. typeFrom are the members that name an event's type; one
// at the top makes no column, for every view has the type.
func Of(root *jsonschema.Schema, typeFrom []string, note Note) Mapping {
	w := &walker{note: note, typeFrom: typeFrom}
	w.object(factsOf(root), nil, true, []*jsonschema.Schema{root})
	slices.SortStableFunc(w.Columns, func(a, b Column) int { return cmp.Compare(a.Name, b.Name) })
	for i, c := range w.Columns {
		if i > 0 && w.Columns[i-1].Name == c.Name {
			w.refuse(c.Place, Collides, "makes the column %s, which %s makes too: name one of them with \"x-column\"",
				c.Name, strings.Join(w.Columns[i-1].Path, "."))
		}
	}
	return w.Mapping
}

type walker struct {
	Mapping
	note     Note
	typeFrom []string
}

// object adds the columns of an object's members. within are the schemas around them: one
// that holds itself is JSON text from there on.
func (w *walker) object(f facts, path []string, required bool, within []*jsonschema.Schema) {
	for _, name := range slices.Sorted(maps.Keys(f.properties)) {
		property := f.properties[name]
		if len(path) == 0 && slices.Contains(w.typeFrom, name) {
			continue
		}
		member := append(slices.Clone(path), name)
		if !isName(name) {
			w.Without = append(w.Without, strings.Join(member, "."))
			continue
		}
		w.member(property, member, required && f.required[name], within)
	}
}

func (w *walker) member(s *jsonschema.Schema, path []string, required bool, within []*jsonschema.Schema) {
	f := factsOf(s)
	own, isOwn := w.note(s, "x-column").(string)
	if isOwn && own == "" {
		return // its author wants none
	}
	recursive := slices.ContainsFunc(f.schemas, func(s *jsonschema.Schema) bool { return slices.Contains(within, s) })
	if f.only() == "object" && len(f.properties) > 0 && len(path) < MaxDepth && !recursive && !isOwn {
		w.object(f, path, required, slices.Concat(within, f.schemas))
		return
	}
	c := f.column()
	c.Name, c.Path, c.Required, c.Place = snake(path), path, required, s.Location
	if isOwn {
		c.Name = own
	}
	w.judge(c, f)
	w.Columns = append(w.Columns, c)
}

// judge says what is wrong with a column.
func (w *walker) judge(c Column, f facts) {
	switch {
	case !isColumn(c.Name):
		w.refuse(c.Place, Reserved, "x-column is %q, must be small letters, digits and _, and begin with no digit", c.Name)
	case slices.Contains(Envelope, c.Name):
		w.refuse(c.Place, Reserved, "makes the column %s, which every view has: give it another with \"x-column\"", c.Name)
	case reserved[c.Name]:
		w.refuse(c.Place, Reserved, "makes the column %s, a word of SQL: give it another with \"x-column\"", c.Name)
	}
	if only := f.only(); (only == "number" || only == "integer") && (f.min == nil || f.max == nil) {
		w.advise(c.Place, Unbounded, "one event may hold any number, and spoil every average: add minimum and maximum")
	}
	if c.Kind == Text && f.format == "" && isTime(c.Path[len(c.Path)-1]) {
		w.advise(c.Place, WithoutFormat,
			"its name says a time, and the column is text: add \"format\": \"date-time\" or \"date\"")
	}
}

func (w *walker) refuse(place, rule, format string, args ...any) {
	w.Refused = append(w.Refused, Problem{place, rule, fmt.Sprintf(format, args...)})
}

func (w *walker) advise(place, rule, says string) {
	w.Advisory = append(w.Advisory, Problem{place, rule, says})
}
