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

// github is who vouches for a workflow of GitHub Actions.
const github = "token.actions.githubusercontent.com"

// repositoryPattern is how GitHub writes a repository: by names or, where subjects are
// immutable, by names and ids. It has no wildcard and no colon, which mean something in
// what GitHub says a workflow is.
// https://github.blog/changelog/2026-04-23-immutable-subject-claims-for-github-actions-oidc-tokens/
var repositoryPattern = regexp.MustCompile(`^([\w.-]+/[\w.-]+|[\w.-]+@[0-9]+/[\w.-]+@[0-9]+)$`)

// CiProps configures the stack of what a repository's workflows may do.
type CiProps struct {
	Repository   string                    // at GitHub, "owner/name", or "owner@id/name@id" where subjects are immutable
	Provider     string                    `optional:"true"` // ARN of the account's OIDC provider for GitHub, of which it can have one; default: the stack makes it
	Environments []environment.Environment // with account and region; at least one in Account
	Account      string                    // where the roles live, and whose environments they are for
	Region       string
}

// check returns what is wrong with p.
func (p CiProps) check() error {
	if !repositoryPattern.MatchString(p.Repository) {
		return fmt.Errorf("repository is %q, must be owner/name, or owner@id/name@id as its subject has it", p.Repository)
	}
	if len(p.here()) == 0 {
		return fmt.Errorf("no environment is in account %s: run `make ci` with credentials of an environment's account", p.Account)
	}
	return nil
}

// here are the environments of the account that the roles live in.
func (p CiProps) here() []environment.Environment {
	return slices.DeleteFunc(slices.Clone(p.Environments), func(env environment.Environment) bool {
		return env.Account != p.Account
	})
}

// boundary is that of the account's environments: an account asks the same of every role.
func (p CiProps) boundary() (arn string) {
	for _, env := range p.here() {
		arn = cmp.Or(arn, env.Boundary)
	}
	return arn
}

// tags are those that the account's environments have in common.
func (p CiProps) tags() map[string]string {
	envs := p.here()
	common := maps.Clone(envs[0].Tags)
	for _, env := range envs[1:] {
		maps.DeleteFunc(common, func(key, value string) bool { return env.Tags[key] != value })
	}
	return common
}

// newCi adds the stack Ci: roles that a workflow takes for an hour by what GitHub says
// it is, without keys. Diff is for code that nobody has reviewed, so it may read the
// templates of the environments' stacks and nothing else: the bootstrap's lookup role
// could read every object and log line of the account. A Deploy role may take the
// bootstrap's roles in its environment's region. Every account has a Ci of its own, so
// that no account has to trust another.
func newCi(scope constructs.Construct, props CiProps) {
	stack := newStack(scope, "Ci", awscdk.StackProps{
		Description:         jsii.String("global-ingest: what the repository's workflows may do"),
		Env:                 &awscdk.Environment{Account: jsii.String(props.Account), Region: jsii.String(props.Region)},
		PermissionsBoundary: bounded(props.boundary()),
	})
	tag(stack, props.tags())
	provider := jsii.String(props.Provider)
	if props.Provider == "" {
		provider = awsiam.NewCfnOIDCProvider(stack, jsii.String("GitHub"), &awsiam.CfnOIDCProviderProps{
			Url: jsii.String("https://" + github), ClientIdList: jsii.Strings("sts.amazonaws.com"),
		}).AttrArn()
	}
	role := func(id, description string, may awsiam.PolicyStatement, subjects ...string) {
		made := awsiam.NewRole(stack, jsii.String(id), &awsiam.RoleProps{
			Description: jsii.String(description),
			AssumedBy:   workflow(provider, subjects),
		})
		made.AddToPolicy(may)
		output(stack, id+"Arn", description, made.RoleArn())
	}

	from := "repo:" + props.Repository
	role("Diff", "Compares with what is deployed: the variable DIFF_ROLE of the repository",
		allow([]string{"cloudformation:DescribeStacks", "cloudformation:GetTemplate"}, stacksOf(props.here())...),
		from+":pull_request", from+":ref:refs/heads/main")
	for _, env := range props.here() {
		role("Deploy"+env.Name, "Deploys "+env.Name+": the variable DEPLOY_ROLE of the environment of that name",
			allow([]string{"sts:AssumeRole"}, bootstrapRoles(env, "deploy", "file-publishing", "lookup")...),
			from+":environment:"+env.Name)
	}
}

// workflow is a run of a workflow that GitHub says is exactly one of subjects.
// https://docs.github.com/actions/reference/security/oidc
func workflow(provider *string, subjects []string) awsiam.IPrincipal {
	return awsiam.NewWebIdentityPrincipal(provider, &map[string]any{
		"StringEquals": map[string]any{github + ":aud": "sts.amazonaws.com", github + ":sub": subjects},
	})
}

// stacksOf returns the ARNs of the stacks of envs, each but for the id at its end, which
// CloudFormation makes up.
func stacksOf(envs []environment.Environment) (arns []*string) {
	for _, env := range envs {
		for _, name := range env.Stacks() {
			arn := fmt.Sprintf("arn:aws:cloudformation:%s:%s:stack/%s-%s/*", env.Region, env.Account, env.Name, name)
			arns = append(arns, jsii.String(arn))
		}
	}
	return arns
}

// bootstrapRoles returns the roles of some kinds that `cdk bootstrap` makes, under
// its default qualifier, where env is deployed.
func bootstrapRoles(env environment.Environment, kinds ...string) (arns []*string) {
	for _, kind := range kinds {
		arns = append(arns, jsii.String(fmt.Sprintf("arn:aws:iam::%[1]s:role/cdk-%[2]s-%[3]s-role-%[1]s-%[4]s",
			env.Account, *awscdk.DefaultStackSynthesizer_DEFAULT_QUALIFIER(), kind, env.Region)))
	}
	return arns
}
