package main

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
)

// replay runs the operator's command against sim and returns what it prints.
func replay(t *testing.T, sim *simulator.Simulator, answer string, args ...string) string {
	t.Helper()
	command := exec.Command(replayCommand(t), append([]string{"-bucket", sim.Bucket, "-queue", sim.QueueURL}, args...)...)
	command.Env = append(os.Environ(),
		"AWS_ENDPOINT_URL_S3="+sim.S3URL, "AWS_ENDPOINT_URL_SQS="+sim.SQSURL,
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x")
	command.Stdin = strings.NewReader(answer)
	output, err := command.CombinedOutput()
	if err != nil {
		return "failed: " + string(output)
	}
	return string(output)
}

func replayCommand(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "replay")
	if output, err := exec.Command("go", "build", "-o", path, "global-ingest/lambdas/replay").CombinedOutput(); err != nil {
		t.Fatalf("building replay: %v\n%s", err, output)
	}
	return path
}

// TestRejectsAreReplayedOnceTheSchemaAllowsThem: an operator is shown what would be
// replayed, says yes, and the events are in events/ with the ids they had.
func TestRejectsAreReplayedOnceTheSchemaAllowsThem(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	in := func(o *simulator.Options) { o.Dir = dir }
	strict := patientTemplates(t)
	simulator.Variables(strict, "Validator")["STRICT"] = "true"
	sim := start(t, strict, in)
	body := `[{"type":"unheard","n":1}, {"type":"click"}, {"type":"unheard","n":2}]`
	id, err := ingestID(do(t, http.MethodPost, sim.URL+"/events", strings.NewReader(body)))
	if err != nil {
		t.Fatal(err)
	}
	flush(t, sim)

	args := []string{"-prefix", record.RejectedPrefix, "-reason", "unknown_type"}
	shown := replay(t, sim, "", append(args, "-dry-run")...)
	for _, want := range []string{"1 objects read, 1 hold 2 records", "unknown_type         2", "dry run"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in %s", want, shown)
		}
	}
	if shown := replay(t, sim, "n\n", args...); !strings.Contains(shown, "nothing is queued") {
		t.Errorf("after a no: %s", shown)
	}
	if err := sim.Close(); err != nil {
		t.Fatal(err)
	}
	sim = start(t, patientTemplates(t), in)
	if shown := replay(t, sim, "y\n", args...); !strings.Contains(shown, "queued 1 objects") {
		t.Errorf("after a yes: %s", shown)
	}
	flush(t, sim)
	found := map[string]string{}
	for _, line := range readLake(t, sim).Lines {
		found[line.ID] = string(line.Event)
		if !strings.HasPrefix(line.UserAgent, "Go-http-client") || line.IP != "127.0.0.0" {
			t.Errorf("a replayed event is from %q at %q", line.UserAgent, line.IP)
		}
	}
	if len(found) != 2 || found[id+"/0"] != `{"type":"unheard","n":1}` || found[id+"/2"] != `{"type":"unheard","n":2}` {
		t.Errorf("lines are %v", found)
	}
}

func TestReplayRefusesWhatItCannotMean(t *testing.T) {
	t.Parallel()
	sim := start(t, patientTemplates(t))
	for want, args := range map[string][]string{
		`prefix is "events/"`:      {"-prefix", "events/"},
		`reason is "bad"`:          {"-prefix", "rejected/", "-reason", "bad"},
		`below failed/ has none`:   {"-prefix", "failed/", "-reason", "empty"},
		"0 objects read, 0 hold 0": {"-prefix", "rejected/none"},
	} {
		if shown := replay(t, sim, "", args...); !strings.Contains(shown, want) {
			t.Errorf("%v: %q is missing in %s", args, want, shown)
		}
	}
}
