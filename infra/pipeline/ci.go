package pipeline

import (
	"fmt"
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

// repository is how GitHub writes one, without a wildcard or a colon, which mean
// something in what GitHub says a workflow is.
var repository = regexp.MustCompile(`^[\w.-]+/[\w.-]+$`)

// CiProps configures the stack of what a repository's workflows may do.
type CiProps struct {
	Repository   string                    // at GitHub, "owner/name"; required
	Provider     string                    // ARN of the account's OIDC provider for GitHub, of which it can have one; default: the stack makes it
	Environments []environment.Environment // with account and region; required
	Account      string                    // where the roles live; required
	Region       string                    // required
}

// newCi adds the stack Ci: roles that a workflow takes for an hour by what GitHub
// says it is, without keys. They may do nothing themselves but take the roles that
// `cdk bootstrap` made in the accounts and regions of the environments: whoever
// bootstraps another account there trusts this one (--trust, --trust-for-lookup).
func newCi(scope constructs.Construct, props CiProps) {
	stack := NewStack(scope, "Ci", awscdk.StackProps{
		Description: jsii.String("global-ingest: what the repository's workflows may do"),
		Env:         &awscdk.Environment{Account: jsii.String(props.Account), Region: jsii.String(props.Region)},
	})
	provider := jsii.String(props.Provider)
	if props.Provider == "" {
		provider = awsiam.NewCfnOIDCProvider(stack, jsii.String("GitHub"), &awsiam.CfnOIDCProviderProps{
			Url: jsii.String("https://" + github), ClientIdList: jsii.Strings("sts.amazonaws.com"),
		}).AttrArn()
	}
	role := func(id, description string, subjects, assumes []string) {
		made := awsiam.NewRole(stack, jsii.String(id), &awsiam.RoleProps{
			Description: jsii.String(description),
			AssumedBy:   workflow(provider, subjects),
		})
		var arns []*string
		for _, arn := range assumes {
			arns = append(arns, jsii.String(arn))
		}
		made.AddToPolicy(Allow([]string{"sts:AssumeRole"}, arns...))
		Output(stack, id+"Arn", description, made.RoleArn())
	}

	from := "repo:" + props.Repository
	role("Diff", "Compares with what is deployed: the variable DIFF_ROLE of the repository",
		[]string{from + ":pull_request", from + ":ref:refs/heads/main"},
		bootstrapRoles(props.Environments, "lookup"))
	for _, env := range props.Environments {
		role("Deploy"+env.Name, "Deploys "+env.Name+": the variable DEPLOY_ROLE of the environment of that name",
			[]string{from + ":environment:" + env.Name},
			bootstrapRoles([]environment.Environment{env}, "deploy", "file-publishing", "lookup"))
	}
}

// workflow is a run of a workflow that GitHub says is exactly one of subjects.
// https://docs.github.com/actions/reference/security/oidc
func workflow(provider *string, subjects []string) awsiam.IPrincipal {
	return awsiam.NewWebIdentityPrincipal(provider, &map[string]any{
		"StringEquals": map[string]any{github + ":aud": "sts.amazonaws.com", github + ":sub": subjects},
	})
}

// bootstrapRoles returns the roles of some kinds that `cdk bootstrap` makes, under
// its default qualifier, where envs are deployed.
func bootstrapRoles(envs []environment.Environment, kinds ...string) (arns []string) {
	for _, env := range envs {
		for _, kind := range kinds {
			arns = append(arns, fmt.Sprintf("arn:aws:iam::%[1]s:role/cdk-%[2]s-%[3]s-role-%[1]s-%[4]s",
				env.Account, *awscdk.DefaultStackSynthesizer_DEFAULT_QUALIFIER(), kind, env.Region))
		}
	}
	slices.Sort(arns)
	return slices.Compact(arns)
}
