package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/logging"

	"global-ingest/infra/environment"
	"global-ingest/infra/ops/deployed"
)

// named finds an environment. Tests replace it.
var named = environment.Named

// home is what a person may type for an environment's first region, which may have no name.
const home = "home"

// choice is what a person named of an environment: its sites in their order, and its front.
type choice struct {
	environment.Environment
	region string // as typed; empty for all
	sites  []environment.Site
	front  bool
}

// find finds the environment of this name, and the regions of c.
func (c *choice) find(name string) (err error) {
	if c.Environment, err = named(name); err != nil {
		return err
	}
	c.sites, c.front = c.Sites(), c.Worldwide()
	if c.region == "" {
		return nil
	}
	wanted, known := strings.Split(c.region, ","), namesIn(c.Environment)
	for _, name := range wanted {
		if !slices.Contains(known, name) {
			return fmt.Errorf("region is %q, must be one of %s", name, strings.Join(known, ", "))
		}
	}
	c.front = slices.Contains(wanted, environment.FrontStack)
	c.sites = slices.DeleteFunc(c.sites, func(s environment.Site) bool {
		return !slices.Contains(wanted, s.Region) && !(s.Home && slices.Contains(wanted, home))
	})
	return nil
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

// nextDoor is the site whose bucket the site's Pipeline names. Its Storage stack comes first.
func (c choice) nextDoor(site environment.Site) environment.Site {
	sites := c.Sites()
	return sites[slices.IndexFunc(sites, func(s environment.Site) bool { return s.Region == site.NextDoor() })]
}

// enter goes to the sites. The front stores nothing, so it is no answer here.
func (c choice) enter(ctx context.Context) (places []place, err error) {
	if len(c.sites) == 0 {
		return nil, fmt.Errorf("region is %q, which stores no events: leave REGION out, or name a region", c.region)
	}
	for _, site := range c.sites {
		at, err := enter(ctx, site)
		if err != nil {
			return nil, err
		}
		places = append(places, at)
	}
	return places, nil
}

// narrow leaves the one site that a person named, or else home.
func (c *choice) narrow() error {
	if c.region != "" && (len(c.sites) != 1 || c.front) {
		return fmt.Errorf("region is %q, must be one region", c.region)
	}
	c.sites, c.front = c.sites[:1], false
	return nil
}

// enterOne goes to the site that a person named, or else home.
func (c *choice) enterOne(ctx context.Context) (place, error) {
	if err := c.narrow(); err != nil {
		return place{}, err
	}
	return enter(ctx, c.sites[0])
}

// place is an environment in one of its regions, where it is deployed.
type place struct {
	environment.Site // with account and region
	cfg              aws.Config
}

// enter finds the operator's credentials, as every AWS tool does, and goes to a site. It fails with
// errNobody without credentials, and with elsewhere when they belong to another account than the
// environment's.
func enter(ctx context.Context, site environment.Site) (place, error) {
	at := place{Site: site}
	cfg, err := settings(ctx, site.Region)
	if err != nil {
		return at, err
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return at, fmt.Errorf("asking whose credentials these are: %w", err)
	}
	account := aws.ToString(who.Account)
	if site.Account != "" && site.Account != account {
		return at, elsewhere{site.Name, site.Account, account}
	}
	at.Account, at.Region, at.cfg = account, cfg.Region, cfg
	return at, nil
}

func (p place) String() string {
	return fmt.Sprintf("%s in account %s, %s", p.Name, p.Account, p.Region)
}

// in is an error of a place, with its region where there are several.
func (p place) in(err error) error {
	if err == nil || !p.Worldwide() {
		return err
	}
	return fmt.Errorf("%s: %w; REGION=… leaves a region out", p.Region, err)
}

// outputs returns the outputs of some of the place's stacks.
func (p place) outputs(ctx context.Context, stacks ...string) (map[string]string, error) {
	all := map[string]string{}
	for _, stack := range stacks {
		name := p.StackName(stack)
		found, err := deployed.Outputs(ctx, p.cfg, name)
		if refusedAs(err, noSuchStack) {
			return nil, fmt.Errorf("there is no stack %s (%s): run `make deploy ENV=%s`", name, p, p.Name)
		}
		if err != nil {
			return nil, err
		}
		maps.Copy(all, found)
	}
	return all, nil
}

func (p place) s3() *s3.Client {
	return s3.NewFromConfig(p.cfg, func(o *s3.Options) {
		o.UsePathStyle = p.cfg.BaseEndpoint != nil || o.BaseEndpoint != nil // a local endpoint has no name per bucket
	})
}

// errNobody is the error of a machine without AWS credentials.
var errNobody = errors.New("no AWS credentials: set AWS_PROFILE, or log in with `aws sso login`")

// elsewhere is the error when the credentials belong to another account.
type elsewhere struct{ environment, account, credentials string }

func (e elsewhere) Error() string {
	return fmt.Sprintf("%s is in account %s, but these credentials are of %s: set AWS_PROFILE to one of %[2]s",
		e.environment, e.account, e.credentials)
}

// settings returns credentials, found as every AWS tool does, and a region: the one given, the
// profile's, or us-east-1, in the CDK CLI's order.
func settings(ctx context.Context, region string) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithLogger(logging.Nop{}))
	if err != nil {
		return cfg, fmt.Errorf("reading AWS settings: %w", err)
	}
	cfg.Region = cmp.Or(region, cfg.Region, "us-east-1")
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return cfg, errNobody
	}
	return cfg, nil
}

// noSuchStack is CloudFormation's code for a stack that does not exist.
const noSuchStack = "ValidationError"

// refusedAs says whether err is an answer of AWS with one of these codes.
func refusedAs(err error, codes ...string) bool {
	var refused smithy.APIError
	return errors.As(err, &refused) && slices.Contains(codes, refused.ErrorCode())
}

// denied says whether the credentials lack a right, in the words of any service.
func denied(err error) bool {
	return refusedAs(err, "AccessDenied", "AccessDeniedException", "UnauthorizedException", "NotAuthorized")
}
