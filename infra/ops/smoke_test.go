package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"global-ingest/test/simulator"
)

const examples = "../../lambdas/validate/schemas/examples"

// smoke runs the command and returns what it prints.
func smoke(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := run(t.Context(), append(args, "-examples", examples), &out, &out)
	return out.String(), err
}

// credentials gives the command some, and S3 and CloudFormation at url; without
// one it takes them away.
func credentials(t *testing.T, url string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "", "AWS_MAX_ATTEMPTS": "1",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_ENDPOINT_URL_S3": url, "AWS_ENDPOINT_URL_CLOUDFORMATION": url,
	} {
		t.Setenv(name, value)
	}
	key := ""
	if url != "" {
		key = "x"
	}
	t.Setenv("AWS_ACCESS_KEY_ID", key)
	t.Setenv("AWS_SECRET_ACCESS_KEY", key)
}

// local runs what Dev deploys on this machine.
func local(t *testing.T) *simulator.Simulator {
	t.Helper()
	bootstraps, err := simulator.BuildFunctions(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	templates, err := simulator.GoldenTemplates("../synth/testdata", "Dev")
	if err != nil {
		t.Fatal(err)
	}
	sim, err := simulator.Start(simulator.Options{Templates: templates, Bootstraps: bootstraps, Dir: t.TempDir(), Patience: 300 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim
}

func TestEventsAreAnsweredAndFound(t *testing.T) {
	sim := local(t)
	credentials(t, sim.S3URL)
	shown, err := smoke(t, "events", "-url", sim.URL+"/events", "-bucket", sim.Bucket, "-wait", "1m")
	if err != nil {
		t.Fatalf("%v\n%s", err, shown)
	}
	for _, want := range []string{"valid    200 ", "invalid  200 ", "gzip     200 ", "array    200 ", "all 5 are there after "} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in\n%s", want, shown)
		}
	}
	t.Run("without credentials", func(t *testing.T) {
		credentials(t, "")
		shown, err := smoke(t, "events", "-url", sim.URL+"/events", "-outputs", t.TempDir())
		if err != nil || !strings.Contains(shown, "the lake is not looked at") {
			t.Errorf("%v\n%s", err, shown)
		}
	})
}

const promised = `{"id":"01a20891-bc84-78ce-ac1e-5928b7d4fbf4"}`

func TestAnAnswerThatIsNotPromisedFails(t *testing.T) {
	credentials(t, "")
	for want, answer := range map[string]struct {
		status             int
		kind, origin, body string
	}{
		`valid: the answer is 500`:                                                {500, "application/json", "*", promised},
		`the answer is 200 OK: {"id":"1"}`:                                        {200, "application/json", "*", `{"id":"1"}`},
		`Content-Type is "text/plain"`:                                            {200, "text/plain", "*", promised},
		`Access-Control-Allow-Origin is ""`:                                       {200, "application/json", "", promised},
		`Access-Control-Allow-Origin is "https://a.example", want "https://b.ex"`: {200, "application/json", "https://a.example", promised},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", answer.kind)
			if answer.origin != "" {
				w.Header().Set("Access-Control-Allow-Origin", answer.origin)
			}
			w.WriteHeader(answer.status)
			fmt.Fprint(w, answer.body)
		}))
		_, err := smoke(t, "events", "-url", server.URL, "-outputs", t.TempDir(), "-origin", "https://b.ex")
		server.Close()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// polite is an endpoint that answers as promised, and keeps nothing.
