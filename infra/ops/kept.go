package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"global-ingest/infra/assembly"
	"global-ingest/infra/environment"
)

// kept says what `make destroy` leaves in the account, and what it deletes.
func kept(_ context.Context, args []string, t terminal) error {
	flags := newFlags("kept")
	name, folder := environmentFlag(flags), assemblyFlag(flags)
	if err := t.parse(flags, args); err != nil {
		return err
	}
	templates, err := assembly.Read(*folder, *name)
	if err != nil {
		return err
	}
	pipeline := environment.StackName(*name, environment.PipelineStack)
	fmt.Fprintf(t.out, "This deletes the stack %s. Its URL is lost: the next deploy has another one.\n", pipeline)
	for _, template := range templates {
		if template.Stack != pipeline {
			all := strings.Join(resources(template, isTold), ", ")
			fmt.Fprintf(t.out, "%s is retained: %s\n", template.Stack, all)
			continue
		}
		all := resources(template, isRetained)
		if len(all) > 0 {
			fmt.Fprintf(t.out, "Of %s these are retained, outside any stack: %s\n", pipeline, strings.Join(all, ", "))
		}
		keptStream := func(r *assembly.Resource) bool { return isRetained(r) && r.Type == streamType }
		if len(resources(template, keptStream)) > 0 {
			fmt.Fprintln(t.out, "A retained stream delivers nothing: its role and the Validator are deleted. After "+
				"24 hours Firehose drops what it holds")
			continue
		}
		fmt.Fprintf(t.out, "The streams of %s are deleted, with what they have not delivered yet\n", pipeline)
	}
	return nil
}

const streamType = "AWS::KinesisFirehose::DeliveryStream"

// isRetained says whether the resource outlives its stack.
func isRetained(r *assembly.Resource) bool {
	return strings.HasPrefix(r.DeletionPolicy, "Retain") && isTold(r)
}

// isTold leaves out resources that are part of others.
func isTold(r *assembly.Resource) bool {
	return !strings.HasSuffix(r.Type, "Policy") && r.Type != "AWS::Logs::LogStream"
}

// resources returns "<logical id> (<kind>)" of the resources that told selects, sorted.
func resources(t *assembly.Template, told func(*assembly.Resource) bool) (all []string) {
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if r := t.Resources[id]; told(r) {
			all = append(all, fmt.Sprintf("%s (%s)", id, r.Type[strings.LastIndex(r.Type, ":")+1:]))
		}
	}
	return all
}
