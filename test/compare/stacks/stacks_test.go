package stacks

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/environment"
)

var update = flag.Bool("update", false, "write the goldens instead of comparing with them")

const root = "../../.."

// stack is one synthesized stack, by what these tests look at.
type stack struct {
	name      string // "Chained"
	protected bool   // against deletion
	template  map[string]any
	resources map[string]resource
}

type resource struct {
	Type, DeletionPolicy, UpdateReplacePolicy string
	Properties                                map[string]any
}

// judged is what the product's rules say of a stack: TestAnotherStage in test/synth.
type judged struct {
	Roles    map[string][]string
	Controls []string
}

// What every test here looks at: the stage as its own app synthesizes it.
var (
	all        []stack
	rules      map[string]judged
	validation struct {
		PluginReports []struct {
			Violations []struct{ RuleName, Description string }
		}
	}
)

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "stacks")
	if err == nil {
		err = synthesize(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "test/compare/stacks:", err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// synthesize runs the app as the CDK CLI does, and asks test/synth for its judgement.
func synthesize(dir string) error {
	report := filepath.Join(dir, "report.json")
	for _, arguments := range [][]string{
		{
			"run", "./test/compare/app", "-account", "111111111111",
			"-dist", "test/synth/testdata/dist", "-chain", "test/compare/stacks/testdata/dist",
		},
		{
			"test", "./test/synth", "-run", "^TestAnotherStage$", "-count=1",
			"-args", "-assembly", dir, "-stage", Name, "-report", report,
		},
	} {
		command := exec.Command("go", arguments...)
		command.Dir, command.Env = root, append(os.Environ(), "CDK_OUTDIR="+dir)
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("go %s: %w\n%s", strings.Join(arguments, " "), err, out)
		}
	}
	for path, into := range map[string]any{report: &rules, filepath.Join(dir, "validation-report.json"): &validation} {
		if err := read(path, into); err != nil {
			return err
		}
	}
	return load(filepath.Join(dir, "assembly-"+Name))
}

// load reads the stacks of the stage in dir, sorted by name.
func load(dir string) error {
	var manifest struct {
		Artifacts map[string]struct {
			Type       string
			Properties struct {
				TemplateFile, StackName string
				TerminationProtection   bool
			}
		}
	}
	if err := read(filepath.Join(dir, "manifest.json"), &manifest); err != nil {
		return err
	}
	for _, artifact := range manifest.Artifacts {
		if artifact.Type != "aws:cloudformation:stack" {
			continue
		}
		p := artifact.Properties
		s := stack{name: strings.TrimPrefix(p.StackName, Name+"-"), protected: p.TerminationProtection}
		typed := struct{ Resources *map[string]resource }{&s.resources}
		for _, into := range []any{&s.template, &typed} {
			if err := read(filepath.Join(dir, p.TemplateFile), into); err != nil {
				return err
			}
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b stack) int { return strings.Compare(a.name, b.name) })
	return nil
}

func read(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	return nil
}

// TestGoldens fails when a change of the code changes what `make compare-deploy` deploys.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) != len(all) && !*update {
		t.Errorf("testdata has %d goldens for %d stacks", len(files), len(all))
	}
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			var now bytes.Buffer
			encoder := json.NewEncoder(&now)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", "  ")
			if err := encoder.Encode(s.template); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", strings.ToLower(s.name)+".json")
			if *update {
				if err := os.WriteFile(path, now.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			golden, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v: `make golden` writes it", err)
			}
			changes := cmp.Diff(strings.Split(string(golden), "\n"), strings.Split(now.String(), "\n"))
			if changes != "" {
				t.Errorf("%s is not what would be deployed (-golden +now); `make golden` accepts:\n%s", path, changes)
			}
		})
	}
}

// TestValidationFindsNothing against CloudFormation's specification.
func TestValidationFindsNothing(t *testing.T) {
	for _, plugin := range validation.PluginReports {
		for _, v := range plugin.Violations {
			t.Errorf("%s: %s", v.RuleName, v.Description)
		}
	}
}

