package synth

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate"
)

// synthesizeElsewhere returns the stacks of all environments in an account each,
// with the settings on that none of them uses as it is.
var synthesizeElsewhere = sync.OnceValues(func() ([]*stack, error) {
	envs := environment.All()
	for i := range envs {
		envs[i].Account, envs[i].Region = accountOf(envs[i].Name), region
		envs[i].SourceBackup = true
		envs[i].Strict = true
		envs[i].ClientIP = ingest.Full
		envs[i].Acknowledge = ingest.Immediate
	}
	return synthesize(filepath.Join(workspace, "elsewhere"), envs, nil)
})

// accountOf returns an account of a stage's own, such as 333333333333 for Dev.
func accountOf(stage string) string {
	return strings.Repeat(string(rune('0'+len(stage))), 12)
}

func TestSettingsReachTheTemplate(t *testing.T) {
	elsewhere, err := synthesizeElsewhere()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range elsewhere {
		if s.Name != "Pipeline" {
			continue
		}
		t.Run(s.Stage, func(t *testing.T) {
			t.Run("SourceBackup", func(t *testing.T) { checkSourceBackup(t, s) })
			t.Run("Strict", func(t *testing.T) {
				config, err := setting.From(validate.Default(), lookup(s.variables(t, "ValidatorFunction")))
				if err != nil || !config.Strict {
					t.Errorf("%v, strict is %v", err, config.Strict)
				}
			})
			t.Run("ClientIP and Acknowledge", func(t *testing.T) {
				config, err := setting.From(ingest.Default(), lookup(s.variables(t, "IngestFunction")))
				if err != nil || config.ClientIP != ingest.Full || config.Acknowledge != ingest.Immediate {
					t.Errorf("%v, client IP is %v, acknowledge %v", err, config.ClientIP, config.Acknowledge)
				}
			})
		})
	}
}

// checkSourceBackup wants every record kept as received, where nothing else is, and
// rights for exactly that.
func checkSourceBackup(t *testing.T, s *stack) {
	s3 := s.the(t, "EventsStream").Properties["ExtendedS3DestinationConfiguration"]
	backup := at(s3, "S3BackupConfiguration")
	if at(s3, "S3BackupMode") != "Enabled" || s.text(at(backup, "BucketARN")) != "LakeBucket.Arn" {
		t.Errorf("backup is %v to %s", at(s3, "S3BackupMode"), s.text(at(backup, "BucketARN")))
	}
	prefix, _ := at(backup, "Prefix").(string)
	errors, _ := at(backup, "ErrorOutputPrefix").(string)
	if !strings.HasPrefix(prefix, "source/day=") ||
		!strings.HasPrefix(errors, "failed/!{firehose:error-output-type}/") {
		t.Errorf("backup goes to %q, its failures to %q", prefix, errors)
	}
	const want = "allow s3:AbortMultipartUpload s3:GetObject s3:PutObject on LakeBucket.Arn/events/* " +
		"LakeBucket.Arn/failed/* LakeBucket.Arn/source/*"
	if got := s.roles()["EventsRole"]; !slices.Contains(got, want) {
		t.Errorf("the stream may not write its backup: %q", got)
	}
	if got := at(s.the(t, "RejectsStream").Properties, "ExtendedS3DestinationConfiguration", "S3BackupMode"); got != nil {
		t.Errorf("rejects, which are their own source, are backed up: %v", got)
	}
}

// chosenFlags are those of cdk.json that differ from what `cdk init` would set.
var chosenFlags = map[string]any{
	"@aws-cdk/core:defaultCrossStackReferences": "strong",     // infra/decisions/3-two-stacks.md
	"@aws-cdk/core:target-partitions":           []any{"aws"}, // environment.Validate refuses the others
}

// TestFlagsAreThoseOfTheInstalledCDK: one that it does not know does nothing, one that is
// missing leaves the behaviour of years ago.
func TestFlagsAreThoseOfTheInstalledCDK(t *testing.T) {
	var settings struct{ Context map[string]any }
	if err := read(filepath.Join(root, "cdk.json"), &settings); err != nil {
		t.Fatal(err)
	}
	library := cdkFiles(t, "package/cx-api/lib/features.js", "package/recommended-feature-flags.json")
	for flag := range settings.Context {
		if !strings.Contains(library[0], `"`+flag+`"`) {
			t.Errorf("cdk.json has %s, which the CDK does not know", flag)
		}
	}
	var recommended map[string]any
	if err := json.Unmarshal([]byte(library[1]), &recommended); err != nil {
		t.Fatal(err)
	}
	maps.Copy(recommended, chosenFlags)
	if diff := cmp.Diff(recommended, settings.Context); diff != "" {
		t.Errorf("(-recommended or chosen +cdk.json)\n%s", diff)
	}
}

// cdkFiles returns files of the aws-cdk-lib that jsii runs.
func cdkFiles(t *testing.T, names ...string) []string {
	t.Helper()
	list := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-cdk-go/awscdk/v2")
	list.Dir = root
	module, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	packed, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "jsii", "aws-cdk-lib-*.tgz"))
	if err != nil || len(packed) != 1 {
		t.Fatalf("the module has the libraries %v: %v", packed, err)
	}
	file, err := os.Open(packed[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	found := make([]string, len(names))
	for archive, left := tar.NewReader(unpacked), len(names); left > 0; {
		header, err := archive.Next()
		if err != nil {
			t.Fatalf("looking for %v in %s: %v", names, packed[0], err)
		}
		if i := slices.Index(names, header.Name); i >= 0 {
			text, err := io.ReadAll(archive)
			if err != nil {
				t.Fatal(err)
			}
			found[i] = string(text)
			left--
		}
	}
	return found
}
