package synth

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
)

// workflows are the roles of the stack Ci, who may take each, and what it may do: read
// templates, or take the roles of `cdk bootstrap` to deploy.
var workflows = map[string][]string{
	"Diff": {
		"allow sts:AssumeRoleWithWebIdentity by Federated=GitHub.Arn if StringEquals=" +
			"token.actions.githubusercontent.com:aud=sts.amazonaws.com " +
			"token.actions.githubusercontent.com:sub=" + from + ":pull_request " + from + ":ref:refs/heads/main",
		"allow cloudformation:DescribeStacks cloudformation:GetTemplate on " +
			stackARN + "Dev-Pipeline/* " + stackARN + "Dev-Query/* " + stackARN + "Dev-Storage/* " +
			stackARN + "Prod-Pipeline/* " + stackARN + "Prod-Query/* " + stackARN + "Prod-Storage/* " +
			stackARN + "Staging-Pipeline/* " + stackARN + "Staging-Query/* " + stackARN + "Staging-Storage/*",
	},
	"DeployDev":     deploys("Dev"),
	"DeployStaging": deploys("Staging"),
	"DeployProd":    deploys("Prod"),
}

const (
	// ciRepository is one whose subjects are immutable.
	ciRepository = "owner@123/name@456"
	from         = "repo:" + ciRepository
	stackARN     = "arn:aws:cloudformation:us-east-1:111111111111:stack/"
)

func deploys(env string) []string {
	const role = "arn:aws:iam::111111111111:role/cdk-hnb659fds-"
	return []string{
		"allow sts:AssumeRoleWithWebIdentity by Federated=GitHub.Arn if StringEquals=" +
			"token.actions.githubusercontent.com:aud=sts.amazonaws.com " +
			"token.actions.githubusercontent.com:sub=" + from + ":environment:" + env,
		"allow sts:AssumeRole on " + role + "deploy-role-111111111111-us-east-1 " +
			role + "file-publishing-role-111111111111-us-east-1 " + role + "lookup-role-111111111111-us-east-1",
	}
}

func TestWorkflowsMayDoExactlyThis(t *testing.T) {
	if diff := cmp.Diff(sorted(workflows), sorted(ci.roles())); diff != "" {
		t.Errorf("(-may +does)\n%s", diff)
	}
}

func TestWorkflowsHaveNothingElse(t *testing.T) {
	for _, r := range ci.resources() {
		switch r.Type {
		case "AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::OIDCProvider":
		default:
			t.Errorf("%s is of type %s", r.ID, r.Type)
		}
	}
	for _, c := range accessControls {
		for _, f := range c.unexcused(ci) {
			t.Errorf("%s: %s %s", c.id, f.on, f.says)
		}
	}
}

func TestNoWorkflowsUnlessAsked(t *testing.T) {
	if _, err := synthesizeElsewhere(); err != nil {
		t.Fatal(err)
	}
	if found, err := filepath.Glob(filepath.Join(workspace, "elsewhere", "Ci*")); err != nil || len(found) > 0 {
		t.Errorf("%v, Ci is there: %v", err, found)
	}
}

// ciProps are those of a Ci for every environment.
func ciProps() pipeline.CiProps {
	return pipeline.CiProps{
		Repository: ciRepository, Environments: placed(environment.All()), Account: account, Region: region,
	}
}

// synthesizeCi returns the stack Ci of an app that has nothing else.
func synthesizeCi(t *testing.T, props pipeline.CiProps) (*stack, error) {
	t.Helper()
	dir, s := t.TempDir(), &stack{Stage: "Ci", Name: "Ci"}
	if err := assemble(dir, pipeline.AppProps{Ci: &props}); err != nil {
		return nil, err
	}
	return s, read(filepath.Join(dir, "Ci.template.json"), &s.Template)
}

