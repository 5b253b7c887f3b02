package synth

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
)

// ending are the alarms that end a release.
var ending = []string{"WatchRelease", "WatchServerErrors", "WatchUnstored"}

// TestABadReleaseOfIngestIsTakenBack: CodeDeploy moves the alias as the environment says,
// and alarms end what it does, unless all is done at once.
func TestABadReleaseOfIngestIsTakenBack(t *testing.T) {
	released := 0
	for _, s := range pipelines() {
		env, group := environmentOf(t, s), s.the(t, "ReleaseGroup")
		mover := at(s.Template["Resources"], s.the(t, "IngestLive").ID, "UpdatePolicy", "CodeDeployLambdaAliasUpdate")
		if s.text(mover) != "ApplicationName=ReleaseApplication DeploymentGroupName=ReleaseGroup" {
			t.Errorf("%s: the alias is moved by %q", s.title(), s.text(mover))
		}
		config, want := group.Properties["DeploymentConfigName"], "CodeDeployDefault.Lambda"+string(env.Release)
		if config != want {
			t.Errorf("%s: requests move by %v, want %s", s.title(), config, want)
		}
		var ends []string
		if env.Release != environment.AllAtOnce {
			ends = ending
			released++
			checkRollback(t, s, group)
		}
		if got := endedBy(s, group); !slices.Equal(got, ends) {
			t.Errorf("%s: %q end a release, want %q", s.title(), got, ends)
		}
	}
	if released < 2 {
		t.Error("no environment has a release that an alarm ends")
	}
}

// checkRollback wants requests back when an alarm rings, one of which is about the
// version that the alias gets.
func checkRollback(t *testing.T, s *stack, group resource) {
	t.Helper()
	events := s.text(group.Properties["AutoRollbackConfiguration"])
	if !strings.Contains(events, "DEPLOYMENT_STOP_ON_ALARM") || !strings.Contains(events, "Enabled=true") {
		t.Errorf("%s: requests move back by %q", s.title(), events)
	}
	watches := s.text(s.the(t, "WatchRelease").Properties["Dimensions"])
	if version := s.text(s.the(t, "IngestLive").Properties["FunctionVersion"]); !strings.Contains(watches,
		"Value="+version) {
		t.Errorf("%s: the alarm of the version %s watches %q", s.title(), version, watches)
	}
}

// TestTheAPICallsTheAliasOnly, or requests would not move.
func TestTheAPICallsTheAliasOnly(t *testing.T) {
	for _, s := range pipelines() {
		for _, r := range s.resources(permission) {
			if r.Properties["Principal"] == "apigateway.amazonaws.com" &&
				s.text(r.Properties["FunctionName"]) != "IngestLive" {
				t.Errorf("%s: %s lets the API past the alias", s.title(), r.ID)
			}
		}
	}
}

func endedBy(s *stack, group resource) (names []string) {
	list, _ := at(group.Properties, "AlarmConfiguration", "Alarms").([]any)
	for _, alarm := range list {
		names = append(names, s.text(at(alarm, "Name")))
	}
	slices.Sort(names)
	return names
}

// TestReleasesAreCodeDeploys: each is the name of a configuration that CodeDeploy has, and
// each of those is a release.
func TestReleasesAreCodeDeploys(t *testing.T) {
	defer jsii.Close()
	var got, want []string
	for _, config := range []awscodedeploy.ILambdaDeploymentConfig{
		awscodedeploy.LambdaDeploymentConfig_ALL_AT_ONCE(),
		awscodedeploy.LambdaDeploymentConfig_CANARY_10PERCENT_5MINUTES(),
		awscodedeploy.LambdaDeploymentConfig_CANARY_10PERCENT_10MINUTES(),
		awscodedeploy.LambdaDeploymentConfig_CANARY_10PERCENT_15MINUTES(),
		awscodedeploy.LambdaDeploymentConfig_CANARY_10PERCENT_30MINUTES(),
		awscodedeploy.LambdaDeploymentConfig_LINEAR_10PERCENT_EVERY_1MINUTE(),
		awscodedeploy.LambdaDeploymentConfig_LINEAR_10PERCENT_EVERY_2MINUTES(),
		awscodedeploy.LambdaDeploymentConfig_LINEAR_10PERCENT_EVERY_3MINUTES(),
		awscodedeploy.LambdaDeploymentConfig_LINEAR_10PERCENT_EVERY_10MINUTES(),
	} {
		want = append(want, *config.DeploymentConfigName())
	}
	for _, release := range environment.Releases() {
		got = append(got, "CodeDeployDefault.Lambda"+string(release))
	}
	if !slices.Equal(got, want) {
		t.Errorf("releases are %q, CodeDeploy has %q", got, want)
	}
}

// TestNewCodeIsANewVersion, and nothing else is: the alias, which clients' requests go
// to, stays.
func TestNewCodeIsANewVersion(t *testing.T) {
	dist := filepath.Join(t.TempDir(), "dist")
	if err := os.CopyFS(dist, os.DirFS(filepath.Join("testdata", "dist"))); err != nil {
		t.Fatal(err)
	}
	same := releaseFrom(t, dist)
	if err := os.WriteFile(filepath.Join(dist, "ingest", "bootstrap"), []byte("other code"), fs.ModePerm); err != nil {
		t.Fatal(err)
	}
	other := releaseFrom(t, dist)
	if deployed := versionOf(stackOf(t, "Dev", "Pipeline")); versionOf(same) != deployed ||
		versionOf(other) == deployed {
		t.Errorf("versions are %s, of the same code %s, of other code %s", deployed, versionOf(same), versionOf(other))
	}
	if a, b := same.the(t, "IngestLive").ID, other.the(t, "IngestLive").ID; a != b {
		t.Errorf("new code makes the alias %s of %s", b, a)
	}
}

// TestAVersionStaysUnlessItsDeployFailed: an older one can be released again, and the
// code of a failed deploy can be published again.
func TestAVersionStaysUnlessItsDeployFailed(t *testing.T) {
	for _, s := range pipelines() {
		for _, r := range s.resources("AWS::Lambda::Version") {
			if r.Delete != "RetainExceptOnCreate" || r.Replace != "Retain" {
				t.Errorf("%s: %s is gone by %s and %s", s.title(), r.ID, r.Delete, r.Replace)
			}
		}
	}
}

// releaseFrom returns Dev's Pipeline, with the functions of a folder.
func releaseFrom(t *testing.T, dist string) *stack {
	t.Helper()
	dir := t.TempDir()
	dev, err := environment.Named("Dev")
	if err != nil {
		t.Fatal(err)
	}
	props := pipeline.AppProps{Environments: placed([]environment.Environment{dev}), Dist: dist}
	if err := assemble(dir, props); err != nil {
		t.Fatal(err)
	}
	loaded, err := load(dir, dev)
	if err != nil {
		t.Fatal(err)
	}
	return loaded[1]
}

func versionOf(s *stack) string { return s.resources("AWS::Lambda::Version")[0].ID }
