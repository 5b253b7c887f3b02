package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"time"

	"global-ingest/infra/environment"
)

// deployment is how an environment is deployed.
type deployment struct {
	cdkCLI
	choice
	try         *trial
	bake, every time.Duration
}

// deploy checks the accounts, and deploys what the last synthesis left. An environment of one
// region is one call of the CDK CLI. With regions each one is deployed, asked for an answer and
// watched before the next, and the front comes last.
func deploy(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("deploy")
	w, folder, approval := whereFlags(flags, "all"), assemblyFlag(flags), approvalFlag(flags)
	d := deployment{try: trialFlags(flags, t)}
	flags.DurationVar(&d.bake, "bake", 0, "`time` in which a region's alarms are watched before the next; default: not")
	flags.DurationVar(&d.every, "every", 15*time.Second, "how often to look at the alarms")
	if err := t.parse(flags, args); err != nil {
		return err
	}
	var err error
	if d.choice, err = w.chosen(); err != nil {
		return err
	}
	d.cdkCLI = cdkCLI{t, *folder, *approval}
	if d.bake > 0 && d.Alarms.Off {
		return fmt.Errorf("BAKE is %v, but Alarms.Off is true: %s has nothing to watch", d.bake, d.Name)
	}
	if err := t.ready(ctx, d.choice, *folder); err != nil {
		return err
	}
	if d.Worldwide() {
		err = t.inWaves(ctx, "make deploy ENV="+d.Name, d.waves())
	} else {
		err = d.alone(ctx)
	}
	if err != nil {
		return err
	}
	return d.try.tellEndpoint(d.Environment)
}

func approvalFlag(flags *flag.FlagSet) *string {
	return flags.String("approval", "broadening", "when the CDK CLI asks: never, any-change or broadening")
}

// alone deploys an environment of one region.
func (d deployment) alone(ctx context.Context) error {
	site := d.Sites()[0]
	err := d.run(ctx, "deploy", "--require-approval", d.approval,
		"--outputs-file", outputsFile(d.try.outputs, d.Environment, ""), d.Name+"/*")
	if err != nil {
		return err
	}
	return d.watch(ctx, site)
}

// waves are the sites, and then the front.
func (d deployment) waves() (waves []wave) {
	for _, site := range d.sites {
		waves = append(waves, wave{site.Region, func(ctx context.Context) error { return d.site(ctx, site) }})
	}
	if d.front {
		waves = append(waves, wave{environment.FrontStack, d.deployFront})
	}
	return waves
}

// site deploys one site, asks it for an answer, and watches its alarms.
func (d deployment) site(ctx context.Context, site environment.Site) error {
	if d.bake > 0 { // a region whose alarms cannot be seen is not deployed first
		if _, err := d.ringing(ctx, site); err != nil {
			return err
		}
	}
	if site.Failover.NextDoor {
		if err := d.cdkCLI.deploy(ctx, "", d.nextDoor(site).Path()+"/"+environment.StorageStack); err != nil {
			return err
		}
	}
	err := d.cdkCLI.deploy(ctx, outputsFile(d.try.outputs, d.Environment, site.Region), stacksOf(site)...)
	if err != nil {
		return err
	}
	if err := d.try.site(ctx, site); err != nil {
		return err
	}
	return d.watch(ctx, site)
}

// nextDoor is the site whose bucket the site's Pipeline names. Its Storage stack comes first.
func (c choice) nextDoor(site environment.Site) environment.Site {
	sites := c.Sites()
	return sites[slices.IndexFunc(sites, func(s environment.Site) bool { return s.Region == site.NextDoor() })]
}

func (d deployment) deployFront(ctx context.Context) error {
	file := outputsFile(d.try.outputs, d.Environment, environment.FrontStack)
	if err := d.cdkCLI.deploy(ctx, file, frontPath(d.Environment)); err != nil {
		return err
	}
	return d.try.front(ctx, d.Environment)
}

// drain takes a region out of the records that send clients there. The region is in Drained
// already: the code says what is deployed.
func drain(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("drain")
	w, folder, approval := whereFlags(flags, "none: name one"), assemblyFlag(flags), approvalFlag(flags)
	if err := t.parse(flags, args); err != nil {
		return err
	}
	c, err := w.chosen()
	switch {
	case err != nil:
		return err
	case w.region == "" || len(c.sites) != 1 || c.front || !c.Worldwide():
		return fmt.Errorf("region is %q, must be one region of an environment that has several: add REGION=…", w.region)
	}
	site := c.sites[0]
	if site.Joined() {
		return fmt.Errorf("%s still gets clients: add it to Drained of %s in infra/environment/environments.go",
			site.Region, site.Name)
	}
	cli := cdkCLI{t, *folder, *approval}
	if err := cli.deploy(ctx, "", site.Path()+"/"+environment.PipelineStack); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s is drained: its record is gone, and CloudFront's locations forget it within about a minute. "+
		"What it holds is delivered as before\n", site.Region)
	return nil
}
