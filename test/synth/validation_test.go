package synth

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
)

// report is what the CDK's built-in validation found.
type report struct {
	PluginReports []struct {
		Violations []struct {
			RuleName, Description string
		}
	}
}

// TestAppDeploysTheGoldens runs the app as the CDK CLI does, with its validation
// against CloudFormation's specification: nothing may be found, and the templates
// must be those that every other test here looks at.
func TestAppDeploysTheGoldens(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command := exec.Command(app(t), "-account", account, "-region", region, "-dist", "test/synth/testdata/dist",
		"-repository", ciRepository)
	command.Dir = root
	command.Env = append(validating(), "CDK_OUTDIR="+dir)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, line := range findings(t, dir) {
		if !strings.HasPrefix(line, "Annotation::global-ingest:quota-") { // ours, of what AWS must be asked for
			t.Error(line)
		}
	}
	for _, env := range environment.All() {
		loaded, err := load(dir, env)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range loaded {
			if string(encode(t, s.Template)) != string(encode(t, stackOf(t, s.Stage, s.Name).Template)) {
				t.Errorf("%s is not what these tests look at", s.title())
			}
		}
	}
	var workflows map[string]any
	if err := read(filepath.Join(dir, "Ci.template.json"), &workflows); err != nil ||
		string(encode(t, workflows)) != string(encode(t, ci.Template)) {
		t.Errorf("Ci is not what these tests look at: %v", err)
	}
}

// TestValidationKnowsCloudFormation shows that the test above can fail: a type and
// a property that do not exist are found, and end the synthesis.
func TestValidationKnowsCloudFormation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	command := exec.Command(os.Args[0])
	command.Env = append(validating(), brokenDir+"="+dir)
	if out, err := command.CombinedOutput(); err == nil {
		t.Errorf("a broken template was synthesized:\n%s", out)
	}
	found := strings.Join(findings(t, dir), "\n")
	for _, want := range []string{"Colour", "AWS::S3::Pail"} {
		if !strings.Contains(found, want) {
			t.Errorf("validation did not find %s: %q", want, found)
		}
	}
}

// brokenDir is the variable that has this test's binary synthesize a broken app to the folder it names.
const brokenDir = "SYNTH_BROKEN_DIR"

func synthesizeBroken(dir string) {
	app, err := pipeline.NewApp(pipeline.AppProps{
		Settings: filepath.Join(root, "cdk.json"), Dist: filepath.Join("testdata", "dist"), Outdir: dir,
	})
	if err != nil {
		panic(err)
	}
	stack := awscdk.NewStack(app, jsii.String("Broken"), nil)
	for id, kind := range map[string]string{"Bucket": "AWS::S3::Bucket", "Pail": "AWS::S3::Pail"} {
		awscdk.NewCfnResource(stack, jsii.String(id), &awscdk.CfnResourceProps{
			Type: jsii.String(kind), Properties: &map[string]any{"Colour": "red"},
		})
	}
	app.Synth(nil)
	os.Exit(0)
}

func findings(t *testing.T, dir string) []string {
	t.Helper()
	var found report
	if err := read(filepath.Join(dir, "validation-report.json"), &found); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, plugin := range found.PluginReports {
		for _, violation := range plugin.Violations {
			out = append(out, violation.RuleName+": "+violation.Description)
		}
	}
	return out
}

// validating returns the process's environment without what turns validation off.
func validating() []string {
	var out []string
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "CDK_") {
			out = append(out, variable)
		}
	}
	return out
}

// TestCfnLint asks a second opinion, of every setting's templates. W3005 is about
// dependencies that the CDK always writes out although CloudFormation would infer them.
// E3002 says that a dashboard has no Tags: cfn-lint's schema is older than they are.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudwatch-dashboard.html
func TestCfnLint(t *testing.T) {
	t.Parallel()
	lint, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Skip("cfn-lint is not on the PATH: install it to have the templates checked by it too")
	}
	args := []string{"--ignore-checks", "W3005", "--format", "parseable", "--"}
	for _, s := range everyStack() {
		args = append(args, s.File)
	}
	out, err := exec.Command(lint, args...).CombinedOutput()
	left := strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' })
	left = slices.DeleteFunc(left, func(line string) bool {
		return strings.Contains(line, ":E3002:") && strings.Contains(line, "'Tags' was unexpected")
	})
	if len(left) > 0 || err != nil && len(out) == 0 {
		t.Errorf("%v\n%s", err, strings.Join(left, "\n"))
	}
}
