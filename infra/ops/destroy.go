package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"global-ingest/infra/environment"
	"global-ingest/infra/ops/deployed"
)

// destroyal is how an environment is taken down.
type destroyal struct {
	cdkCLI
	choice
	how emptying
}

// destroy deletes the Pipeline stacks of an environment once they are empty. Storage stays. With
// regions the front goes first, so that nobody is sent to a region that is going, and home last.
func destroy(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("destroy")
	w, folder, how := whereFlags(flags, "all"), assemblyFlag(flags), emptyingFlags(flags)
	if err := t.parse(flags, args); err != nil {
		return err
	}
	c, err := w.chosen()
	if err != nil {
		return err
	}
	if err := t.tellKept(c, *folder); err != nil {
		return err
	}
	d := destroyal{cdkCLI{t, *folder, ""}, c, *how}
	if !c.Worldwide() {
		return d.site(ctx, c.sites[0])
	}
	if !c.front {
		if err := d.refuseJoined(ctx); err != nil {
			return err
		}
	}
	if !d.how.yes && !confirm(t, "Delete all this?") {
		return errors.New("nothing is stopped")
	}
	d.how.yes = true
	return t.inWaves(ctx, "make destroy ENV="+c.Name, d.waves())
}

// waves are the front, and then the sites from the last to the first.
func (d destroyal) waves() (waves []wave) {
	if d.front {
		waves = append(waves, wave{environment.FrontStack, func(ctx context.Context) error {
			return d.cdkCLI.destroy(ctx, frontPath(d.Environment))
		}})
	}
	for _, site := range slices.Backward(d.sites) {
		waves = append(waves, wave{site.Region, func(ctx context.Context) error { return d.site(ctx, site) }})
	}
	return waves
}

// site empties one site, and deletes its Pipeline stack.
func (d destroyal) site(ctx context.Context, site environment.Site) error {
	at, err := siteOf(site).enterOne(ctx)
	if err != nil {
		return err
	}
	if err := at.empty(ctx, d.terminal, d.how); err != nil {
		return err
	}
	return d.cdkCLI.destroy(ctx, site.Path()+"/"+environment.PipelineStack)
}

// refuseJoined stops before a region goes to which the front still sends clients.
func (d destroyal) refuseJoined(ctx context.Context) error {
	for _, site := range d.sites {
		at, err := siteOf(site).enterOne(ctx)
		if err != nil {
			return err
		}
		_, err = deployed.Outputs(ctx, at.front(), environment.StackName(d.Name, environment.FrontStack))
		if refusedAs(err, noSuchStack) {
			return nil
		}
		if err != nil {
			return err
		}
		all, err := deployed.Resources(ctx, at.cfg, site.StackName(environment.PipelineStack))
		if refusedAs(err, noSuchStack) {
			continue
		}
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(r deployed.Resource) bool { return r.Type == recordType }) {
			return fmt.Errorf("clients are still sent to %s: add it to Drained of %s in infra/environment/environments.go, "+
				"run `make drain ENV=%[2]s REGION=%[1]s`, wait two minutes", site.Region, site.Name)
		}
	}
	return nil
}

const recordType = "AWS::Route53::RecordSet"
