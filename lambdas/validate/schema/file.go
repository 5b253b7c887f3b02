package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"global-ingest/lambdas/record"
)

// base is where the schemas live as URLs, whatever their $id is.
const base = "embedded:///"

// The folders that hold no event types, and the suffix of a file that is one.
const (
	examples = "examples" // at the root
	shared   = "shared"   // at any depth
	suffix   = ".json"
)

// library is the files of a folder, and loads them for the engine. It refuses every
// other URL: a schema must not reach the network or the disk of the machine that
// compiles it.
type library struct {
	docs  map[string]any    // content of the files, by name
	wrong map[string]error  // why a file has no content
	names map[string]string // names of the files, by URL: their place and their own $id
}

// files returns the names of all schemas below the root of fsys, sorted, and what is
// wrong with the other files: nothing that an author put there may be ignored.
func files(fsys fs.FS) (schemas []string, failed []error) {
	folded := map[string]string{}
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == "embed.go" || entry.Name() == ".DS_Store" {
			return err
		}
		if err := checkName(name); err != nil {
			failed = append(failed, err)
			return nil
		}
		if other := folded[strings.ToLower(name)]; other != "" {
			const alike = "%s: differs from %s only in capitals, which some machines do not tell apart: rename one"
			failed = append(failed, fmt.Errorf(alike, name, other))
		}
		folded[strings.ToLower(name)] = name
		if !isExample(name) {
			schemas = append(schemas, name)
		}
		return nil
	})
	if err != nil {
		failed = append(failed, fmt.Errorf("listing schemas: %w", err))
	}
	return schemas, append(failed, orphans(folded, schemas)...)
}

// checkName says what to do about a file that is neither a schema nor an example.
func checkName(name string) error {
	switch file := path.Base(name); {
	case strings.HasPrefix(file, ".") || strings.HasPrefix(file, "_"):
		return fmt.Errorf("%s: would be ignored, because its name begins with %q: rename or remove it", name, file[:1])
	case path.Ext(file) != suffix || file == suffix:
		return fmt.Errorf("%s: would be ignored, because its name does not end in %s: rename or remove it", name, suffix)
	case !isExample(name):
		return nil
	}
	if kind := path.Base(path.Dir(name)); kind != "valid" && kind != "invalid" || typeOfExample(name) == "" {
		return fmt.Errorf("%s: would be ignored: move it to %s/<type>/valid or %s/<type>/invalid", name, examples, examples)
	}
	return nil
}

func isExample(name string) bool { return strings.HasPrefix(name, examples+"/") }

// typeOfExample returns the type of examples/<type>/valid/x.json, or "".
func typeOfExample(name string) string {
	folder := path.Dir(path.Dir(name))
	return strings.TrimPrefix(strings.TrimPrefix(folder, examples), "/")
}

// orphans are examples of a type that has no schema.
func orphans(names map[string]string, schemas []string) (failed []error) {
	for _, name := range slices.Sorted(maps.Values(names)) {
		if !isExample(name) {
			continue
		}
		if eventType := typeOfExample(name); !slices.Contains(schemas, eventType+suffix) || isShared(eventType+suffix) {
			failed = append(failed, fmt.Errorf("%s: is an example of %q, which has no %s: add it or remove the example",
				name, eventType, eventType+suffix))
		}
	}
	return failed
}

// isShared says whether a schema is only for others to refer to.
func isShared(name string) bool {
	return slices.Contains(strings.Split(path.Dir(name), "/"), shared)
}

// typeOf returns the event type whose schema is the file called name.
func typeOf(name string) string { return strings.TrimSuffix(name, suffix) }

// open reads the files called names.
func open(fsys fs.FS, names []string) *library {
	l := &library{docs: map[string]any{}, wrong: map[string]error{}, names: map[string]string{}}
	for _, name := range names {
		doc, err := read(fsys, name)
		if err == nil {
			l.docs[name] = doc
		}
		l.wrong[name] = errors.Join(err, l.add(name, doc))
	}
	return l
}

// add makes a file known by its place and by the absolute $id that it may have.
func (l *library) add(name string, doc any) error {
	l.names[address(name)] = name
	id := identity(doc)
	if u, err := url.Parse(id); err != nil || !u.IsAbs() {
		return nil // it is relative to the place, and so are references to it
	}
	if other := l.names[id]; other != "" && other != name {
		return at(name, "/$id", "%q is the $id of %s too", id, other)
	}
	l.names[id] = name
	return nil
}

// identity returns the $id of a schema, without a fragment.
func identity(doc any) string {
	root, _ := doc.(map[string]any)
	for _, keyword := range []string{"$id", "id"} {
		if id, ok := root[keyword].(string); ok {
			id, _, _ = strings.Cut(id, "#")
			return id
		}
	}
	return ""
}

