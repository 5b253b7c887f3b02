package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"global-ingest/test/traffic"
)

// source is a copy of this module that a test may change.
type source struct{ dir string }

func copySource(t *testing.T) source {
	t.Helper()
	root := filepath.Join("..", "..")
	names, err := exec.Command("git", "-C", root, "ls-files", "-co", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	s := source{t.TempDir()}
	for name := range strings.Lines(string(names)) {
		name = strings.TrimSuffix(name, "\n")
		data, err := os.ReadFile(filepath.Join(root, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not committed
		}
		path := filepath.Join(s.dir, name)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// build runs test/local/build, and returns what it says.
func (s source) build(t *testing.T, environment []string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"run", "./test/local/build"}, args...)...)
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), environment...)
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("building with %v: %v\n%s", args, err, said)
	}
	return string(said)
}

// edit replaces a text of a file.
func (s source) edit(t *testing.T, file, before, after string) {
	t.Helper()
	path := filepath.Join(s.dir, file)
	text, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(text), before) {
		t.Fatalf("%s has no %q: %v", file, before, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), before, after, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// start runs what was built for Dev, or for Dev with further regions.
func (s source) start(t *testing.T, further string) *program {
	t.Helper()
	local := filepath.Join(s.dir, ".local")
	return launch(t, t.TempDir(), filepath.Join(local, "bin", "local"), "-functions", filepath.Join(local, "bin"),
		"-assembly", filepath.Join(local, "templates", "Dev"+further),
		"-port", "0", "-page-port", "0", "-s3-port", "0", "-patience", "1ms")
}

// reject posts an event that its schema does not allow, and returns what the reject says.
func (p *program) reject(t *testing.T) string {
	t.Helper()
	lake := p.judge(t, invalidEvent)
	if len(lake.Rejects) != 1 {
		t.Fatalf("%d rejects\n%s", len(lake.Rejects), p)
	}
	return lake.Rejects[0].Processor + ` ` + lake.Rejects[0].Errors[0].Message
}

// judge posts an event, stops, and returns the lake.
func (p *program) judge(t *testing.T, event string) traffic.Lake {
	t.Helper()
	accepted(t, p.url, event)
	p.signal(t, syscall.SIGTERM)
	p.wantEnd(t)
	return p.lake(t, p.bucket)
}

// TestAStartMakesAgainWhatChangedAndNothingElse: only a change that a template could hold
// runs the CDK, and whatever changed is what runs.
func TestAStartMakesAgainWhatChangedAndNothingElse(t *testing.T) {
	s := copySource(t)
	const (
		unchanged = `validate/3 lacks "element", "occurred_at", "page", "session"`
		shorter   = `validate/3 lacks "element", "occurred_at", "page"`
		other     = `validate/x lacks "element", "occurred_at", "page"`
		throttle  = "throttle  100 requests/s"
		slower    = "throttle  77 requests/s"
	)
	for _, c := range []struct {
		change      string
		do          func()
		environment []string
		synthesized bool
		reject      string // what it says now
		screen      string // what the first screen says now
		further     string
	}{
		{"none was made before", func() {}, nil, true, unchanged, throttle, ""},
		{"nothing", func() {}, nil, false, unchanged, throttle, ""},
		{"a schema, of which the stack Query has a view", func() {
			s.edit(t, "lambdas/validate/schemas/click.json", `"session", `, ``)
		}, nil, true, shorter, throttle, ""},
		{"a function that the app imports", func() {
			s.edit(t, "lambdas/validate/judgement.go", `"validate/3"`, `"validate/x"`)
		}, nil, false, other, throttle, ""},
		{"a setting", func() {
			s.edit(t, "infra/environment/environments.go", "RatePerSecond: 100,", "RatePerSecond: 77,")
		}, nil, true, other, slower, ""},
		{"a context of the CDK", func() {
			s.edit(t, "cdk.json", `"@aws-cdk/aws-iam:minimizePolicies": true`, `"@aws-cdk/aws-iam:minimizePolicies": false`)
		}, nil, true, other, slower, ""},
		{"a region", func() {}, []string{"CDK_DEFAULT_REGION=eu-central-1"}, true, other, slower, ""},
		{"further regions", func() {}, []string{"REGIONS=eu-west-1, ap-south-1"}, true, other, "  ap-south-1      ", ",eu-west-1,ap-south-1"},
		{"nothing about them", func() {}, []string{"REGIONS=eu-west-1,ap-south-1"}, false, other, "  eu-west-1       ", ",eu-west-1,ap-south-1"},
	} {
		c.do()
		began := time.Now()
		said := s.build(t, c.environment)
		p := s.start(t, c.further)
		took := time.Since(began)
		t.Logf("%s: listens after %.1f s", c.change, took.Seconds())
		if synthesized := strings.Contains(said, "synthesizing"); synthesized != c.synthesized {
			t.Errorf("%s: synthesized is %t\n%s", c.change, synthesized, said)
		}
		if c.change == "nothing" && took > 10*time.Second {
			t.Errorf("nothing changed, and it listens after %s", took)
		}
		if screen := p.String(); !strings.Contains(screen, c.screen) {
			t.Errorf("%s: the first screen lacks %q\n%s", c.change, c.screen, screen)
		}
		if got := p.reject(t); got != c.reject {
			t.Errorf("%s: the reject says %q, want %q", c.change, got, c.reject)
		}
	}
}
