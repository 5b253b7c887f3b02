package simulator

import (
	"fmt"
	"strings"
)

// outputs are the values that the stacks of an environment have for each other.
type outputs struct {
	exported map[string]any // by region and export name, which only its own region may import
	named    map[string]any // by region, stack and output
}

// resolveOutputs resolves the outputs of every template. An output may contain another
// stack's, so it repeats until nothing new is found.
func resolveOutputs(templates []*Template) (*outputs, error) {
	known := &outputs{exported: map[string]any{}, named: map[string]any{}}
	for {
		before := len(known.named)
		var failed error
		for _, template := range templates {
			if err := known.add(template); err != nil {
				failed = err
			}
		}
		if failed == nil || len(known.named) == before {
			return known, failed
		}
	}
}

// add resolves the outputs of one template that it can. Its error names one that it cannot
// resolve yet.
func (o *outputs) add(template *Template) error {
	r := &resolver{template: template, outputs: o}
	var failed error
	for id, output := range template.Outputs {
		if err := r.addOutput(id, output); err != nil {
			failed = fmt.Errorf("output %s of stack %s: %w", id, template.Stack, err)
		}
	}
	return failed
}

func (r *resolver) addOutput(id string, output Output) error {
	value, err := r.resolve(output.Value)
	if err != nil {
		return err
	}
	t := r.template
	r.outputs.named[outputName(t.Region, t.Stack, id)] = value
	if output.Export.Name == nil {
		return nil
	}
	name, err := r.resolve(output.Export.Name)
	if err != nil {
		return err
	}
	r.outputs.exported[outputName(t.Region, fmt.Sprint(name))] = value
	return nil
}

func outputName(parts ...string) string { return strings.Join(parts, " ") }