func polite(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		fmt.Fprint(w, promised)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestWhatIsNotStoredIsMissed(t *testing.T) {
	store, err := simulator.NewS3(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := store.CreateBucket("lake"); err != nil {
		t.Fatal(err)
	}
	empty := httptest.NewServer(store)
	defer empty.Close()
	credentials(t, empty.URL)
	_, err = smoke(t, "events", "-url", polite(t), "-bucket", "lake", "-wait", "1s")
	if err == nil || !strings.Contains(err.Error(), "not in the lake: 01a20891-bc84-78ce-ac1e-5928b7d4fbf4/0") {
		t.Errorf("error is %v", err)
	}
}

// TestWhoMayNotReadTheLakeIsContent: a workflow's role may deploy, and read no event.
func TestWhoMayNotReadTheLakeIsContent(t *testing.T) {
	credentials(t, answering(t, 403, `<Error><Code>AccessDenied</Code><Message>no</Message></Error>`))
	shown, err := smoke(t, "events", "-url", polite(t), "-bucket", "lake")
	if err != nil || !strings.Contains(shown, "may not read the lake") {
		t.Errorf("%v\n%s", err, shown)
	}
}

func TestEndpointIsWhatTheDeploySaid(t *testing.T) {
	dir := t.TempDir()
	outputs := `{"Dev-Storage":{"LakeBucket":"lake"},"Dev-Pipeline":{"Endpoint":"https://x.example/v1/events"}}`
	if err := os.WriteFile(filepath.Join(dir, "Dev.json"), []byte(outputs), 0o600); err != nil {
		t.Fatal(err)
	}
	shown, err := smoke(t, "endpoint", "-outputs", dir)
	if err != nil || !strings.Contains(shown, "curl -i https://x.example/v1/events -d '{\"") {
		t.Errorf("%v\n%s", err, shown)
	}
}

// answering is a service of AWS that gives one answer.
func answering(t *testing.T, status int, answer string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func refusal(code, message string) string {
	return `<ErrorResponse><Error><Type>Sender</Type><Code>` + code + `</Code><Message>` + message + `</Message></Error></ErrorResponse>`
}

func TestReadySaysWhatIsNotBootstrapped(t *testing.T) {
	dir := assembly(t)
	for name, c := range map[string]struct {
		status       int
		answer, want string
	}{
		"missing": {
			400, refusal("ValidationError", "Stack with id CDKToolkit does not exist"),
			"aws://111111111111/eu-central-1 is not bootstrapped: run `npx --prefix infra cdk bootstrap aws://111111111111/eu-central-1` once",
		},
		"there": {
			200, `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>CDKToolkit</StackName></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`, "",
		},
		"hidden": {403, refusal("AccessDenied", "not authorized"), ""},
		"broken": {400, refusal("Throttling", "slow down"), "looking for stack CDKToolkit: "},
	} {
		t.Run(name, func(t *testing.T) {
			credentials(t, answering(t, c.status, c.answer))
			_, err := smoke(t, "ready", "-assembly", dir)
			if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("error is %v, want %q", err, c.want)
			}
		})
	}
	t.Run("no credentials", func(t *testing.T) {
		credentials(t, "")
		if _, err := smoke(t, "ready", "-assembly", dir); err == nil || !strings.HasPrefix(err.Error(), "no AWS credentials") {
			t.Errorf("error is %v", err)
		}
	})
}

func TestKeptNamesWhatStays(t *testing.T) {
	shown, err := smoke(t, "kept", "-assembly", assembly(t))
	want := "This deletes the stack Dev-Pipeline. Its URL is gone for good: the next deploy has another one.\n" +
		"Of Dev-Pipeline these stay, outside any stack: Events (DeliveryStream)\n" +
		"Dev-Storage stays as it is: Lake (Bucket)\n"
	if err != nil || shown != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, shown, want)
	}
}

// assembly writes one with two stacks in eu-central-1.
func assembly(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write := func(path string, content any) {
		path = filepath.Join(dir, path)
		data, err := json.Marshal(content)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o700)
		}
		if err == nil {
			err = os.WriteFile(path, data, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	type m = map[string]any
	write("manifest.json", m{"artifacts": m{"assembly-Dev": m{"type": "cdk:cloud-assembly", "properties": m{"directoryName": "dev"}}}})
	stack := func(name string) m {
		return m{
			"type": "aws:cloudformation:stack", "environment": "aws://111111111111/eu-central-1",
			"properties": m{"templateFile": name + ".json", "stackName": "Dev-" + name},
		}
	}
	write("dev/manifest.json", m{"artifacts": m{"DevStorage": stack("Storage"), "DevPipeline": stack("Pipeline")}})
	write("dev/Storage.json", m{"Resources": m{"Lake": m{"Type": "AWS::S3::Bucket"}, "LakePolicy": m{"Type": "AWS::S3::BucketPolicy"}}})
	write("dev/Pipeline.json", m{"Resources": m{
		"Api": m{"Type": "AWS::ApiGateway::RestApi"}, "Events": m{"Type": "AWS::KinesisFirehose::DeliveryStream", "DeletionPolicy": "Retain"},
	}})
	return dir
}

func TestMistakesAreOneClearLine(t *testing.T) {
	credentials(t, "")
	for want, args := range map[string][]string{
		`"ping" is none of`:                         {"ping"},
		`unexpected argument "now"`:                 {"events", "now"},
		"where does Prod answer?":                   {"events", "-environment", "Prod", "-outputs", t.TempDir()},
		"reading what the last deploy said: open ":  {"endpoint", "-outputs", t.TempDir()},
		"reading assembly: open nowhere/manifest.j": {"ready", "-assembly", "nowhere"},
	} {
		err := run(t.Context(), args, io.Discard, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line that begins with %q", err, want)
		}
	}
}
