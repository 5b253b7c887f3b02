package schema

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// checked are the formats by which the engine refuses values. described refuse nothing:
// they are names that published schemas use, most of them OpenAPI's.
// infra/docs/schemas.md lists both.
var (
	checked = strings.Fields("date-time date time duration period email hostname ipv4 ipv6 uri uri-reference " +
		"iri iri-reference uuid json-pointer relative-json-pointer regex semver")
	described = strings.Fields("uri-template idn-email idn-hostname int32 int64 float double byte binary password")
)

// stricter returns formats for which the engine accepts values that no standard allows,
// because it reads digits with strconv.Atoi, which accepts a sign.
func stricter() []*jsonschema.Format {
	return []*jsonschema.Format{
		only("date-time", func(text string) bool { return len(text) < 11 || signs(text[11:]) }),
		only("time", signs),
		only("ipv4", func(text string) bool { return !strings.Contains(text, "+") }),
		only("email", func(text string) bool { return !strings.HasPrefix(text, "@") }),
	}
}

// only returns the engine's format of this name, for texts that are also ok.
func only(name string, ok func(text string) bool) *jsonschema.Format {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	_ = compiler.AddResource(base, map[string]any{"format": name})
	engines := compiler.MustCompile(base).Format.Validate
	return &jsonschema.Format{Name: name, Validate: func(value any) error {
		if text, isText := value.(string); isText && !ok(text) {
			return errFormat
		}
		return engines(value)
	}}
}

var errFormat = errors.New("has a sign or lacks a part")

// signs says whether a time has no sign except that of its offset.
func signs(text string) bool {
	const offset = len("hh:mm:ss")
	first := strings.IndexAny(text, "+-")
	return first < 0 || first >= offset && first == strings.LastIndexAny(text, "+-")
}

// checkFormat refuses a name that would refuse nothing.
func checkFormat(name string) error {
	if slices.Contains(checked, name) || slices.Contains(described, name) {
		return nil
	}
	if near := nearest(name, slices.Values(checked)); near != "" {
		return fmt.Errorf("%q is not a known format, did you mean %q?", name, near)
	}
	return fmt.Errorf("%q is not a known format, known are %s; use a pattern instead", name, strings.Join(checked, ", "))
}
