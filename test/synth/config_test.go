package synth

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/redrive"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate"
)

// TestIngestReadsWhatTheTemplateSets marries the construct to the function: what
// the one writes, the other reads back, and no variable is lost on the way.
func TestIngestReadsWhatTheTemplateSets(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		variables := s.variables(t, "IngestFunction")
		got, err := setting.From(ingest.Default(), lookup(variables))
		if err != nil {
			t.Fatal(err)
		}
		env := siteOf(t, s)
		want := ingest.Default()
		want.Terms, want.Environment = env.Terms, env.Name
		want.Streams, want.Bucket = []string{"EventsStream"}, "LakeBucket"
		if env.Worldwide() {
			want.Proxies = 1
			want.NextDoor = ingest.NextDoor{Bucket: "LakeBucket@" + env.NextDoor(), Region: env.NextDoor()}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +read)\n%s", diff)
		}
		if diff := cmp.Diff(setting.Variables(got), variables); diff != "" {
			t.Errorf("(-read +set)\n%s", diff)
		}
	})
}

// TestValidatorReadsWhatTheTemplateSets does the same for the Validator.
func TestValidatorReadsWhatTheTemplateSets(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		variables := s.variables(t, "ValidatorFunction")
		got, err := setting.From(validate.Default(), lookup(variables))
		if err != nil {
			t.Fatal(err)
		}
		env := environmentOf(t, s)
		want := validate.Default()
		want.Rules, want.Environment, want.RejectsStream, want.Bucket = env.Rules, env.Name, "RejectsStream", "LakeBucket"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +read)\n%s", diff)
		}
		if diff := cmp.Diff(setting.Variables(got), variables); diff != "" {
			t.Errorf("(-read +set)\n%s", diff)
		}
	})
}

// TestRedriveReadsWhatTheTemplateSets does the same for Redrive.
func TestRedriveReadsWhatTheTemplateSets(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		variables := s.variables(t, "RedriveFunction")
		got, err := setting.From(redrive.Default(), lookup(variables))
		if err != nil {
			t.Fatal(err)
		}
		want := redrive.Default()
		want.Environment, want.Streams = environmentOf(t, s).Name, []string{"EventsStream"}
		want.Rejects, want.Bucket = "RejectsStream", "LakeBucket"
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +read)\n%s", diff)
		}
		if diff := cmp.Diff(setting.Variables(got), variables); diff != "" {
			t.Errorf("(-read +set)\n%s", diff)
		}
	})
}

// TestCanaryReadsWhatTheTemplateSets does the same for the canary, where there is one.
func TestCanaryReadsWhatTheTemplateSets(t *testing.T) {
	found := 0
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		env := environmentOf(t, s)
		if env.Canary.Every == 0 {
			return
		}
		found++
		variables := s.variables(t, "CanaryFunction")
		got, err := setting.From(canary.Default(), lookup(variables))
		if err != nil {
			t.Fatal(err)
		}
		want := canary.Default()
		want.Environment, want.Bucket, want.Every = env.Name, "LakeBucket", env.Canary.Every
		want.URL = s.text(at(s.Template, "Outputs", "Endpoint", "Value"))
		if env.Worldwide() && s.Region == "" { // looks at the environment as clients do
			want.URL = "https://events.example.com/events"
		}
		want.After = env.Delivery.TransformFor + env.Delivery.BufferFor + 3*time.Minute
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +read)\n%s", diff)
		}
		if diff := cmp.Diff(setting.Variables(got), variables); diff != "" {
			t.Errorf("(-read +set)\n%s", diff)
		}
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
			if got := s.text([]any{r.Properties["Architectures"], r.Properties["Handler"], r.Properties["Runtime"]}); got != platform {
				t.Errorf("%s runs on %q, want %q", path, got, platform)
			}
			const logging = "ApplicationLogLevel=INFO LogFormat=JSON LogGroup=%sLogs SystemLogLevel=WARN"
			if got, want := s.text(r.Properties["LoggingConfig"]), fmt.Sprintf(logging, path[:len(path)-len("Function")]); got != want {
				t.Errorf("%s logs by %q, want %q", path, got, want)
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
