package synth

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
)

// TestWhatStandsInTheWayIsOneLine: mistakes that everybody makes are told before
// the CDK is started, in a sentence.
func TestWhatStandsInTheWayIsOneLine(t *testing.T) {
	settings, dist := filepath.Join(root, "cdk.json"), filepath.Join("testdata", "dist")
	named := func(names ...string) (envs []environment.Environment) {
		for _, name := range names {
			envs = append(envs, environment.Default(name))
		}
		return placed(envs)
	}
	mistaken := named("Prod")
	mistaken[0].Validator.MemoryMiB = 64
	empty := t.TempDir()
	broken := filepath.Join(empty, "cdk.json")
	if err := os.WriteFile(broken, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		props pipeline.AppProps
		want  string
	}{
		"value": {
			pipeline.AppProps{Environments: mistaken, Settings: settings, Dist: dist},
			"environment Prod: Validator.MemoryMiB is 64, must be 128 to 10,240 MiB",
		},
		"name twice": {
			pipeline.AppProps{Environments: named("Dev", "DEV"), Settings: settings, Dist: dist},
			`environment DEV: Name is "DEV", must differ from that of environment Dev by more than case`,
		},
		"name of Ci": {
			pipeline.AppProps{Environments: named("Ci"), Settings: settings, Dist: dist},
			`environment Ci: Name is "Ci", must differ from that of the stack of the workflows by more than case`,
		},
		"no build": {
			pipeline.AppProps{Settings: settings, Dist: empty},
			"ingest/bootstrap does not exist: run `make build`",
		},
		"settings": {
			pipeline.AppProps{Settings: broken, Dist: dist},
			"reading the CDK's settings: " + broken + ": unexpected end of JSON input",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := pipeline.NewApp(row.props)
			if err == nil || !strings.HasSuffix(err.Error(), row.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want ...%s", err, row.want)
			}
		})
	}
}

// TestMissingNodeIsOneLine runs the app with an empty PATH.
func TestMissingNodeIsOneLine(t *testing.T) {
	t.Parallel()
	run := exec.Command(app(t))
	run.Env = []string{"PATH=" + t.TempDir()}
	out, err := run.CombinedOutput()
	const want = "infra: the AWS CDK needs Node.js 20 or newer: node is not on the PATH\n"
	if err == nil || string(out) != want {
		t.Errorf("%v, printed %q, want %q", err, out, want)
	}
}

// build makes the app's binary, once.
var build = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(workspace, "infra")
	command := exec.Command("go", "build", "-o", binary, "./infra")
	command.Dir = root
	if out, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return binary, nil
})

// app returns the path of the app's binary.
func app(t *testing.T) string {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}
