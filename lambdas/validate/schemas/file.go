package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// base is where the schemas live as URLs. Nothing else can be referred to.
const base = "embedded:///"

// draft is the only dialect: the one that the whole product is tested with.
const draft = "https://json-schema.org/draft/2020-12/schema"

// folder loads the schemas of one folder, and refuses every other URL: a schema
// must not reach the network or the disk of whoever compiles it.
type folder struct{ fs.FS }

// Load implements jsonschema.URLLoader.
func (f folder) Load(url string) (any, error) {
	name, ok := strings.CutPrefix(url, base)
	if !ok || !fs.ValidPath(name) || strings.Contains(name, "/") {
		return nil, errors.New("only schemas of the same folder can be referred to")
	}
	return read(f.FS, name)
}

// read reads a file that must be strict JSON and keep to the rules of this package.
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
	return doc, check(name, doc)
}

// check refuses what the draft allows and this package does not.
func check(name string, doc any) error {
	if root, ok := doc.(map[string]any); ok {
		if dialect, ok := root["$schema"]; ok && dialect != draft {
			return at(name, "/$schema", "must be %s", draft)
		}
	}
	var failed []error
	walk(doc, "", func(pointer, keyword string, value any) {
		if err := checkValue(keyword, value); err != nil {
			failed = append(failed, at(name, pointer, "%w", err))
		}
	})
	return errors.Join(failed...)
}

func checkValue(keyword string, value any) error {
	switch value := value.(type) {
	case string:
		if keyword == "$ref" || keyword == "$dynamicRef" {
			if ref, err := url.Parse(value); err != nil || ref.IsAbs() || ref.Host != "" || strings.Contains(ref.Path, "/") {
				return fmt.Errorf("%q cannot be referred to, only schemas of the same folder", value)
			}
		}
	case json.Number:
		return checkConstant(value.String())
	}
	return nil
}

// walk calls visit for each value of doc that is no object or array, in no order,
// with its JSON pointer and the name of the member that holds it.
func walk(doc any, pointer string, visit func(pointer, keyword string, value any)) {
	visitMember := func(name string, value any) {
		child := string(jsontext.Pointer(pointer).AppendToken(name))
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

// locate says where in the file called name the compiler's err has its cause.
func locate(name string, doc any, err error) error {
	var (
		invalid *jsonschema.SchemaValidationError
		load    *jsonschema.LoadURLError
		missing *jsonschema.JSONPointerNotFoundError
		anchor  *jsonschema.AnchorNotFoundError
	)
	switch {
	case errors.As(err, &invalid):
		return locateInvalid(name, invalid)
	case errors.As(err, &load):
		return at(name, pointerOfRef(doc, load.URL), "%q: %w", load.URL, load.Err)
	case errors.As(err, &missing):
		return at(name, pointerOfRef(doc, missing.URL), "%q does not exist", strings.TrimPrefix(missing.URL, base))
	case errors.As(err, &anchor):
		return at(name, pointerOfRef(doc, anchor.Reference), "%q does not exist", strings.TrimPrefix(anchor.Reference, base))
	}
	return at(name, "", "%w", err)
}

func locateInvalid(name string, invalid *jsonschema.SchemaValidationError) error {
	var failed *jsonschema.ValidationError
	if !errors.As(invalid.Err, &failed) {
		return at(name, "", "%w", invalid.Err)
	}
	// The file that is wrong may be one that this one refers to.
	if file, _, ok := strings.Cut(strings.TrimPrefix(invalid.URL, base), "#"); ok && file != "" {
		name = file
	}
	var all []error
	for _, f := range findings(failed) {
		all = append(all, at(name, f.Instance, "%s", f.Message))
	}
	return errors.Join(all...)
}

// pointerOfRef returns where in doc the reference stands that was resolved to url,
// or "" when it is not in doc.
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

// at returns an error about one place of a file.
func at(name, pointer, format string, args ...any) error {
	return fmt.Errorf("%s#%s: %w", name, pointer, fmt.Errorf(format, args...))
}