// roles are those of the wirings that are not the product's, by stack. Those of the
// product's functions and stacks are test/synth's matter.
var roles = map[string]map[string][]string{
	"Chained": {
		"InjectionRole": {
			lambdaAssumes,
			"allow logs:CreateLogStream logs:PutLogEvents on InjectionLogs.Arn",
			"allow lambda:InvokeFunction on ValidationFunction.Arn",
		},
		"ValidationRole": validationRole,
		"LinesRole":      linesRole,
	},
	"Direct": {
		"Role": {
			"assumed by Service=apigateway.amazonaws.com if StringEquals=aws:SourceAccount=111111111111",
			"allow firehose:PutRecord on EventsStream.Arn",
		},
	},
	"EdgeChained": {
		"Role":           append([]string{"allow lambda:InvokeFunction on ValidationFunction.Arn"}, atEdgeRole...),
		"ValidationRole": validationRole,
		"LinesRole":      linesRole,
	},
	"EdgeEmpty":    {"Role": atEdgeRole},
	"EdgeFirehose": {"Role": append([]string{"allow firehose:PutRecord on EventsStream.Arn"}, atEdgeRole...)},
}

const lambdaAssumes = "assumed by Service=lambda.amazonaws.com"

var (
	validationRole = []string{
		lambdaAssumes,
		"allow logs:CreateLogStream logs:PutLogEvents on ValidationLogs.Arn",
		"allow firehose:PutRecord on LinesStream.Arn",
		"allow firehose:PutRecordBatch on RejectsStream.Arn",
		"allow s3:PutObject on LakeBucket.Arn/rejected-large/*",
	}
	linesRole = []string{
		"assumed by Service=firehose.amazonaws.com if StringEquals=aws:SourceAccount=111111111111",
		"allow s3:GetBucketLocation s3:ListBucket s3:ListBucketMultipartUploads on LakeBucket.Arn",
		"allow s3:AbortMultipartUpload s3:GetObject s3:PutObject on LakeBucket.Arn/events/* LakeBucket.Arn/failed/*",
		"allow kms:Decrypt kms:GenerateDataKey on LakeKey.Arn if StringEquals=kms:ViaService=s3.us-east-1.amazonaws.com",
		"allow logs:PutLogEvents on LinesLogs.Arn",
	}
	atEdgeRole = []string{
		"assumed by Service=edgelambda.amazonaws.com lambda.amazonaws.com",
		"allow logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents on arn:aws:logs:*:111111111111:log-group:/aws/lambda/us-east-1.Compare-*",
	}
)

// TestRolesMayDoExactlyThis of every stack; those that only repeat the product's roles,
// Immediate, Regional, Pipeline and Storage, must do what the product's do.
func TestRolesMayDoExactlyThis(t *testing.T) {
	product := rules["Pipeline"].Roles
	for _, s := range all {
		t.Run(s.name, func(t *testing.T) {
			want, found := roles[s.name]
			if !found {
				want = map[string][]string{}
				for role := range rules[s.name].Roles {
					want[role] = product[role]
				}
			}
			if diff := cmp.Diff(sorted(want), sorted(rules[s.name].Roles)); diff != "" {
				t.Errorf("(-may +does)\n%s", diff)
			}
		})
	}
}

func sorted(roles map[string][]string) map[string][]string {
	out := map[string][]string{}
	for role, lines := range roles {
		out[role] = slices.Sorted(slices.Values(lines))
	}
	return out
}

