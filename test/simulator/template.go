package simulator

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"global-ingest/infra/assembly"
)

// What a synthesis writes and the simulator runs.
type (
	// Template is a stack.
	Template = assembly.Template
	// Place is where a stack would be deployed.
	Place = assembly.Place
	// Resource is what a stack holds.
	Resource = assembly.Resource
)

// Resolved is a resource without intrinsics.
type Resolved struct {
	identity
	Type    string
	omitted omissions // gets the properties that are not simulated
}

// Resolve returns the resources of all templates.
func Resolve(templates []*Template) ([]Resolved, error) {
	all, _, err := resolveAll(templates, templates)
	return all, err
}

// Attribute returns what Fn::GetAtt of the resource gives, or Ref if the name is "".
func (r Resolved) Attribute(name string) string {
	value := attributes[r.Type][name]
	if value == nil {
		return ""
	}
	return value(r.identity)
}

// resolveAll resolves every property of templates, also of resources that are not
// simulated, and every output, so that it finds each dangling reference. They may refer to
// outputs of all.
func resolveAll(templates, all []*Template) ([]Resolved, omissions, error) {
	if len(templates) == 0 {
		return nil, nil, errors.New("no templates")
	}
	var found []Resolved
	omitted := omissions{}
	for _, t := range templates {
		r := &resolver{t, all}
		for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
			resource, err := r.resource(id, omitted)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", t.Stack, err)
			}
			found = append(found, resource)
		}
		for id, output := range t.Outputs {
			if _, err := r.resolve(output.Value); err != nil {
				return nil, nil, fmt.Errorf("%s: output %s: %w", t.Stack, id, err)
			}
		}
	}
	return found, omitted, nil
}

// resource resolves one resource of the template, and notes why it is not simulated.
func (r *resolver) resource(id string, omitted omissions) (Resolved, error) {
	t := r.template
	resource := t.Resources[id]
	if !isBuilt(resource.Type) && notRun[resource.Type] == "" {
		return Resolved{}, fmt.Errorf("%s: resource type %s is not supported by the simulator", id, resource.Type)
	}
	omitted.add(notRun[resource.Type], shortType(resource.Type))
	properties, err := r.resolve(any(resource.Properties))
	if err != nil {
		return Resolved{}, fmt.Errorf("%s (%s): %w", id, resource.Type, err)
	}
	object, _ := properties.(map[string]any) // a resource without properties has none
	of := identity{Place: t.Place, Stack: t.Stack, ID: id, Properties: object}
	return Resolved{of, resource.Type, omitted}, nil
}

// builder does what resources of one type describe, to T.
type builder[T any] struct {
	resourceType string
	properties   any // a value of their type
	build        func(T, Resolved) error
}

// typed returns a builder for resources with properties P, or the defaults of those that a
// template leaves out.
func typed[T, P any](resourceType string, defaults P, build func(T, Resolved, P) error) builder[T] {
	return builder[T]{resourceType, defaults, func(to T, r Resolved) error {
		properties := defaults
		if err := r.decode(&properties); err != nil {
			return err
		}
		return build(to, r, properties)
	}}
}

// buildAll runs the builders in their order, each for all resources of its type.
func buildAll[T any](to T, builders []builder[T], resources []Resolved) error {
	for _, b := range builders {
		for _, r := range resources {
			if r.Type != b.resourceType {
				continue
			}
			if err := b.build(to, r); err != nil {
				return fmt.Errorf("%s: %s (%s): %w", r.Stack, r.ID, r.Type, err)
			}
		}
	}
	return nil
}

// decode reads the properties into v, whose fields are the properties that are
// known; any other is an error. A field with a tag notSimulated is accepted, and said
// to be without effect.
func (r Resolved) decode(v any) error {
	if err := decodeStrict(r.Properties, v); err != nil {
		return err
	}
	r.omitted.note(r.Type, v)
	return nil
}

// decodeStrict reads value, which JSON was decoded into, into v.
func decodeStrict(value, v any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return assembly.DecodeStrict(data, v)
}

// omissions are the types and properties of templates that are accepted and not simulated,
// by reason.
type omissions map[string]map[string]bool

// add notes a name, unless there is no reason.
func (o omissions) add(why, name string) {
	if why == "" {
		return
	}
	if o[why] == nil {
		o[why] = map[string]bool{}
	}
	o[why][name] = true
}

// lines returns one line for each reason.
func (o omissions) lines() []string {
	var lines []string
	for why, names := range o {
		lines = append(lines, strings.Join(slices.Sorted(maps.Keys(names)), ", ")+": "+why)
	}
	slices.Sort(lines)
	return lines
}

// note adds the properties that are set and whose field of properties, a pointer to a
// struct, has a tag notSimulated that says why not.
func (o omissions) note(resourceType string, properties any) {
	value := reflect.ValueOf(properties).Elem()
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if set := value.Field(i).Interface(); set != nil && set != false && set != 0 {
			o.add(field.Tag.Get("notSimulated"), shortType(resourceType)+"."+field.Name)
		}
	}
}

// shortType is a type without "AWS::" and its service.
func shortType(resourceType string) string {
	return resourceType[strings.LastIndex(resourceType, ":")+1:]
}
