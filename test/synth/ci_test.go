package synth

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
)

// workflows are the roles of the stack Ci, who may take each, and what it may do:
// take the roles of `cdk bootstrap`, to look or to deploy.
var workflows = map[string][]string{
	"Diff": {
		"allow sts:AssumeRoleWithWebIdentity by Federated=GitHub.Arn if StringEquals=" +
			"token.actions.githubusercontent.com:aud=sts.amazonaws.com " +
			"token.actions.githubusercontent.com:sub=repo:owner/name:pull_request repo:owner/name:ref:refs/heads/main",
		"allow sts:AssumeRole on arn:aws:iam::111111111111:role/cdk-hnb659fds-lookup-role-111111111111-us-east-1",
	},
	"DeployDev":     deploys("Dev"),
	"DeployStaging": deploys("Staging"),
	"DeployProd":    deploys("Prod"),
}

func deploys(env string) []string {
	const role = "arn:aws:iam::111111111111:role/cdk-hnb659fds-"
	return []string{
		"allow sts:AssumeRoleWithWebIdentity by Federated=GitHub.Arn if StringEquals=" +
			"token.actions.githubusercontent.com:aud=sts.amazonaws.com " +
			"token.actions.githubusercontent.com:sub=repo:owner/name:environment:" + env,
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
		for _, f := range c.finds(ci) {
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

func TestRepositoryIsOwnerAndName(t *testing.T) {
	for _, repository := range []string{"name", "owner/*", "owner/name:ref", ""} {
		_, err := pipeline.NewApp(pipeline.AppProps{
			Environments: placed(environment.All()), Settings: filepath.Join(root, "cdk.json"), Dist: filepath.Join("testdata", "dist"),
			Outdir: os.DevNull, Ci: &pipeline.CiProps{Repository: repository},
		})
		if err == nil || !strings.Contains(err.Error(), "owner/name") {
			t.Errorf("%q: %v", repository, err)
		}
	}
}
