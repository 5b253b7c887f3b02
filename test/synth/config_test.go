package synth

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/redrive"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate"
)

// checkReads marries a construct to its function: what the one writes, the other reads back, and
// no variable is lost on the way.
func checkReads[C setting.Config](t *testing.T, s *stack, function string, zero, want C) {
	t.Helper()
	variables := s.variables(t, function)
	got, err := setting.From(zero, lookup(variables))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +read)\n%s", function, diff)
	}
	if diff := cmp.Diff(setting.Variables(got), variables); diff != "" {
		t.Errorf("%s (-read +set)\n%s", function, diff)
	}
}

func TestFunctionsReadWhatTheTemplateSets(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		env := siteOf(t, s)
		streams := []string{"EventsStream"}

		accept := ingest.Default()
		accept.Terms, accept.Environment, accept.Streams, accept.Bucket = env.Terms, env.Name, streams, "LakeBucket"
		if env.Worldwide() {
			accept.Proxies = 1
			accept.NextDoor = ingest.NextDoor{Bucket: "LakeBucket@" + env.NextDoor(), Region: env.NextDoor()}
		}
		checkReads(t, s, "IngestFunction", ingest.Default(), accept)

		check := validate.Default()
		check.Rules, check.Environment = env.Rules, env.Name
		check.RejectsStream, check.Bucket = "RejectsStream", "LakeBucket"
		checkReads(t, s, "ValidatorFunction", validate.Default(), check)

		back := redrive.Default()
		back.Environment, back.Streams, back.Rejects, back.Bucket = env.Name, streams, "RejectsStream", "LakeBucket"
		checkReads(t, s, "RedriveFunction", redrive.Default(), back)
	})
}

// TestCanaryReadsWhatTheTemplateSets, and runs when it says, where there is one.
func TestCanaryReadsWhatTheTemplateSets(t *testing.T) {
	found := 0
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		env := environmentOf(t, s)
		if env.Canary.Every == 0 {
			return
		}
		found++
		want := canary.Default()
		want.Environment, want.Bucket, want.Every = env.Name, "LakeBucket", env.Canary.Every
		want.URL = s.text(at(s.Template, "Outputs", "Endpoint", "Value"))
		if env.Worldwide() && s.Region == "" { // looks at the environment as clients do
			want.URL = "https://events.example.com/events"
		}
		want.After = env.Delivery.TransformFor + env.Delivery.BufferFor + 3*time.Minute
		checkReads(t, s, "CanaryFunction", canary.Default(), want)
		schedule := fmt.Sprintf("cron(0/%d * * * ? *)", int(env.Canary.Every.Minutes()))
		if got := s.the(t, "CanarySchedule").Properties["ScheduleExpression"]; got != schedule {
			t.Errorf("runs at %v, want %s", got, schedule)
		}
	})
	if found == 0 {
		t.Error("no environment has a canary")
	}
}

// TestFunctionsAreSizedByTheirEnvironment also checks Go's share of the memory.
func TestFunctionsAreSizedByTheirEnvironment(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		env := environmentOf(t, s)
		for path, size := range map[string]struct {
			memory  int
			seconds float64
		}{
			"IngestFunction":    {env.Ingest.MemoryMiB, env.Ingest.Timeout.Seconds()},
			"ValidatorFunction": {env.Validator.MemoryMiB, env.Validator.Timeout.Seconds()},
			"RedriveFunction":   {env.Redrive.MemoryMiB, env.Redrive.Timeout.Seconds()},
		} {
			r := s.the(t, path)
			variables, _ := at(r.Properties, "Environment", "Variables").(map[string]any)
			got := []any{
				r.Properties["MemorySize"], r.Properties["Timeout"], variables["GOMEMLIMIT"], variables["SSL_CERT_DIR"],
			}
			want := []any{float64(size.memory), size.seconds, fmt.Sprintf("%dMiB", size.memory*9/10), "/var/empty"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", path, diff)
			}
			const platform = "arm64 bootstrap provided.al2023"
			runs := []any{r.Properties["Architectures"], r.Properties["Handler"], r.Properties["Runtime"]}
			if got := s.text(runs); got != platform {
				t.Errorf("%s runs on %q, want %q", path, got, platform)
			}
			logging := fmt.Sprintf("ApplicationLogLevel=INFO LogFormat=JSON LogGroup=%sLogs SystemLogLevel=WARN",
				strings.TrimSuffix(path, "Function"))
			if got := s.text(r.Properties["LoggingConfig"]); got != logging {
				t.Errorf("%s logs by %q, want %q", path, got, logging)
			}
		}
	})
}

// variables returns what a function's template sets for its Config, references as
// the names of what they refer to.
func (s *stack) variables(t *testing.T, function string) map[string]string {
	t.Helper()
	out := map[string]string{}
	all, _ := at(s.the(t, function).Properties, "Environment", "Variables").(map[string]any)
	for key, value := range all {
		out[key] = s.text(value)
	}
	for _, name := range []string{"GOMAXPROCS", "GOMEMLIMIT", "SSL_CERT_DIR"} { // for Go, not for the Config
		delete(out, name)
	}
	return out
}

func lookup(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	}
}
