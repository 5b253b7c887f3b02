package synth

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// control is one rule of a published catalogue. cdk-nag and Security Hub look at
// what is deployed, or at an app in another language; these functions say the same
// of the templates, before a deploy.
//
// What no template can say is not here: the account's own settings (S3.1, IAM's
// users), keys about to be deleted (KMS.3), MFA delete, which only the root user
// sets (S3.20), and the account's trail (S3.22, S3.23).
type control struct {
	id    string // AwsSolutions-… of cdk-nag, or Security Hub's
	title string // the catalogue's, shortened
	finds func(*stack) []finding
	broke func(*stack) // changes a copy of the templates into one that the control must find
}

// finding is a resource that breaks a control, and how.
type finding struct {
	on   string // the resource, without the hash of its id; for a permission "<role>: <resource>"
	says string
}

// controls are those that apply to what an environment deploys.
var controls = slices.Concat(edgeControls, functionControls, storeControls, accessControls, watchControls)

// source is where the catalogue explains the control.
func (c control) source() string {
	if strings.HasPrefix(c.id, "AwsSolutions-") {
		return "https://github.com/cdklabs/cdk-nag/blob/v3.0.1/RULES.md"
	}
	service, number, _ := strings.Cut(strings.ToLower(c.id), ".")
	return fmt.Sprintf("https://docs.aws.amazon.com/securityhub/latest/userguide/%[1]s-controls.html#%[1]s-%[2]s",
		service, number)
}

func TestControls(t *testing.T) {
	for _, c := range controls {
		t.Run(c.id, func(t *testing.T) {
			for _, s := range stacks {
				for _, f := range c.unexcused(s) {
					t.Errorf("%s: %s %s: %s\n%s", s.title(), f.on, f.says, c.title, c.source())
				}
			}
		})
	}
}

// TestEveryControlCanFail breaks what each control guards.
func TestEveryControlCanFail(t *testing.T) {
	for _, c := range controls {
		t.Run(c.id, func(t *testing.T) {
			found := 0
			for _, s := range stacks {
				broken := s.copy(t)
				c.broke(broken)
				found += len(c.unexcused(broken))
			}
			if found == 0 {
				t.Errorf("%s: nothing is found in templates that break it", c.title)
			}
		})
	}
}

func TestControlsAreNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range controls {
		if seen[c.id] || c.title == "" {
			t.Errorf("%s is there twice, or has no title", c.id)
		}
		seen[c.id] = true
	}
}

func (c control) unexcused(s *stack) []finding {
	return slices.DeleteFunc(c.finds(s), func(f finding) bool {
		return slices.ContainsFunc(exceptions, func(e exception) bool { return e.excuses(c, s, f) })
	})
}

// every asks check of each resource of kind; what it answers is a finding.
func every(kind string, check func(*stack, resource) string) func(*stack) []finding {
	return func(s *stack) []finding {
		var found []finding
		for _, r := range s.resources(kind) {
			if says := check(s, r); says != "" {
				found = append(found, finding{name(r.ID), says})
			}
		}
		return found
	}
}

// must is the check that a property is there.
func must(keys ...string) func(*stack, resource) string {
	return func(_ *stack, r resource) string {
		if value := at(r.Properties, keys...); value != nil && value != false {
			return ""
		}
		return "has no " + strings.Join(keys, ".")
	}
}

// is is the check that a property has a value, as text.
func is(want string, keys ...string) func(*stack, resource) string {
	return func(s *stack, r resource) string {
		if got := s.text(at(r.Properties, keys...)); got != want {
			return fmt.Sprintf("has the %s %q, not %q", strings.Join(keys, "."), got, want)
		}
		return ""
	}
}

// set breaks the properties of every resource of kind: the value at path, whose
// parts are keys and indexes, becomes value; nil takes it away.
func set(kind, path string, value any) func(*stack) {
	return func(s *stack) {
		keys := strings.Split(path, ".")
		for _, r := range s.resources(kind) {
			put(r.Properties, keys, value)
		}
	}
}

func put(into any, keys []string, value any) {
	switch into := into.(type) {
	case []any:
		if i, _ := strconv.Atoi(keys[0]); i < len(into) {
			put(into[i], keys[1:], value)
		}
	case map[string]any:
		switch {
		case len(keys) > 1 && into[keys[0]] == nil:
			into[keys[0]] = map[string]any{}
			put(into[keys[0]], keys[1:], value)
		case len(keys) > 1:
			put(into[keys[0]], keys[1:], value)
		case value == nil:
			delete(into, keys[0])
		default:
			into[keys[0]] = value
		}
	}
}

// add breaks the templates by one more resource, which no exception names.
func add(kind, properties string) func(*stack) {
	return func(s *stack) {
		var values map[string]any
		if err := json.Unmarshal([]byte(properties), &values); err != nil {
			panic(fmt.Sprintf("%s: %v", properties, err))
		}
		s.Template["Resources"].(map[string]any)["Added"] = map[string]any{"Type": kind, "Properties": values}
	}
}

// remove breaks the templates by taking every resource of kind away.
func remove(kind string) func(*stack) {
	return func(s *stack) {
		for _, r := range s.resources(kind) {
			delete(s.Template["Resources"].(map[string]any), r.ID)
		}
	}
}

// copy returns a stack whose template may be changed.
func (s *stack) copy(t *testing.T) *stack {
	t.Helper()
	var template map[string]any
	if err := json.Unmarshal(encode(t, s.Template), &template); err != nil {
		t.Fatal(err)
	}
	out := *s
	out.Template = template
	out.stageStack = maps.Clone(s.stageStack)
	return &out
}
