// Package schema says whether an event meets the JSON Schema of its type. The schemas
// are the files of package schemas; infra/docs/schemas.md says how to write one.
package schema

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schemas"
)

var plains = sync.Pool{New: func() any { return new(plain) }}

// Options say how schemas are understood.
type Options struct {
	Formats  bool     // whether "format" refuses values
	TypeFrom []string // where an event names its type, as event.Splitter is told
}

// Set is the schemas of all event types. It is safe for concurrent use.
type Set struct {
	byType   map[string]entry
	typeFrom []string
	place    func(url string) string
	library  *library
}

// entry is the schema of one type.
type entry struct {
	*jsonschema.Schema
	rule   *rule    // says of most valid events that they are
	silent []string // members that may name a type and that it does not mention
}

func newEntry(s *jsonschema.Schema, typeFrom []string) entry {
	return entry{s, ruleOf(s, map[*jsonschema.Schema]*rule{}), silentAbout(s, typeFrom)}
}

// Load compiles the embedded schemas. It fails only if the build did not check them.
func Load(o Options) (*Set, error) { return LoadFrom("", o) }

// Folder is the variable that names a folder of schemas in place of the embedded ones.
// Only a laptop sets it: no template has it.
const Folder = "SCHEMAS_FOLDER"

// LoadFrom compiles the schemas of a folder, or the embedded ones when folder is "".
func LoadFrom(folder string, o Options) (*Set, error) {
	if folder == "" {
		return Compile(schemas.Files, o)
	}
	return Compile(os.DirFS(folder), o)
}

// Compile compiles the schemas below the root of fsys. Its error names each file that
// is not a schema, the place in it as a JSON pointer, and what is wrong there.
func Compile(fsys fs.FS, o Options) (*Set, error) {
	names, failed := files(fsys)
	library := open(fsys, names)
	var sound []string
	for _, name := range names {
		if err := library.prepare(name, o.Formats); err != nil {
			failed = append(failed, err)
			continue
		}
		sound = append(sound, name)
	}
	set := &Set{byType: map[string]entry{}, typeFrom: o.TypeFrom, place: library.place, library: library}
	compiler := newCompiler(library, o.Formats)
	for _, name := range sound {
		compiled, err := compiler.Compile(address(name))
		if err != nil {
			failed = append(failed, library.locate(name, err))
		} else if !isShared(name) {
			set.byType[typeOf(name)] = newEntry(compiled, o.TypeFrom)
		}
	}
	if len(failed) > 0 {
		return nil, once(failed)
	}
	return set, nil
}

// once joins errors and drops repetitions, because several files can meet the same
// error.
func once(failed []error) error {
	slices.SortStableFunc(failed, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(slices.CompactFunc(failed, func(a, b error) bool { return a.Error() == b.Error() })...)
}

func newCompiler(loader jsonschema.URLLoader, formats bool) *jsonschema.Compiler {
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.UseLoader(loader)
	compiler.UseRegexpEngine(compilePattern)
	if formats {
		compiler.AssertFormat()
		for _, f := range stricter() {
			compiler.RegisterFormat(f)
		}
	}
	return compiler
}

// Types returns the event types that have a schema, sorted.
func (s *Set) Types() []string { return slices.Sorted(maps.Keys(s.byType)) }

// Validate checks an event, which must be JSON, against the schema of its type. known
// says whether there is one. An event that meets it has no findings.
func (s *Set) Validate(eventType string, event []byte) (known bool, findings []record.Finding) {
	entry, known := s.byType[eventType]
	if !known {
		return false, nil
	}
	return true, s.validate(entry, eventType, event)
}

// Unchecked says whether the findings are not a schema's. The event was then not
// checked: it has more than MaxValues values, a number of more than MaxDigits digits,
// or a value on which a pattern could not decide in time.
func Unchecked(findings []record.Finding) bool {
	return len(findings) == 1 && findings[0].Schema == ""
}

func (s *Set) validate(e entry, eventType string, event []byte) (found []record.Finding) {
	p := plains.Get().(*plain)
	defer plains.Put(p)
	defer p.release()
	tree, ok := p.parse(event)
	if !ok {
		var finding *record.Finding
		if tree, finding = parse(event); finding != nil {
			return []record.Finding{*finding}
		}
	}
	if len(e.silent) > 0 {
		s.hide(tree, eventType, e.silent)
	}
	defer giveUp(&found)
	if e.rule.takes(tree) {
		return nil
	}
	var failed *jsonschema.ValidationError
	if err := e.Validate(tree); errors.As(err, &failed) {
		return findings(failed, s.place)
	}
	return nil
}

// giveUp makes a finding of a pattern that could not decide in time.
func giveUp(found *[]record.Finding) {
	switch cause := recover().(type) {
	case nil:
	case undecided:
		*found = []record.Finding{{Message: record.Clip(string(cause), maxMessage), Offset: record.NoOffset}}
	default:
		panic(cause)
	}
}
