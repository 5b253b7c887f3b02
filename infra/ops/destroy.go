package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"global-ingest/infra/assembly"
	"global-ingest/infra/environment"
	"global-ingest/infra/ops/deployed"
)

// destroyal is how an environment is taken down.
type destroyal struct {
	cdkCLI
	*choice
	how *emptying
}

// destroy deletes the Pipeline stacks of an environment once they are empty. Storage stays. With
// regions the front goes first, so that nobody is sent to a region that is going, and home last.
func destroy(ctx context.Context, t terminal, f *flags) error {
	d := destroyal{cdkCLI: cdkCLI{terminal: t}, choice: f.where(inDev, "all"), how: f.emptying()}
	f.assembly(&d.assembly)
	if err := f.parse(); err != nil {
		return err
	}
	if err := t.tellKept(*d.choice, d.assembly); err != nil {
		return err
	}
	if !d.Worldwide() {
		return d.site(ctx, d.sites[0])
	}
	if !d.front {
		if err := d.refuseJoined(ctx); err != nil {
			return err
		}
	}
	if !d.how.yes && !t.confirm("Delete all this?") {
		return errors.New("nothing is stopped")
	}
	d.how.yes = true
	waves := d.waves(d.site, func(ctx context.Context) error { return d.cdkCLI.destroy(ctx, frontPath(d.Environment)) })
	slices.Reverse(waves)
	return t.inWaves(ctx, "make destroy ENV="+d.Name, waves)
}

// site empties one site, and deletes its Pipeline stack.
func (d destroyal) site(ctx context.Context, site environment.Site) error {
	at, err := enter(ctx, site)
	if err != nil {
		return err
	}
	if err := at.empty(ctx, d.terminal, *d.how); err != nil {
		return err
	}
	return d.cdkCLI.destroy(ctx, site.Path()+"/"+environment.PipelineStack)
}

const recordType = "AWS::Route53::RecordSet"

// refuseJoined stops before a region goes to which the front still sends clients.
func (d destroyal) refuseJoined(ctx context.Context) error {
	front, err := settings(ctx, environment.FrontRegion)
	if err != nil {
		return err
	}
	_, err = deployed.Outputs(ctx, front, environment.StackName(d.Name, environment.FrontStack))
	if refusedAs(err, noSuchStack) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, site := range d.sites {
		at, err := enter(ctx, site)
		if err != nil {
			return err
		}
		all, err := deployed.Resources(ctx, at.cfg, site.StackName(environment.PipelineStack))
		if err != nil && !refusedAs(err, noSuchStack) {
			return err
		}
		if slices.ContainsFunc(all, func(r deployed.Resource) bool { return r.Type == recordType }) {
			return fmt.Errorf("clients are still sent to %s: add it to Drained of %s in infra/environment/environments.go, "+
				"run `make drain ENV=%[2]s REGION=%[1]s`, wait two minutes", site.Region, site.Name)
		}
	}
	return nil
}

// kept says what `make destroy` leaves in the account, and what it deletes.
func kept(_ context.Context, t terminal, f *flags) error {
	c, folder := f.where(inDev, "all"), ""
	f.assembly(&folder)
	if err := f.parse(); err != nil {
		return err
	}
	return t.tellKept(*c, folder)
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
		pipeline := site.StackName(environment.PipelineStack)
		fmt.Fprintf(t.out, "This deletes the stack %s. Its URL is lost: the next deploy has another one.\n", pipeline)
		for _, template := range templates {
			switch {
			case template.Stack == pipeline:
				t.tellDeleted(template)
			case slices.ContainsFunc(site.Stacks(), func(id string) bool { return template.Stack == site.StackName(id) }):
				fmt.Fprintf(t.out, "%s is retained: %s\n", template.Stack, resources(template, isTold))
			}
		}
	}
	return nil
}

// tellDeleted says what outlives the Pipeline stack, and what does not.
func (t terminal) tellDeleted(pipeline *assembly.Template) {
	if all := resources(pipeline, isRetained); all != "" {
		fmt.Fprintf(t.out, "Of %s these are retained, outside any stack: %s\n", pipeline.Stack, all)
	}
	keptStream := func(r *assembly.Resource) bool { return isRetained(r) && r.Type == streamType }
	if resources(pipeline, keptStream) != "" {
		fmt.Fprintln(t.out, "A retained stream delivers nothing: its role and the Validator are deleted. After "+
			"24 hours Firehose drops what it holds")
		return
	}
	fmt.Fprintf(t.out, "The streams of %s are deleted, with what they have not delivered yet\n", pipeline.Stack)
}

func isRetained(r *assembly.Resource) bool {
	return strings.HasPrefix(r.DeletionPolicy, "Retain") && isTold(r)
}

// isTold leaves out resources that are part of others.
func isTold(r *assembly.Resource) bool {
	return !strings.HasSuffix(r.Type, "Policy") && r.Type != "AWS::Logs::LogStream"
}

// resources lists "<logical id> (<kind>)" of the resources that told selects, sorted.
func resources(t *assembly.Template, told func(*assembly.Resource) bool) string {
	var all []string
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if r := t.Resources[id]; told(r) {
			all = append(all, fmt.Sprintf("%s (%s)", id, r.Type[strings.LastIndex(r.Type, ":")+1:]))
		}
	}
	return strings.Join(all, ", ")
}
