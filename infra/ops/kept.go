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
	w, folder := whereFlags(flags, "all"), assemblyFlag(flags)
	if err := t.parse(flags, args); err != nil {
		return err
	}
	c, err := w.chosen()
	if err != nil {
		return err
	}
	return t.tellKept(c, *folder)
}

// tellKept says it of what a person named.
func (t terminal) tellKept(c choice, folder string) error {
	templates, err := assembly.Read(folder, c.Name)
	if err != nil {
		return err
	}
	if c.front {
		fmt.Fprintf(t.out, "This deletes the stack %s. Clients no longer find %s.\n",
			environment.StackName(c.Name, environment.FrontStack), c.PublicURL())
	}
	for _, site := range c.sites {
		t.tellKeptOf(site, templates)
	}
	return nil
}

// tellKeptOf says it of one site.
func (t terminal) tellKeptOf(site environment.Site, templates []*assembly.Template) {
	pipeline := site.StackName(environment.PipelineStack)
	fmt.Fprintf(t.out, "This deletes the stack %s. Its URL is lost: the next deploy has another one.\n", pipeline)
	for _, template := range templates {
		switch {
		case template.Stack == pipeline:
			t.tellDeleted(template)
		case slices.ContainsFunc(site.Stacks(), func(id string) bool { return template.Stack == site.StackName(id) }):
			all := strings.Join(resources(template, isTold), ", ")
			fmt.Fprintf(t.out, "%s is retained: %s\n", template.Stack, all)
		}
	}
}

// tellDeleted says what outlives the Pipeline stack, and what does not.
func (t terminal) tellDeleted(pipeline *assembly.Template) {
	all := resources(pipeline, isRetained)
	if len(all) > 0 {
		fmt.Fprintf(t.out, "Of %s these are retained, outside any stack: %s\n", pipeline.Stack, strings.Join(all, ", "))
	}
	keptStream := func(r *assembly.Resource) bool { return isRetained(r) && r.Type == streamType }
	if len(resources(pipeline, keptStream)) > 0 {
		fmt.Fprintln(t.out, "A retained stream delivers nothing: its role and the Validator are deleted. After "+
			"24 hours Firehose drops what it holds")
		return
	}
	fmt.Fprintf(t.out, "The streams of %s are deleted, with what they have not delivered yet\n", pipeline.Stack)
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
