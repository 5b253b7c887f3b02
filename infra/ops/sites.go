package main

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"global-ingest/infra/environment"
)

// home is what a person may type for an environment's first region, which may have no name.
const home = "home"

// where is what a verb acts on, as a person types it.
type where struct{ environment, region string }

// whereFlags adds the flags that say where a verb acts. Of a region they say what the verb does
// without it.
func whereFlags(flags *flag.FlagSet, without string) *where {
	w := &where{}
	flags.StringVar(&w.environment, "environment", "Dev", "`name` of the environment")
	regionFlag(flags, &w.region, without)
	return w
}

func regionFlag(flags *flag.FlagSet, region *string, without string) {
	flags.StringVar(region, "region", "", "`regions` of the environment, such as eu-central-1, home or "+
		environment.FrontStack+", with a comma between two; default "+without)
}

// choice is what a person named of an environment: its sites in their order, and its front.
type choice struct {
	environment.Environment
	sites []environment.Site
	front bool
}

// chosen returns what a person named, or all.
func (w where) chosen() (choice, error) {
	env, err := named(w.environment)
	if err != nil {
		return choice{}, err
	}
	if w.region == "" {
		return choice{env, env.Sites(), env.Worldwide()}, nil
	}
	wanted, known := strings.Split(w.region, ","), namesIn(env)
	for _, name := range wanted {
		if !slices.Contains(known, name) {
			return choice{}, fmt.Errorf("region is %q, must be one of %s", name, strings.Join(known, ", "))
		}
	}
	c := choice{Environment: env, front: slices.Contains(wanted, environment.FrontStack)}
	for _, site := range env.Sites() {
		if slices.Contains(wanted, site.Region) || site.Home && slices.Contains(wanted, home) {
			c.sites = append(c.sites, site)
		}
	}
	return c, nil
}

// namesIn are what a person may name of an environment.
func namesIn(env environment.Environment) []string {
	names := []string{home}
	for _, site := range env.Sites() {
		if site.Region != "" {
			names = append(names, site.Region)
		}
	}
	if env.Worldwide() {
		names = append(names, environment.FrontStack)
	}
	return names
}

// sites are those that a person named. The front stores nothing, so it is no answer here.
func (w where) sites() ([]environment.Site, error) {
	c, err := w.chosen()
	if err == nil && len(c.sites) == 0 {
		err = fmt.Errorf("region is %q, which stores no events: leave REGION out, or name a region", w.region)
	}
	return c.sites, err
}

// enter finds the operator's credentials, as every AWS tool does, and goes to the sites. Its
// error is errNobody without credentials, and elsewhere when they belong to another account than
// the environment's.
func (w where) enter(ctx context.Context) ([]place, error) {
	sites, err := w.sites()
	if err != nil {
		return nil, err
	}
	cfg, err := settings(ctx, sites[0].Region)
	if err != nil {
		return nil, err
	}
	account, err := accountOf(ctx, cfg)
	if err != nil {
		return nil, err
	}
	var places []place
	for _, site := range sites {
		if site.Account != "" && site.Account != account {
			return nil, elsewhere{site.Name, site.Account, account}
		}
		there := cfg.Copy()
		there.Region = cmp.Or(site.Region, cfg.Region)
		site.Account, site.Region = account, there.Region
		places = append(places, place{Site: site, cfg: there})
	}
	return places, nil
}

// siteOf is how a person names a site.
func siteOf(site environment.Site) where {
	if site.Home {
		return where{site.Name, home}
	}
	return where{site.Name, site.Region}
}

// enterOne goes to the site that a person named, or else home.
func (w where) enterOne(ctx context.Context) (place, error) {
	w.region = cmp.Or(w.region, home)
	places, err := w.enter(ctx)
	if err != nil {
		return place{}, err
	}
	if len(places) > 1 {
		return place{}, fmt.Errorf("region is %q, must be one region", w.region)
	}
	return places[0], nil
}

// stepsOf names the steps in which a change reaches an environment: its regions, then its front.
// An environment of one region, which need not have a name, is one step.
func stepsOf(env environment.Environment) []string {
	if names := namesIn(env); env.Worldwide() {
		return names[1:]
	}
	return []string{home}
}

// listSteps prints them as JSON. A workflow gets them as its step's output, and makes a job of each.
func listSteps(_ context.Context, args []string, t terminal) error {
	flags := newFlags("sites")
	name := environmentFlag(flags)
	if err := t.parse(flags, args); err != nil {
		return err
	}
	env, err := named(*name)
	if err != nil {
		return err
	}
	list, err := json.Marshal(stepsOf(env))
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

// flags are how a person names the place to a verb.
func (p place) flags() string {
	if !p.Worldwide() {
		return "-environment " + p.Name
	}
	return "-environment " + p.Name + " -region " + p.Region
}

// tag names the region behind what a verb says of a place, where there are several.
func (p place) tag() string {
	if !p.Worldwide() {
		return ""
	}
	return " in " + p.Region
}

// in is an error of a place, with its region where there are several.
func (p place) in(err error) error {
	if err == nil || !p.Worldwide() {
		return err
	}
	return fmt.Errorf("%s: %w; REGION=… leaves a region out", p.Region, err)
}

// front returns the settings with which the environment's front is asked about.
func (p place) front() aws.Config {
	cfg := p.cfg.Copy()
	cfg.Region = environment.FrontRegion
	return cfg
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
