package synth

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
)

// resource is one resource of a template.
type resource struct {
	ID         string
	Type       string
	Properties map[string]any
	Delete     string // DeletionPolicy
	Replace    string // UpdateReplacePolicy
}

// resources returns those of s, of the given types or all, sorted by id.
func (s *stack) resources(types ...string) []resource {
	var found []resource
	all := s.Template["Resources"].(map[string]any)
	for _, id := range slices.Sorted(maps.Keys(all)) {
		body := all[id].(map[string]any)
		r := resource{ID: id, Type: body["Type"].(string)}
		r.Properties, _ = body["Properties"].(map[string]any)
		r.Delete, _ = body["DeletionPolicy"].(string)
		r.Replace, _ = body["UpdateReplacePolicy"].(string)
		if len(types) == 0 || slices.Contains(types, r.Type) {
			found = append(found, r)
		}
	}
	return found
}

// the returns the only resource of s whose path is the given one.
func (s *stack) the(t *testing.T, path string) resource {
	t.Helper()
	for _, r := range s.resources() {
		if name(r.ID) == path {
			return r
		}
	}
	t.Fatalf("%s has no resource %s", s.title(), path)
	return resource{}
}

func (s *stack) title() string { return path.Join(s.Stage, s.Region, s.Name) }

// stackOf returns a stage's stack at home by its name.
func stackOf(t *testing.T, stage, name string) *stack {
	t.Helper()
	for _, s := range stacks {
		if s.Stage == stage && s.Region == "" && s.Name == name {
			return s
		}
	}
	t.Fatalf("no stack %s/%s", stage, name)
	return nil
}

// each runs check for every stack, or for those of one name.
func each(t *testing.T, name string, check func(*testing.T, *stack)) {
	t.Helper()
	for _, s := range stacks {
		if name == "" || s.Name == name {
			t.Run(s.title(), func(t *testing.T) { check(t, s) })
		}
	}
}

// at follows keys into v and returns nil where there is nothing.
func at(v any, keys ...string) any {
	for _, key := range keys {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

var hash = regexp.MustCompile(`[0-9A-F]{8}([0-9a-f]{32})?$`)

// name is a logical id without the hash that the CDK adds to it.
func name(id string) string { return hash.ReplaceAllString(id, "") }

// imported is what another stack of the stage exports under a name.
func (s *stack) imported(export string) string {
	for _, other := range s.stageStack {
		outputs, _ := other.Template["Outputs"].(map[string]any)
		for _, output := range outputs {
			if at(output, "Export", "Name") == export {
				return other.text(at(output, "Value"))
			}
		}
	}
	return "no stack exports " + export
}

// read is what another stack of the stage puts out, and its region.
func (s *stack) read(from map[string]any) string {
	other := s.stageStack[fmt.Sprint(from["StackName"])]
	if other == nil {
		return fmt.Sprintf("no stack is called %v", from["StackName"])
	}
	value := at(other.Template, "Outputs", fmt.Sprint(from["OutputName"]), "Value")
	return fmt.Sprintf("%s@%v", other.text(value), from["Region"])
}

// text writes a value with CloudFormation's functions for people: a reference as
// the name of what it refers to, a join as what it joins, another stack's output
// as what it holds.
func (s *stack) text(v any) string {
	switch v := v.(type) {
	case []any:
		var parts []string
		for _, part := range v {
			parts = append(parts, s.text(part))
		}
		sort.Strings(parts)
		return strings.Join(parts, " ")
	case map[string]any:
		return s.function(v)
	default:
		return fmt.Sprint(v)
	}
}

func (s *stack) function(v map[string]any) string {
	if ref, ok := v["Ref"].(string); ok {
		return name(ref)
	}
	if get, ok := v["Fn::GetAtt"].([]any); ok {
		return name(get[0].(string)) + "." + get[1].(string)
	}
	if export, ok := v["Fn::ImportValue"].(string); ok {
		return s.imported(export)
	}
	if from, ok := v["Fn::GetStackOutput"].(map[string]any); ok {
		return s.read(from)
	}
	if join, ok := v["Fn::Join"].([]any); ok {
		var parts []string
		for _, part := range join[1].([]any) {
			parts = append(parts, s.text(part))
		}
		return strings.Join(parts, join[0].(string))
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(v)) {
		parts = append(parts, key+"="+s.text(v[key]))
	}
	return strings.Join(parts, " ")
}
