// Package schemas says whether an event meets the JSON Schema of its type. The
// schemas are the files <type>.json of this folder, draft 2020-12, embedded:
// adding an event type is adding one file. Its examples stand below examples/.
//
// By the draft, "format" only describes and refuses nothing; "pattern" refuses,
// and is a regular expression of Go's regexp package, which takes linear time.
package schemas

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"global-ingest/lambdas/record"
)

//go:embed *.json
var files embed.FS

var plains = sync.Pool{New: func() any { return new(plain) }}

// Set is the schemas of all event types. It is safe for concurrent use.
type Set struct {
	byType map[string]*jsonschema.Schema
}

// Load compiles the embedded schemas. It fails only for a schema that a build with
// its check would have refused.
func Load() (*Set, error) { return Compile(files) }

// Compile compiles the files *.json at the root of fsys. Its error names each file
// that is no schema, the place in it as a JSON pointer, and what is wrong there.
func Compile(fsys fs.FS) (*Set, error) {
	names, err := fs.Glob(fsys, "*.json")
	if err != nil {
		return nil, fmt.Errorf("listing schemas: %w", err)
	}
	compiler := newCompiler(folder{fsys})
	set := &Set{byType: map[string]*jsonschema.Schema{}}
	var failed []error
	for _, name := range names {
		doc, err := read(fsys, name)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		schema, err := compiler.Compile(base + name)
		if err != nil {
			failed = append(failed, locate(name, doc, err))
			continue
		}
		set.byType[strings.TrimSuffix(name, path.Ext(name))] = schema
	}
	if len(failed) > 0 {
		return nil, errors.Join(failed...)
	}
	return set, nil
}

func newCompiler(loader jsonschema.URLLoader) *jsonschema.Compiler {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseLoader(loader)
	return compiler
}

// Types returns the event types that have a schema, sorted.
func (s *Set) Types() []string {
	var types []string
	for name := range s.byType {
		types = append(types, name)
	}
	slices.Sort(types)
	return types
}

// Validate checks an event against the schema of its type. known says whether
// there is one; an event that meets it has no findings. The event must be JSON.
func (s *Set) Validate(eventType string, event []byte) (known bool, findings []record.Error) {
	schema, known := s.byType[eventType]
	if !known {
		return false, nil
	}
	return true, validate(schema, event)
}

// Unchecked says of the findings of an event that they are no schema's: it has more than
// MaxValues values, or a number of more than MaxDigits digits, and was not checked.
func Unchecked(findings []record.Error) bool {
	return len(findings) == 1 && findings[0].Schema == ""
}

func validate(schema *jsonschema.Schema, event []byte) []record.Error {
	p := plains.Get().(*plain)
	defer plains.Put(p)
	defer p.release()
	tree, ok := p.parse(event)
	if !ok {
		var finding *record.Error
		if tree, finding = parse(event); finding != nil {
			return []record.Error{*finding}
		}
	}
	var failed *jsonschema.ValidationError
	if err := schema.Validate(tree); errors.As(err, &failed) {
		return findings(failed)
	}
	return nil
}