// excused are the controls that the wirings do not keep, beside the exceptions that the
// product has for the same resource in Dev, and why.
var excused = map[string]string{
	"AwsSolutions-IAM5": "objects are named by hour and id; the functions at the edge write their lines in regions that are not known before",
	"AwsSolutions-L1":   "the article's injection is Python, and Lambda@Edge takes only Python and Node",
	"AwsSolutions-CFR1": "anybody may measure, from anywhere",
	"AwsSolutions-CFR2": "a firewall would be measured too",
	"AwsSolutions-CFR3": "access logs hold addresses of people, and are not needed here",
	"AwsSolutions-CFR4": "CloudFront's own name and certificate serve, and they take what CloudFront chooses",
	"CloudFormation.3":  "the stage is deleted after a measurement, with all it holds",
	"CloudFront.1":      "no page is served, so no object stands for /",
	"CloudFront.4":      "a POST has no second origin: CloudFront repeats none",
	"CloudFront.5":      "as AwsSolutions-CFR3",
	"CloudFront.6":      "as AwsSolutions-CFR2",
	"CloudFront.7":      "as AwsSolutions-CFR4",
	"CloudFront.8":      "as AwsSolutions-CFR4",
	"CloudFront.15":     "as AwsSolutions-CFR4",
	"CloudWatch.16":     "as CloudFormation.3",
	"Lambda.2":          "as AwsSolutions-L1",
	"Lambda.3":          "they call AWS's services and nothing else, and at the edge there are no VPCs",
	"Lambda.7":          "tracing would be measured too, and there is none at the edge",
}

// TestControlsHoldForTheWiringsToo, by the same rules as for the environments. The stage
// lives for the hours of a measurement.
func TestControlsHoldForTheWiringsToo(t *testing.T) {
	used := map[string]bool{}
	for _, s := range all {
		for _, found := range rules[s.name].Controls {
			id, _, _ := strings.Cut(found, ":")
			if used[id] = true; excused[id] == "" {
				t.Errorf("%s: %s", s.name, found)
			}
		}
	}
	for id := range excused {
		if !used[id] {
			t.Errorf("%s has nothing against the wirings: take it off the list", id)
		}
	}
}

// TestNothingOutlivesAMeasurement: every resource that keeps data or lines goes with its stack.
func TestNothingOutlivesAMeasurement(t *testing.T) {
	keeps := []string{
		"AWS::S3::Bucket", "AWS::KMS::Key", "AWS::SQS::Queue", "AWS::KinesisFirehose::DeliveryStream",
		"AWS::Logs::LogGroup",
	}
	for _, s := range all {
		if s.protected {
			t.Errorf("%s is protected against deletion", s.name)
		}
		for id, r := range s.resources {
			if slices.Contains(keeps, r.Type) && (r.DeletionPolicy != "Delete" || r.UpdateReplacePolicy != "Delete") {
				t.Errorf("%s: %s stays behind: on delete %q, on replacement %q", s.name, id, r.DeletionPolicy,
					r.UpdateReplacePolicy)
			}
			if r.Type == "AWS::Logs::LogGroup" && r.Properties["RetentionInDays"] == nil {
				t.Errorf("%s: %s keeps lines for ever", s.name, id)
			}
		}
	}
}

// TestEdgeFunctionsAreWhatLambdaAtEdgeTakes.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
func TestEdgeFunctionsAreWhatLambdaAtEdgeTakes(t *testing.T) {
	count := 0
	for _, s := range all {
		for id, r := range s.resources {
			if r.Type != "AWS::Lambda::Function" || !strings.HasPrefix(id, "FunctionFn") {
				continue
			}
			count++
			p := r.Properties
			if p["Environment"] != nil || p["Architectures"] != nil || p["TracingConfig"] != nil ||
				p["Runtime"] != "nodejs22.x" {
				t.Errorf("%s: function is %v", s.name, p)
			}
			if p["MemorySize"].(float64) > 128 || p["Timeout"].(float64) > 5 {
				t.Errorf("%s: a viewer's request may take 128 MB and 5 s, not %v and %v", s.name, p["MemorySize"],
					p["Timeout"])
			}
		}
	}
	if count != 3 {
		t.Errorf("%d functions at the edge, want 3", count)
	}
}

// TestNoEnvironmentIsTheComparison: `make deploy` cannot deploy it.
func TestNoEnvironmentIsTheComparison(t *testing.T) {
	if _, err := environment.Named(Name); err == nil {
		t.Errorf("%s is an environment", Name)
	}
}
