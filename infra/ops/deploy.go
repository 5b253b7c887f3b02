package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"global-ingest/infra/environment"
)

// cdk is the CDK CLI, at the version that infra/package-lock.json names.
var cdk = filepath.Join("infra", "node_modules", ".bin", "cdk")

// cdkCLI is how the CDK CLI is called with what the last synthesis left.
type cdkCLI struct {
	terminal
	assembly, approval string
}

// run shows a command of the CDK CLI, and runs it.
func (c *cdkCLI) run(ctx context.Context, verb string, args ...string) error {
	args = append([]string{verb, "--build", "true", "--app", c.assembly}, args...)
	fmt.Fprintln(c.notes, "cdk "+strings.Join(args, " "))
	return c.exec(ctx, nil, cdk, args...)
}

// deploy deploys stacks without those that they refer to, which are another site's. It writes
// their outputs, if outputs names a file.
func (c *cdkCLI) deploy(ctx context.Context, outputs string, stacks ...string) error {
	args := []string{"--exclusively", "--require-approval", c.approval}
	if outputs != "" {
		args = append(args, "--outputs-file", outputs)
	}
	return c.run(ctx, "deploy", append(args, stacks...)...)
}

// destroy deletes one stack, whatever depends on it.
func (c *cdkCLI) destroy(ctx context.Context, stack string) error {
	return c.run(ctx, "destroy", "--force", "--exclusively", stack)
}

func (f *flags) cdk(t terminal) *cdkCLI {
	c := &cdkCLI{terminal: t}
	f.assembly(&c.assembly)
	f.StringVar(&c.approval, "approval", "broadening", "when the CDK CLI asks: never, any-change or broadening")
	return c
}

// stacksOf returns where the CDK has the site's stacks.
func stacksOf(site environment.Site) (paths []string) {
	for _, stack := range site.Stacks() {
		paths = append(paths, site.Path()+"/"+stack)
	}
	return paths
}

// frontPath returns where the CDK has the stack Front.
func frontPath(env environment.Environment) string { return env.Name + "/" + environment.FrontStack }

// outputsFile is where the CDK CLI writes the outputs of a step.
func outputsFile(folder string, env environment.Environment, step string) string {
	if !env.Worldwide() {
		return filepath.Join(folder, env.Name+".json")
	}
	return filepath.Join(folder, env.Name, step+".json")
}

// wave is one step of a change that reaches an environment site by site.
type wave struct {
	name string // of a site's region, or of the front
	run  func(context.Context) error
}

// waves are the sites that a person named, and then the front.
func (c choice) waves(
	site func(context.Context, environment.Site) error, front func(context.Context) error,
) (waves []wave) {
	for _, s := range c.sites {
		waves = append(waves, wave{s.Region, func(ctx context.Context) error { return site(ctx, s) }})
	}
	if c.front {
		waves = append(waves, wave{environment.FrontStack, front})
	}
	return waves
}

// inWaves runs the waves one after another. The first that fails ends it, and so does Ctrl-C. The
// error says how to go on.
func (t terminal) inWaves(ctx context.Context, command string, waves []wave) error {
	var names []string
	for _, w := range waves {
		names = append(names, w.name)
	}
	for i, w := range waves {
		fmt.Fprintf(t.out, "\n== %s\n", w.name)
		err := w.run(ctx)
		if ctx.Err() != nil {
			err = errors.New("interrupted; CloudFormation finishes a change that has begun")
		}
		if err != nil {
			return fmt.Errorf("%s: %w\n  done: %s\n  not done: %s\n  to go on: %s REGION=%s", w.name, err,
				cmp.Or(strings.Join(names[:i], ", "), "nothing"), strings.Join(names[i:], ", "),
				command, strings.Join(names[i:], ","))
		}
	}
	return nil
}

// deployment is how an environment is deployed.
type deployment struct {
	*cdkCLI
	*choice
	try         *trial
	bake, every time.Duration
}

// deploy checks the accounts, and deploys what the last synthesis left. An environment of one
// region is one call of the CDK CLI. With regions each one is deployed, asked for an answer and
// watched before the next, and the front comes last.
func deploy(ctx context.Context, t terminal, f *flags) error {
	d := deployment{cdkCLI: f.cdk(t), choice: f.where(inDev, "all"), try: f.trial(t)}
	f.DurationVar(&d.bake, "bake", 0, "`time` in which a region's alarms are watched before the next; default: not")
	f.DurationVar(&d.every, "every", 15*time.Second, "how often to look at the alarms")
	if err := f.parse(); err != nil {
		return err
	}
	if d.bake > 0 && d.Alarms.Off {
		return fmt.Errorf("BAKE is %v, but Alarms.Off is true: %s has nothing to watch", d.bake, d.Name)
	}
	if err := t.ready(ctx, *d.choice, d.assembly); err != nil {
		return err
	}
	if err := d.seesAlarms(ctx); err != nil {
		return err
	}
	var err error
	if d.Worldwide() {
		err = t.inWaves(ctx, "make deploy ENV="+d.Name, d.waves(d.site, d.deployFront))
	} else {
		err = d.alone(ctx)
	}
	if err != nil {
		return err
	}
	return d.try.tellEndpoint(d.Environment)
}

