package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// resolver replaces the intrinsics in one template's values. Resources resolve in any
// order: names and ARNs are made of the stack and the logical id, and so are known before
// anything runs.
type resolver struct {
	template *Template
	outputs  *outputs // of every stack
}

// resolve returns value with every intrinsic replaced. An intrinsic, logical id
// or attribute that it does not know is an error that names it.
func (r *resolver) resolve(value any) (any, error) {
	switch v := value.(type) {
	case map[string]any:
		if name, argument, ok := intrinsic(v); ok {
			return r.call(name, argument)
		}
		return r.resolveObject(v)
	case []any:
		return r.resolveArray(v)
	default:
		return value, nil
	}
}

// intrinsic says whether an object is an intrinsic: it has one member, which is named Ref,
// Condition or Fn::something.
func intrinsic(object map[string]any) (name string, argument any, ok bool) {
	if len(object) != 1 {
		return "", nil, false
	}
	for name, argument = range object {
		ok = name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::")
	}
	return name, argument, ok
}

func (r *resolver) resolveObject(object map[string]any) (any, error) {
	resolved := make(map[string]any, len(object))
	for name, member := range object {
		value, err := r.resolve(member)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		resolved[name] = value
	}
	return resolved, nil
}

func (r *resolver) resolveArray(array []any) (any, error) {
	resolved := make([]any, 0, len(array))
	for i, element := range array {
		value, err := r.resolve(element)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		resolved = append(resolved, value)
	}
	return resolved, nil
}

func (r *resolver) call(name string, argument any) (any, error) {
	functions := map[string]func(any) (any, error){
		"Ref":             r.ref,
		"Fn::GetAtt":      r.getAtt,
		"Fn::Join":        r.join,
		"Fn::ImportValue": r.importValue,

		"Fn::GetStackOutput": r.getStackOutput,
	}
	function, known := functions[name]
	if !known {
		return nil, fmt.Errorf("intrinsic %s is not supported by the simulator", name)
	}
	value, err := function(argument)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return value, nil
}

func (r *resolver) ref(argument any) (any, error) {
	id, ok := argument.(string)
	if !ok {
		return nil, fmt.Errorf("want a logical id, got %s", asJSON(argument))
	}
	if value, ok := r.pseudo(id); ok {
		return value, nil
	}
	return r.attribute(id, "")
}

// pseudo returns a pseudo parameter.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
func (r *resolver) pseudo(name string) (string, bool) {
	t := r.template
	value, ok := map[string]string{
		"AWS::AccountId": t.Account,
		"AWS::Region":    t.Region,
		"AWS::Partition": "aws",
		"AWS::URLSuffix": "amazonaws.com",
	}[name]
	return value, ok
}

// attribute returns what the resource's Ref (attribute "") or Fn::GetAtt gives.
func (r *resolver) attribute(id, attribute string) (string, error) {
	resource, found := r.template.Resources[id]
	if !found {
		return "", fmt.Errorf("%s: no such resource or parameter in stack %s", id, r.template.Stack)
	}
	kind, known := kinds[resource.Type]
	if !known {
		return "", unknownType(id, resource.Type)
	}
	value, known := kind.attributes[attribute]
	if !known {
		if attribute == "" {
			attribute = "Ref"
		}
		return "", fmt.Errorf("%s (%s): attribute %s is not supported by the simulator", id, resource.Type, attribute)
	}
	return value(
		identity{Place: r.template.Place, Stack: r.template.Stack, ID: id, Properties: resource.Properties}), nil
}

func (r *resolver) getAtt(argument any) (any, error) {
	var id, attribute string
	switch a := argument.(type) {
	case string:
		id, attribute, _ = strings.Cut(a, ".")
	case []any:
		if len(a) == 2 {
			id, _ = a[0].(string)
			attribute, _ = a[1].(string)
		}
	}
	if id == "" || attribute == "" {
		return nil, fmt.Errorf("want a logical id and an attribute, got %s", asJSON(argument))
	}
	return r.attribute(id, attribute)
}

func (r *resolver) join(argument any) (any, error) {
	pair, _ := argument.([]any)
	if len(pair) != 2 {
		return nil, fmt.Errorf("want two arguments, got %s", asJSON(argument))
	}
	delimiter, err := text(pair[0])
	if err != nil {
		return nil, err
	}
	resolved, err := r.resolve(pair[1])
	if err != nil {
		return nil, err
	}
	list, ok := resolved.([]any)
	if !ok {
		return nil, fmt.Errorf("want a list, got %s", asJSON(resolved))
	}
	parts := make([]string, len(list))
	for i, element := range list {
		if parts[i], err = text(element); err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return strings.Join(parts, delimiter), nil
}

func (r *resolver) importValue(argument any) (any, error) {
	resolved, err := r.resolve(argument)
	if err != nil {
		return nil, err
	}
	name, err := text(resolved)
	if err != nil {
		return nil, err
	}
	value, found := r.outputs.exported[outputName(r.template.Region, name)]
	if !found {
		return nil, fmt.Errorf("no stack exports %s", name)
	}
	return value, nil
}

// getStackOutput returns an output of another stack, also of another region.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
func (r *resolver) getStackOutput(argument any) (any, error) {
	resolved, err := r.resolve(argument)
	if err != nil {
		return nil, err
	}
	of, _ := resolved.(map[string]any)
	stack, _ := of["StackName"].(string)
	name, _ := of["OutputName"].(string)
	region, _ := of["Region"].(string)
	if stack == "" || name == "" {
		return nil, fmt.Errorf("want StackName and OutputName, got %s", asJSON(argument))
	}
	region = cmp.Or(region, r.template.Region)
	value, found := r.outputs.named[outputName(region, stack, name)]
	if !found {
		return nil, fmt.Errorf("stack %s of %s has no output %s", stack, region, name)
	}
	return value, nil
}

// text returns a scalar as CloudFormation joins it.
func text(value any) (string, error) {
	switch v := value.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.String(), nil
	case bool:
		return strconv.FormatBool(v), nil
	default:
		return "", fmt.Errorf("want a text, got %s", asJSON(value))
	}
}

func asJSON(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(data)
}