// address returns the URL of the file called name.
func address(name string) string {
	return (&url.URL{Scheme: strings.TrimSuffix(base, ":///"), Path: "/" + name}).String()
}

// Load implements jsonschema.URLLoader.
func (l *library) Load(url string) (any, error) {
	if doc, ok := l.docs[l.names[url]]; ok {
		return doc, nil
	}
	return nil, errNoFile
}

var errNoFile = errors.New("cannot be referred to: no file below schemas/ is there or has this $id")

// place returns a place in a schema as the name of its file and a JSON pointer.
func (l *library) place(url string) string {
	file, pointer, found := strings.Cut(url, "#")
	if name := l.names[file]; name != "" {
		file = name
	}
	if !found {
		return file
	}
	return file + "#" + pointer
}

// read reads a file that must be strict JSON.
func read(fsys fs.FS, name string) (any, error) {
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	decoder := jsontext.NewDecoder(bytes.NewReader(data))
	if err := decoder.SkipValue(); err != nil {
		var syntax *jsontext.SyntacticError
		if errors.As(err, &syntax) {
			return nil, at(name, string(syntax.JSONPointer), "%w near byte %d", syntax.Err, syntax.ByteOffset)
		}
		return nil, at(name, "", "%w", err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return nil, at(name, "", "%w", err)
	}
	return doc, nil
}

// locate says where in the file called name the compiler's err has its cause.
func (l *library) locate(name string, err error) error {
	var (
		unsound *jsonschema.LoadURLError
		invalid *jsonschema.SchemaValidationError
		missing *jsonschema.JSONPointerNotFoundError
		anchor  *jsonschema.AnchorNotFoundError
	)
	switch {
	case errors.As(err, &unsound):
		if wrong := l.wrong[l.names[unsound.URL]]; wrong != nil {
			return wrong // with a file that this one refers to
		}
		return at(name, pointerOfRef(l.docs[name], unsound.URL), "%q %w", unsound.URL, errNoFile)
	case errors.As(err, &invalid):
		return l.locateInvalid(name, invalid)
	case errors.As(err, &missing):
		return at(name, pointerOfRef(l.docs[name], missing.URL), "%q does not exist", l.place(missing.URL))
	case errors.As(err, &anchor):
		return at(name, pointerOfRef(l.docs[name], anchor.Reference), "%q does not exist", l.place(anchor.Reference))
	}
	return at(name, "", "%w", err)
}

func (l *library) locateInvalid(name string, invalid *jsonschema.SchemaValidationError) error {
	var failed *jsonschema.ValidationError
	if !errors.As(invalid.Err, &failed) {
		return at(name, "", "%w", invalid.Err)
	}
	// The file that is wrong may be one that this one refers to.
	if file, _, _ := strings.Cut(invalid.URL, "#"); l.names[file] != "" {
		name = l.names[file]
	}
	// Several findings at one place are the branches of an anyOf of the metaschema: the
	// first one says it.
	found := slices.CompactFunc(findings(failed, l.place), func(a, b record.Finding) bool {
		return a.Instance == b.Instance
	})
	var all []error
	for _, f := range found {
		all = append(all, at(name, f.Instance, "%s", f.Message))
	}
	return errors.Join(all...)
}

// pointerOfRef returns where in doc the reference stands that was resolved to url, or
// "".
func pointerOfRef(doc any, url string) (found string) {
	walk(doc, "", func(pointer, keyword string, value any) {
		ref, isText := value.(string)
		if isText && strings.HasPrefix(keyword, "$") && ref != "" && strings.HasSuffix(url, strings.TrimSuffix(ref, "#")) {
			if found == "" || pointer < found {
				found = pointer
			}
		}
	})
	return found
}

// walk calls visit for each value of doc that is neither an object nor an array, in no
// order, with its JSON pointer and the name of the member that holds it.
func walk(doc any, pointer string, visit func(pointer, keyword string, value any)) {
	visitMember := func(name string, value any) {
		child := below(pointer, name)
		switch value.(type) {
		case map[string]any, []any:
			walk(value, child, visit)
		default:
			visit(child, name, value)
		}
	}
	switch doc := doc.(type) {
	case map[string]any:
		for name, value := range doc {
			visitMember(name, value)
		}
	case []any:
		for i, value := range doc {
			visitMember(fmt.Sprint(i), value)
		}
	}
}

// below returns the JSON pointer of a member of what pointer points to.
func below(pointer string, names ...string) string {
	p := jsontext.Pointer(pointer)
	for _, name := range names {
		p = p.AppendToken(name)
	}
	return string(p)
}

// at returns an error about one place of a file.
func at(name, pointer, format string, args ...any) error {
	return fmt.Errorf("%s#%s: %w", name, pointer, fmt.Errorf(format, args...))
}