// ciOf returns the stack Ci of some environments.
func ciOf(t *testing.T, envs ...environment.Environment) *stack {
	t.Helper()
	props := ciProps()
	props.Environments = envs
	s, err := synthesizeCi(t, props)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRepositoryIsOwnerAndName(t *testing.T) {
	for _, repository := range []string{"name", "owner/*", "owner/name:ref", "owner@123/name", "owner@1*/name@4", ""} {
		props := ciProps()
		props.Repository = repository
		if _, err := synthesizeCi(t, props); err == nil || !strings.Contains(err.Error(), "owner/name") {
			t.Errorf("%q: %v", repository, err)
		}
	}
}

// TestRepositoriesWithoutIdsAreTrusted by their names: those that are older than GitHub's
// immutable subjects. The golden has one with ids.
func TestRepositoriesWithoutIdsAreTrusted(t *testing.T) {
	props := ciProps()
	props.Repository = "owner/name"
	s, err := synthesizeCi(t, props)
	if err != nil {
		t.Fatal(err)
	}
	for id, lines := range workflows {
		want := strings.ReplaceAll(lines[0], ciRepository, "owner/name")
		if !slices.Contains(s.roles()[id], want) {
			t.Errorf("%s is not %q: %q", id, want, s.roles()[id])
		}
	}
}

// TestAnAccountHasOneProvider: with that of an earlier Ci or of somebody else Ci adds none, and no
// other one could say what GitHub says.
func TestAnAccountHasOneProvider(t *testing.T) {
	props := ciProps()
	const provider = "arn:aws:iam::" + account + ":oidc-provider/token.actions.githubusercontent.com"
	props.Provider = provider
	s, err := synthesizeCi(t, props)
	if err != nil {
		t.Fatal(err)
	}
	if made := s.resources("AWS::IAM::OIDCProvider"); len(made) > 0 {
		t.Errorf("Ci adds %s", made[0].ID)
	}
	for id, lines := range workflows {
		want := strings.ReplaceAll(lines[0], "GitHub.Arn", provider)
		if !slices.Contains(s.roles()[id], want) {
			t.Errorf("%s is not %q: %q", id, want, s.roles()[id])
		}
	}
	for _, other := range []string{
		"token.actions.githubusercontent.com", strings.Replace(provider, account, "222222222222", 1), provider + "/x",
	} {
		props.Provider = other
		if _, err := synthesizeCi(t, props); err == nil || !strings.Contains(err.Error(), "must be "+provider) {
			t.Errorf("%s: %v", other, err)
		}
	}
}

// TestPullRequestsMayReadTemplatesAndNothingElse: the code of a pull request runs with the
// role that its subject may take, and nobody has reviewed it yet.
func TestPullRequestsMayReadTemplatesAndNothingElse(t *testing.T) {
	want := map[permitted]bool{}
	for _, s := range stacks {
		if s.Stage == worldwide().Name {
			continue // no workflow deploys it
		}
		for _, action := range []string{"cloudformation:DescribeStacks", "cloudformation:GetTemplate"} {
			want[permitted{action, stackARN + s.Stage + "-" + s.Name + "/*"}] = true
		}
	}
	documents := ci.documents()
	for role, lines := range ci.roles() {
		if !strings.Contains(strings.Join(lines, " "), ":pull_request") {
			continue
		}
		got := map[permitted]bool{}
		for _, document := range documents[role] {
			for _, p := range ci.allowed(document) {
				got[p] = true
			}
		}
		if !maps.Equal(got, want) {
			t.Errorf("%s may %v, want %v", role, got, want)
		}
	}
}

// TestWorkflowsReachEveryRegion of an environment, and CloudFront's: to read its stacks and to
// deploy them.
func TestWorkflowsReachEveryRegion(t *testing.T) {
	env := worldwide()
	env.Account, env.Region, env.Regions = account, "eu-west-1", []string{"ap-southeast-1"}
	s := ciOf(t, env)
	got := strings.Join(slices.Concat(s.roles()["Diff"], s.roles()["DeployWorldwide"]), "\n")
	for _, want := range []string{
		"eu-west-1:111111111111:stack/Worldwide-Pipeline/*", "us-east-1:111111111111:stack/Worldwide-Front/*",
		"ap-southeast-1:111111111111:stack/Worldwide-ap-southeast-1-Storage/*",
		"deploy-role-111111111111-eu-west-1", "deploy-role-111111111111-ap-southeast-1",
		"deploy-role-111111111111-us-east-1",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("workflows may not reach %s:\n%s", want, got)
		}
	}
}

// TestADeployOfSeveralRegionsSeesAlarms, which it watches between two of them with BAKE.
func TestADeployOfSeveralRegionsSeesAlarms(t *testing.T) {
	env := worldwide()
	env.Account = account
	const want = "allow cloudwatch:DescribeAlarms on *"
	if got := ciOf(t, env).roles()["DeployWorldwide"]; !slices.Contains(got, want) {
		t.Errorf("the workflow's role may %q, want %s", got, want)
	}
}

// TestEveryAccountHasItsOwnRoles: what a workflow may do in an account is said in that
// account, so none has to trust another.
func TestEveryAccountHasItsOwnRoles(t *testing.T) {
	props := ciProps()
	prod := &props.Environments[len(props.Environments)-1]
	prod.Account = "222222222222"
	s, err := synthesizeCi(t, props)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(encode(t, s.Template)); strings.Contains(text, "222222222222") || strings.Contains(text, "Prod") {
		t.Errorf("another account is in\n%s", text)
	}
	props.Account = "333333333333"
	if _, err := synthesizeCi(t, props); err == nil ||
		!strings.Contains(err.Error(), "no environment is in account 333333333333") {
		t.Errorf("an account without environments: %v", err)
	}
}

// TestCiIsBoundedAndTaggedAsItsEnvironments are: an account asks it of every role.
func TestCiIsBoundedAndTaggedAsItsEnvironments(t *testing.T) {
	envs := placed(environment.All())
	const boundary = "arn:aws:iam::" + account + ":policy/boundary"
	for i := range envs {
		envs[i].Tags = map[string]string{"owner": "events-team", "stage": envs[i].Name}
	}
	envs[1].Boundary = boundary
	s := ciOf(t, envs...)
	for _, r := range s.resources("AWS::IAM::Role") {
		if got := r.Properties["PermissionsBoundary"]; got != boundary {
			t.Errorf("%s has the boundary %v", r.ID, got)
		}
		if got := s.text(r.Properties["Tags"]); got != "Key=owner Value=events-team" {
			t.Errorf("%s has the tags %q", r.ID, got)
		}
	}
}
