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
	all      []*Template // whose outputs it may refer to
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

// call returns what an intrinsic gives, whose argument may contain others.
func (r *resolver) call(name string, argument any) (value any, err error) {
	if argument, err = r.resolve(argument); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	switch name {
	case "Ref":
		value, err = r.ref(argument)
	case "Fn::GetAtt":
		value, err = r.getAtt(argument)
	case "Fn::Join":
		value, err = join(argument)
	case "Fn::ImportValue":
		value, err = r.importValue(argument)
	case "Fn::GetStackOutput":
		value, err = r.getStackOutput(argument)
	default:
		return nil, fmt.Errorf("intrinsic %s is not supported by the simulator", name)
	}
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
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
	switch id {
	case "AWS::AccountId":
		return r.template.Account, nil
	case "AWS::Region":
		return r.template.Region, nil
	case "AWS::Partition":
		return "aws", nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	}
	return r.attribute(id, "")
}

// attribute returns what the resource's Ref (attribute "") or Fn::GetAtt gives.
func (r *resolver) attribute(id, attribute string) (any, error) {
	t := r.template
	resource, found := t.Resources[id]
	if !found {
		return nil, fmt.Errorf("%s: no such resource or parameter in stack %s", id, t.Stack)
	}
	value, known := attributes[resource.Type][attribute]
	if !known {
		return nil, fmt.Errorf("%s (%s): attribute %s is not supported by the simulator", id, resource.Type,
			cmp.Or(attribute, "Ref"))
	}
	return value(identity{Place: t.Place, Stack: t.Stack, ID: id, Properties: resource.Properties}), nil
}

func (r *resolver) getAtt(argument any) (any, error) {
	var pair []string
	if err := decodeStrict(argument, &pair); err != nil || len(pair) != 2 {
		return nil, fmt.Errorf("want a logical id and an attribute, got %s", asJSON(argument))
	}
	return r.attribute(pair[0], pair[1])
}

func join(argument any) (any, error) {
	var pair []any
	if err := decodeStrict(argument, &pair); err != nil || len(pair) != 2 {
		return nil, fmt.Errorf("want two arguments, got %s", asJSON(argument))
	}
	delimiter, isText := pair[0].(string)
	list, isList := pair[1].([]any)
	if !isText || !isList {
		return nil, fmt.Errorf("want a text and a list, got %s", asJSON(argument))
	}
	parts := make([]string, len(list))
	for i, element := range list {
		var err error
		if parts[i], err = text(element); err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
	}
	return strings.Join(parts, delimiter), nil
}

// importValue returns an output that a stack of the same region exports.
func (r *resolver) importValue(argument any) (any, error) {
	name, err := text(argument)
	if err != nil {
		return nil, err
	}
	for _, t := range r.all {
		if t.Region != r.template.Region {
			continue
		}
		theirs := &resolver{t, r.all}
		for _, output := range t.Outputs {
			exported, err := theirs.resolve(output.Export.Name)
			if err != nil {
				return nil, err
			}
			if exported == name {
				return theirs.resolve(output.Value)
			}
		}
	}
	return nil, fmt.Errorf("no stack exports %s", name)
}

// getStackOutput returns an output of another stack, also of another region.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
func (r *resolver) getStackOutput(argument any) (any, error) {
	of := struct{ StackName, OutputName, Region string }{Region: r.template.Region}
	if err := decodeStrict(argument, &of); err != nil {
		return nil, fmt.Errorf("want StackName, OutputName and Region, got %s: %w", asJSON(argument), err)
	}
	for _, t := range r.all {
		output, found := t.Outputs[of.OutputName]
		if found && t.Stack == of.StackName && t.Region == of.Region {
			theirs := &resolver{t, r.all}
			return theirs.resolve(output.Value)
		}
	}
	return nil, fmt.Errorf("stack %s of %s has no output %s", of.StackName, of.Region, of.OutputName)
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
