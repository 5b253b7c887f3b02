package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
)

// replay runs the operator's verb against sim and returns what it prints.
func replay(t *testing.T, sim *simulator.Simulator, answer string, args ...string) string {
	t.Helper()
	return ops(t, sim, answer, append([]string{"replay", "-bucket", sim.Bucket, "-queue", sim.QueueURL}, args...)...)
}

// ops runs the operators' command against sim and returns what it prints.
func ops(t *testing.T, sim *simulator.Simulator, answer string, args ...string) string {
	t.Helper()
	command := exec.Command(built(t, "infra/ops"), args...)
	command.Dir = filepath.Join("..", "..")
	command.Env = append(os.Environ(),
		"AWS_ENDPOINT_URL_S3="+sim.S3URL, "AWS_ENDPOINT_URL_SQS="+sim.SQSURL, "AWS_ENDPOINT_URL_STS="+identity(t),
		"AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=x", "AWS_SECRET_ACCESS_KEY=x")
	command.Stdin = strings.NewReader(answer)
	output, err := command.CombinedOutput()
	if err != nil {
		return "failed: " + string(output)
	}
	return string(output)
}

// identity is the service that says whose credentials these are.
func identity(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		_, _ = w.Write([]byte("<GetCallerIdentityResponse><GetCallerIdentityResult><Account>111111111111</Account>" +
			"</GetCallerIdentityResult></GetCallerIdentityResponse>"))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// TestSmokeFindsWhatItSent: each answer is as promised, and the lake has every event.
func TestSmokeFindsWhatItSent(t *testing.T) {
	t.Parallel()
	sim := start(t, patientTemplates(t))
	shown := ops(t, sim, "", "smoke", "-url", sim.URL+"/events", "-bucket", sim.Bucket, "-wait", "1m")
	for _, want := range []string{
		"valid     200 ", "invalid   200 ", "gzip      200 ", "array     200 ", "preflight 204", "slash     204",
		"not gzip  415", "all 5 are there after ",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in\n%s", want, shown)
		}
	}
}

// TestASpilledObjectComesBackWithoutItsMessage: the object's message was lost or has
// expired, and the operator queues it again.
func TestASpilledObjectComesBackWithoutItsMessage(t *testing.T) {
	t.Parallel()
	templates := patientTemplates(t)
	delete(simulator.Properties(templates, "LakeBucket", "AWS::S3::Bucket"), "NotificationConfiguration")
	o := outage{fault: *simulator.Unavailable()}
	sim := start(t, templates, o.of)
	id := accepted(t, sim.URL+"/events", validEvent)
	o.mended.Store(true)
	shown := replay(t, sim, "y\n", "-prefix", record.SpillPrefix, "-older", "0s")
	if !strings.Contains(shown, "queued 1 objects") {
		t.Fatal(shown)
	}
	flush(t, sim)
	checkOnce(t, sim, []string{id})
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
	id := accepted(t, sim.URL+"/events", body)
	flush(t, sim)

	args := []string{"-prefix", record.RejectedPrefix, "-reason", "unknown_type"}
	shown := replay(t, sim, "", append(args, "-dry-run")...)
	for _, want := range []string{"1 objects, 1 hold 2 records", "unknown_type         2", "dry run"} {
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
	for _, line := range readLake(t, sim.Lake, sim.Bucket).Lines {
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
		`prefix is "events/"`:    {"-prefix", "events/"},
		`reason is "bad"`:        {"-prefix", "rejected/", "-reason", "bad"},
		`only objects below rej`: {"-prefix", "failed/", "-reason", "empty"},
		"0 objects, 0 hold 0":    {"-prefix", "rejected/none"},
	} {
		if shown := replay(t, sim, "", args...); !strings.Contains(shown, want) {
			t.Errorf("%v: %q is missing in %s", args, want, shown)
		}
	}
}
