package synth

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/compare"
	"global-ingest/infra/environment"
)

// comparedRoles are those of the wirings that are not the product's, by stack; what they
// share with the product is in roles.
var comparedRoles = map[string]map[string][]string{
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
	"Immediate":    {"IngestRole": roles["IngestRole"]},
	"Pipeline":     roles,
	"Regional":     {"IngestRole": roles["IngestRole"]},
	"Storage":      {},
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

func TestComparedRolesMayDoExactlyThis(t *testing.T) {
	for _, s := range compared {
		t.Run(s.Name, func(t *testing.T) {
			want, known := comparedRoles[s.Name]
			if diff := cmp.Diff(sorted(want), sorted(s.roles())); !known || diff != "" {
				t.Errorf("(-may +does)\n%s", diff)
			}
		})
	}
}

// comparedExcused are the controls that the compared wirings do not keep, beside those
// that the product's own exceptions name for the same resource in Dev.
var comparedExcused = map[string]string{
	"AwsSolutions-IAM5": "objects are named by hour and id; the functions at the edge write their lines in a region that nobody knows before",
	"AwsSolutions-L1":   "the article's injection is Python, and Lambda@Edge takes only Python and Node",
	"CloudFormation.3":  "the stage is deleted after a measurement, with all it holds",
	"CloudWatch.16":     "as CloudFormation.3",
	"Lambda.2":          "as AwsSolutions-L1",
	"Lambda.3":          "they call AWS's services and nothing else, and at the edge there are no VPCs",
	"Lambda.7":          "tracing would be measured too, and there is none at the edge",
}

// TestComparedKeepTheControls by the same rules as the environments. The stage lives
// for the hours of a measurement.
func TestComparedKeepTheControls(t *testing.T) {
	used := map[string]bool{}
	for _, s := range compared {
		asDev := *s
		asDev.Stage = "Dev"
		for _, c := range controls {
			for _, f := range c.unexcused(&asDev) {
				used[c.id] = true
				if comparedExcused[c.id] == "" {
					t.Errorf("%s: %s %s: %s: %s\n%s", s.title(), f.on, f.says, c.id, c.title, c.source())
				}
			}
		}
	}
	for id := range comparedExcused {
		if !used[id] {
			t.Errorf("%s has nothing against the compared wirings: take it off the exceptions", id)
		}
	}
}

// TestComparedHoldNothing that outlives them: a measurement leaves nothing behind.
func TestComparedHoldNothing(t *testing.T) {
	for _, s := range compared {
		for _, r := range s.resources(slices.Concat(holding, []string{"AWS::Logs::LogGroup"})...) {
			if r.Delete != "Delete" || r.Replace != "Delete" {
				t.Errorf("%s: %s stays behind: on delete %q, on replacement %q", s.title(), r.ID, r.Delete, r.Replace)
			}
		}
		for _, r := range s.resources("AWS::Logs::LogGroup") {
			if r.Properties["RetentionInDays"] == nil {
				t.Errorf("%s: %s keeps lines for ever", s.title(), r.ID)
			}
		}
		if s.Protected {
			t.Errorf("%s is protected against deletion", s.title())
		}
	}
}

// TestEdgeFunctionsAreWhatLambdaAtEdgeTakes.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
func TestEdgeFunctionsAreWhatLambdaAtEdgeTakes(t *testing.T) {
	found := 0
	for _, s := range compared {
		if len(s.resources("AWS::CloudFront::Distribution")) == 0 {
			continue
		}
		found++
		f := s.the(t, "FunctionFn").Properties
		if f["Environment"] != nil || f["Architectures"] != nil || f["TracingConfig"] != nil || f["Runtime"] != "nodejs22.x" {
			t.Errorf("%s: function is %v", s.title(), f)
		}
		if f["MemorySize"].(float64) > 128 || f["Timeout"].(float64) > 5 {
			t.Errorf("%s: a viewer's request may take 128 MB and 5 s, not %v and %v", s.title(), f["MemorySize"], f["Timeout"])
		}
	}
	if found != 3 {
		t.Errorf("%d functions at the edge, want 3", found)
	}
}

// TestCompareIsOffUnlessAskedFor: no environment, and no synth of the app as it is, has it.
func TestCompareIsOffUnlessAskedFor(t *testing.T) {
	if _, err := environment.Named(compare.Name); err == nil {
		t.Errorf("%s is an environment", compare.Name)
	}
	dir := t.TempDir()
	run := exec.Command(app(t), "-account", account, "-region", region, "-dist", "test/synth/testdata/dist")
	run.Dir = root
	run.Env = append(run.Environ(), "CDK_OUTDIR="+dir, "CDK_VALIDATION=false")
	if out, err := run.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "*"+compare.Name+"*")); len(found) > 0 {
		t.Errorf("synthesized %s", strings.Join(found, ", "))
	}
}
