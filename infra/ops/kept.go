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
	fmt.Fprintf(t.out, "This deletes the stack %s. Its URL is gone for good: "+
		"the next deploy has another one.\n", pipeline)
	for _, template := range templates {
		if template.Stack != pipeline {
			all := strings.Join(resources(template, isTold), ", ")
			fmt.Fprintf(t.out, "%s stays as it is: %s\n", template.Stack, all)
			continue
		}
		all := resources(template, isRetained)
		if len(all) > 0 {
			fmt.Fprintf(t.out, "Of %s these stay, outside any stack: %s\n", pipeline, strings.Join(all, ", "))
		}
		keptStream := func(r *assembly.Resource) bool { return isRetained(r) && r.Type == streamType }
		if len(resources(template, keptStream)) > 0 {
			fmt.Fprintln(t.out, "A stream that stays delivers nothing any more: its role and the Validator are gone, "+
				"and after 24 hours so is what it holds")
			continue
		}
		fmt.Fprintf(t.out, "The streams of %s go, with what they have not delivered yet\n", pipeline)
	}
	return nil
}

const streamType = "AWS::KinesisFirehose::DeliveryStream"

// isRetained says whether it outlives its stack.
func isRetained(r *assembly.Resource) bool {
	return strings.HasPrefix(r.DeletionPolicy, "Retain") && isTold(r)
}

// isTold leaves out what is part of something else.
func isTold(r *assembly.Resource) bool {
	return !strings.HasSuffix(r.Type, "Policy") && r.Type != "AWS::Logs::LogStream"
}

// resources returns "<logical id> (<kind>)" of those that told says yes to, sorted.
func resources(t *assembly.Template, told func(*assembly.Resource) bool) (all []string) {
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if r := t.Resources[id]; told(r) {
			all = append(all, fmt.Sprintf("%s (%s)", id, r.Type[strings.LastIndex(r.Type, ":")+1:]))
		}
	}
	return all
}
