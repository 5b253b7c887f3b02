package pipeline

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// github is the OIDC provider that says which workflow is running.
const github = "token.actions.githubusercontent.com"

// repositoryPattern is how GitHub writes a repository: by names or, where subjects are
// immutable, by names and ids. It allows no wildcard and no colon, because both mean
// something in a subject.
// https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
var repositoryPattern = regexp.MustCompile(`^([\w.-]+/[\w.-]+|[\w.-]+@[0-9]+/[\w.-]+@[0-9]+)$`)

// CiProps configures the stack of what a repository's workflows may do.
type CiProps struct {
	Repository   string                    // at GitHub: owner/name, or owner@id/name@id where subjects are immutable
	Provider     string                    `optional:"true"` // ARN of an OIDC provider for GitHub; default: a new one
	Environments []environment.Environment // with account and region; at least one in Account
	Account      string                    // of the roles, and of the environments that they are for
	Region       string
}

// check returns the first mistake in p. A person types these props, as flags.
func (p CiProps) check() error {
	if !repositoryPattern.MatchString(p.Repository) {
		return fmt.Errorf("repository is %q, must be owner/name, or owner@id/name@id as its subject has it", p.Repository)
	}
	if len(p.here()) == 0 {
		return fmt.Errorf("no environment is in account %s: run `make ci` with credentials of an environment's account",
			p.Account)
	}
	if only := "arn:aws:iam::" + p.Account + ":oidc-provider/" + github; p.Provider != "" && p.Provider != only {
		return fmt.Errorf("OIDC provider is %q, must be %s, or empty where the account has none", p.Provider, only)
	}
	return nil
}

// here returns the environments of Account.
func (p CiProps) here() []environment.Environment {
	return slices.DeleteFunc(slices.Clone(p.Environments), func(env environment.Environment) bool {
		return env.Account != p.Account
	})
}

// boundary is that of the account's environments: an account demands one of every role.
func (p CiProps) boundary() (arn string) {
	for _, env := range p.here() {
		arn = cmp.Or(arn, env.Boundary)
	}
	return arn
}

// tags are what the tags of the account's environments have in common.
func (p CiProps) tags() map[string]string {
	envs := p.here()
	common := maps.Clone(envs[0].Tags)
	for _, env := range envs[1:] {
		maps.DeleteFunc(common, func(key, value string) bool { return env.Tags[key] != value })
	}
	return common
}

// newCi adds the stack Ci: roles that a workflow assumes for an hour, without keys, by what
// GitHub says of it. Diff is for code that nobody has reviewed, so it may only read the
// templates of the environments' stacks: the bootstrap's lookup role could read every object
// and log line of the account. A Deploy role may assume the bootstrap's roles in its
// environment's regions. Every account has its own Ci, so that no account trusts another.
func newCi(scope constructs.Construct, props CiProps) {
	stack := newStack(scope, "Ci", awscdk.StackProps{
		Description: jsii.String("global-ingest: what the repository's workflows may do"),
		Env: &awscdk.Environment{
			Account: jsii.String(props.Account), Region: jsii.String(props.Region),
		},
		PermissionsBoundary: bounded(props.boundary()),
	})
	tag(stack, props.tags())
	provider := jsii.String(props.Provider)
	if props.Provider == "" {
		provider = awsiam.NewCfnOIDCProvider(stack, jsii.String("GitHub"), &awsiam.CfnOIDCProviderProps{
			Url: jsii.String("https://" + github), ClientIdList: jsii.Strings("sts.amazonaws.com"),
		}).AttrArn()
	}
	role := func(id, description string, may awsiam.PolicyStatement, subjects ...string) awsiam.Role {
		made := awsiam.NewRole(stack, jsii.String(id), &awsiam.RoleProps{
			Description: jsii.String(description),
			AssumedBy:   workflow(provider, subjects),
		})
		made.AddToPolicy(may)
		output(stack, id+"Arn", description, made.RoleArn())
		return made
	}

	from := "repo:" + props.Repository
	role("Diff", "Compares with what is deployed: the variable DIFF_ROLE of the repository",
		allow([]string{"cloudformation:DescribeStacks", "cloudformation:GetTemplate"}, stacksOf(props.here())...),
		from+":pull_request", from+":ref:refs/heads/main")
	for _, env := range props.here() {
		made := role("Deploy"+env.Name, "Deploys "+env.Name+": the variable DEPLOY_ROLE of the environment of that name",
			allow([]string{"sts:AssumeRole"}, bootstrapRoles(env, "deploy", "file-publishing", "lookup")...),
			from+":environment:"+env.Name)
		if env.Worldwide() {
			// With BAKE a workflow watches a region's alarms before it deploys the next. CloudWatch shows
			// composite alarms only to a role that may see all alarms.
			// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
			made.AddToPolicy(allow([]string{"cloudwatch:DescribeAlarms"}, jsii.String("*")))
		}
	}
}

// workflow is a run of a workflow whose subject is exactly one of subjects.
// https://docs.github.com/actions/reference/security/oidc
func workflow(provider *string, subjects []string) awsiam.IPrincipal {
	return awsiam.NewWebIdentityPrincipal(provider, &map[string]any{
		"StringEquals": map[string]any{github + ":aud": "sts.amazonaws.com", github + ":sub": subjects},
	})
}

// stacksOf returns the ARNs of the stacks of envs. Each ends in a wildcard for the id that
// CloudFormation generates.
func stacksOf(envs []environment.Environment) (arns []*string) {
	add := func(env environment.Environment, region, name string) {
		arn := fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s/*", region, env.Account, name)
		arns = append(arns, jsii.String(arn))
	}
	for _, env := range envs {
		for _, site := range env.Sites() {
			for _, name := range site.Stacks() {
				add(env, site.Region, site.StackName(name))
			}
		}
		if env.Worldwide() {
			add(env, environment.FrontRegion, environment.StackName(env.Name, environment.FrontStack))
		}
	}
	return arns
}

// bootstrapRoles returns some of the roles that `cdk bootstrap` makes with its default
// qualifier, where env is deployed.
func bootstrapRoles(env environment.Environment, kinds ...string) (arns []*string) {
	for _, region := range regionsOf(env) {
		for _, kind := range kinds {
			arns = append(arns, jsii.String(fmt.Sprintf("arn:aws:iam::%[1]s:role/cdk-%[2]s-%[3]s-role-%[1]s-%[4]s",
				env.Account, *awscdk.DefaultStackSynthesizer_DEFAULT_QUALIFIER(), kind, region)))
		}
	}
	return arns
}

// regionsOf returns those that env has stacks in.
func regionsOf(env environment.Environment) (regions []string) {
	for _, site := range env.Sites() {
		regions = append(regions, site.Region)
	}
	if env.Worldwide() && !slices.Contains(regions, environment.FrontRegion) {
		regions = append(regions, environment.FrontRegion)
	}
	return regions
}