func (d deployment) alone(ctx context.Context) error {
	err := d.run(ctx, "deploy", "--require-approval", d.approval,
		"--outputs-file", outputsFile(d.try.outputs, d.Environment, ""), d.Name+"/*")
	if err != nil {
		return err
	}
	return d.watch(ctx, d.sites[0])
}

// site deploys one site, asks it for an answer, and watches its alarms.
func (d deployment) site(ctx context.Context, site environment.Site) error {
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

func (d deployment) deployFront(ctx context.Context) error {
	file := outputsFile(d.try.outputs, d.Environment, environment.FrontStack)
	if err := d.cdkCLI.deploy(ctx, file, frontPath(d.Environment)); err != nil {
		return err
	}
	return d.try.front(ctx, d.Environment)
}

// seesAlarms fails if a deploy bakes where the credentials may not see the alarms.
func (d deployment) seesAlarms(ctx context.Context) error {
	for _, site := range d.sites {
		if d.bake > 0 {
			if _, err := d.ringing(ctx, site); err != nil {
				return err
			}
		}
	}
	return nil
}

// watch looks at a site's alarms as long as a deploy bakes there. One that rings ends it.
func (d deployment) watch(ctx context.Context, site environment.Site) error {
	if d.bake == 0 {
		return nil
	}
	fmt.Fprintf(d.out, "watching the alarms for %v\n", d.bake)
	for began := time.Now(); ; {
		ringing, err := d.ringing(ctx, site)
		if err != nil {
			return err
		}
		if len(ringing) > 0 {
			return fmt.Errorf("alarms ring:\n  %s\n  infra/runbook.md says what to do; BAKE=0 goes on whatever rings",
				strings.Join(ringing, "\n  "))
		}
		if time.Since(began) >= d.bake {
			fmt.Fprintf(d.out, "no alarm rang for %v\n", d.bake)
			return nil
		}
		if err := pause(ctx, min(d.every, time.Until(began.Add(d.bake)))); err != nil {
			return err
		}
	}
}

// ringing returns a line for each alarm of the site's Pipeline that rings, with its description.
// The names of alarms begin with that of their stack.
func (d deployment) ringing(ctx context.Context, site environment.Site) (lines []string, err error) {
	at, err := enter(ctx, site)
	if err != nil {
		return nil, err
	}
	pages := cloudwatch.NewDescribeAlarmsPaginator(cloudwatch.NewFromConfig(at.cfg), &cloudwatch.DescribeAlarmsInput{
		AlarmNamePrefix: aws.String(site.StackName(environment.PipelineStack) + "-"),
		StateValue:      types.StateValueAlarm,
		AlarmTypes:      []types.AlarmType{types.AlarmTypeMetricAlarm, types.AlarmTypeCompositeAlarm},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if denied(err) {
			return nil, fmt.Errorf("these credentials may not see the alarms of %s, which BAKE watches: allow "+
				"cloudwatch:DescribeAlarms, or leave BAKE out: %w", at, err)
		}
		if err != nil {
			return nil, fmt.Errorf("looking at the alarms of %s: %w", at, err)
		}
		for _, a := range page.MetricAlarms {
			lines = append(lines, aws.ToString(a.AlarmName)+": "+aws.ToString(a.AlarmDescription))
		}
		for _, a := range page.CompositeAlarms {
			lines = append(lines, aws.ToString(a.AlarmName)+": "+aws.ToString(a.AlarmDescription))
		}
	}
	return lines, nil
}

// drain takes a region out of the records that send clients there. The region is in Drained
// already: the code says what is deployed.
func drain(ctx context.Context, t terminal, f *flags) error {
	cli, c := f.cdk(t), f.where(inDev, "none: name one")
	if err := f.parse(); err != nil {
		return err
	}
	if c.region == "" || len(c.sites) != 1 || c.front || !c.Worldwide() {
		return fmt.Errorf("region is %q, must be one region of an environment that has several: add REGION=…", c.region)
	}
	site := c.sites[0]
	if site.Joined() {
		return fmt.Errorf("%s still gets clients: add it to Drained of %s in infra/environment/environments.go",
			site.Region, site.Name)
	}
	if err := cli.deploy(ctx, "", site.Path()+"/"+environment.PipelineStack); err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s is drained: its record is gone, and CloudFront's locations forget it within about a minute. "+
		"What it holds is delivered as before\n", site.Region)
	return nil
}

// listSteps prints the steps in which a change reaches an environment, as JSON. A workflow gets
// them as its step's output, and makes a job of each.
func listSteps(_ context.Context, t terminal, f *flags) error {
	env := f.environment()
	if err := f.parse(); err != nil {
		return err
	}
	list, err := json.Marshal(stepsOf(*env))
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "%s\n", list)
	output := os.Getenv("GITHUB_OUTPUT")
	if output == "" {
		return nil
	}
	file, err := os.OpenFile(output, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("telling the workflow: %w", err)
	}
	_, err = fmt.Fprintf(file, "sites=%s\n", list)
	return cmp.Or(err, file.Close())
}

// stepsOf names the steps: the environment's regions, then its front. An environment of one
// region, which need not have a name, is one step.
func stepsOf(env environment.Environment) []string {
	if names := namesIn(env); env.Worldwide() {
		return names[1:]
	}
	return []string{home}
}
