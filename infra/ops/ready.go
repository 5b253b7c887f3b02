package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"global-ingest/infra/assembly"
	"global-ingest/infra/cost"
	"global-ingest/infra/environment"
)

// looks check what a deploy needs of the account. If it is missing, CloudFormation fails after
// minutes, or deploys what cannot serve.
var looks = []struct {
	what string
	look func(*spot, context.Context) error
}{
	{"the bootstrap", (*spot).bootstrap},
	{"API Gateway's role for logs", (*spot).apiLogRole},
	{"Lambda's concurrency", (*spot).concurrency},
	{"the certificate", (*spot).certificates},
	{"the hosted zone", (*spot).zones},
}

// ready says what is missing in each account and region that the assembly deploys to. What the
// credentials may not look at is noted, and does not fail.
func ready(ctx context.Context, t terminal, f *flags) error {
	c, folder := f.where(inDev, "all"), ""
	f.assembly(&folder)
	if err := f.parse(); err != nil {
		return err
	}
	return t.ready(ctx, *c, folder)
}

// ready says it of what a person named.
func (t terminal) ready(ctx context.Context, c choice, folder string) error {
	spots, err := c.spots(folder, t)
	if err != nil {
		return err
	}
	var missing []string
	for _, s := range spots {
		if err := s.visit(ctx); err != nil {
			return err
		}
		for _, line := range s.missing {
			if !slices.Contains(missing, line) { // the zone is missing everywhere
				missing = append(missing, line)
			}
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s cannot be deployed yet:\n  %s", c.Name, strings.Join(missing, "\n  "))
	}
	return nil
}

// stacks are the names of the stacks that a deploy of c touches.
func (c choice) stacks() (names []string) {
	for _, site := range c.sites {
		for _, stack := range site.Stacks() {
			names = append(names, site.StackName(stack))
		}
		if site.Failover.NextDoor {
			names = append(names, c.nextDoor(site).StackName(environment.StorageStack))
		}
	}
	if c.front {
		names = append(names, environment.StackName(c.Name, environment.FrontStack))
	}
	return names
}

// spot is one account and region that the assembly deploys to, and what is missing there.
type spot struct {
	terminal
	place
	templates []*assembly.Template
	missing   []string // a line for each thing, with the command to type
}

// spots returns the accounts and regions of c's stacks, in order.
func (c choice) spots(folder string, t terminal) (spots []*spot, err error) {
	templates, err := assembly.Read(folder, c.Name)
	if err != nil {
		return nil, err
	}
	stacks, by := c.stacks(), map[assembly.Place]*spot{}
	for _, template := range templates {
		if !slices.Contains(stacks, template.Stack) {
			continue
		}
		s := by[template.Place]
		if s == nil {
			s = &spot{terminal: t}
			s.Name, s.Account, s.Region = c.Name, template.Account, template.Region
			by[template.Place], spots = s, append(spots, s)
		}
		s.templates = append(s.templates, template)
	}
	slices.SortFunc(spots, func(a, b *spot) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return spots, nil
}

// visit takes every look at one spot. Credentials of another account look at nothing: those of a
// workflow may only assume the CDK's roles there, and the CDK CLI reports when they may not.
func (s *spot) visit(ctx context.Context) error {
	at, err := enter(ctx, s.Site)
	other := elsewhere{}
	if err != nil && !errors.As(err, &other) {
		return err
	}
	fmt.Fprintln(s.out, s.place)
	if err != nil {
		fmt.Fprintf(s.out, "  not looked at: %v\n", err)
		return nil
	}
	s.cfg = at.cfg
	for _, l := range looks {
		switch err := l.look(s, ctx); {
		case denied(err):
			fmt.Fprintf(s.out, "  not looked at: %s, these credentials may not\n", l.what)
		case err != nil:
			s.lacks("looking at %s: %v", l.what, err)
		}
	}
	return nil
}

func (s *spot) lacks(format string, args ...any) {
	s.missing = append(s.missing, fmt.Sprintf(format, args...))
}

// of yields the resources of a type, by their logical ids, with their properties.
func (s *spot) of(resourceType string) iter.Seq2[string, map[string]any] {
	return func(yield func(string, map[string]any) bool) {
		for _, template := range s.templates {
			for _, id := range slices.Sorted(maps.Keys(template.Resources)) {
				if r := template.Resources[id]; r.Type == resourceType && !yield(id, r.Properties) {
					return
				}
			}
		}
	}
}

func (s *spot) has(resourceType string) bool {
	for range s.of(resourceType) {
		return true
	}
	return false
}

// bootstrap reads the version of the bootstrap with the templates' own qualifier.
func (s *spot) bootstrap(ctx context.Context) error {
	demands := map[string]int{}
	for _, template := range s.templates {
		demands[template.Bootstrap.Parameter] = max(demands[template.Bootstrap.Parameter], template.Bootstrap.Version)
	}
	delete(demands, "") // a synthesizer that needs none
	for _, parameter := range slices.Sorted(maps.Keys(demands)) {
		version, err := bootstrapVersion(ctx, s.cfg, parameter)
		switch {
		case err != nil:
			return err
		case version == 0:
			s.lacks("aws://%s/%s is not bootstrapped, it has no parameter %s: run `%s`",
				s.Account, s.Region, parameter, s.bootstrapCommand(parameter))
		case version < demands[parameter]:
			s.lacks("aws://%s/%s has version %d of the bootstrap, the stacks need %d: run `%s`",
				s.Account, s.Region, version, demands[parameter], s.bootstrapCommand(parameter))
		}
	}
	return nil
}

// bootstrapVersion returns the version of the bootstrap stack, 0 if there is no bootstrap.
func bootstrapVersion(ctx context.Context, cfg aws.Config, parameter string) (int, error) {
	out, err := ssm.NewFromConfig(cfg).GetParameter(ctx, &ssm.GetParameterInput{Name: &parameter})
	if refusedAs(err, "ParameterNotFound") {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	version, err := strconv.Atoi(aws.ToString(out.Parameter.Value))
	if err != nil {
		return 0, fmt.Errorf("parameter %s: %w", parameter, err)
	}
	return version, nil
}

// defaultQualifier is the one that `cdk bootstrap` uses when nobody chooses another.
const defaultQualifier = "hnb659fds"

// bootstrapCommand gives an own qualifier its own toolkit stack, because the stack with the
// default name may be another team's.
func (s *spot) bootstrapCommand(parameter string) string {
	command := fmt.Sprintf("npx --prefix infra cdk bootstrap aws://%s/%s", s.Account, s.Region)
	_, rest, _ := strings.Cut(parameter, "/cdk-bootstrap/")
	if qualifier, _, _ := strings.Cut(rest, "/"); qualifier != defaultQualifier {
		command += fmt.Sprintf(" --qualifier %s --toolkit-stack-name CDKToolkit-%[1]s", qualifier)
	}
	return command
}

// apiLogRole looks for the role with which API Gateway writes logs. An account has one in each
// region, and a stage with logs needs it first.
func (s *spot) apiLogRole(ctx context.Context) error {
	if !s.has("AWS::ApiGateway::Stage") || s.has("AWS::ApiGateway::Account") {
		return nil
	}
	account, err := apigateway.NewFromConfig(s.cfg).GetAccount(ctx, &apigateway.GetAccountInput{})
	if err != nil {
		return err
	}
	if aws.ToString(account.CloudwatchRoleArn) == "" {
		s.lacks("API Gateway has no role for logs in account %s, %s: set OwnAPILogRole in one environment there, or run "+
			"`aws apigateway update-account --region %[2]s --patch-operations op=replace,path=/cloudwatchRoleArn,"+
			"value=<ARN of a role with the policy AmazonAPIGatewayPushToCloudWatchLogs>`", s.Account, s.Region)
	}
	return nil
}

// usualConcurrency is the default quota of an account; a new one starts with 10.
const usualConcurrency = 1_000

// concurrency compares what the functions reserve with the account's quota.
func (s *spot) concurrency(ctx context.Context) error {
	out, err := lambda.NewFromConfig(s.cfg).GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		return err
	}
	if out.AccountLimit == nil {
		return errors.New("the answer has no AccountLimit")
	}
	quota, taken := int(out.AccountLimit.ConcurrentExecutions), s.reserved()
	raise := func(to int) string {
		return fmt.Sprintf("`aws service-quotas request-service-quota-increase --region %s --service-code lambda "+
			"--quota-code L-B99A9384 --desired-value %d`", s.Region, to)
	}
	switch needed := taken + cost.Unreserved; {
	case taken > 0 && needed > quota:
		s.lacks("Lambda's concurrency in account %s, %s is %d, but the functions take %d and %d must stay unreserved: run %s",
			s.Account, s.Region, quota, taken, cost.Unreserved, raise(max(usualConcurrency, needed)))
	case quota < usualConcurrency:
		fmt.Fprintf(s.out, "  Lambda's concurrency is %d, for all functions of the region together; to ask for "+
			"the usual %d: %s\n", quota, usualConcurrency, raise(usualConcurrency))
	}
	return nil
}

// reserved is what the functions take of the account's concurrency: reserved, or
// provisioned where a function reserves none.
func (s *spot) reserved() (sum int) {
	own := map[string]bool{}
	for id, properties := range s.of("AWS::Lambda::Function") {
		n := whole(properties["ReservedConcurrentExecutions"])
		own[id], sum = n > 0, sum+n
	}
	for _, properties := range s.of("AWS::Lambda::Alias") {
		function, _ := properties["FunctionName"].(map[string]any)
		id, _ := function["Ref"].(string)
		config, _ := properties["ProvisionedConcurrencyConfig"].(map[string]any)
		if !own[id] {
			sum += whole(config["ProvisionedConcurrentExecutions"])
		}
	}
	return sum
}

// whole reads a number of a template, 0 if the template does not set it.
func whole(value any) int {
	n, _ := strconv.Atoi(fmt.Sprint(value))
	return n
}
