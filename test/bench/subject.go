package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/test/simulator"
)

// subject is one way to write the function behind the endpoint.
type subject struct {
	name      string
	source    string            // package of a Go program; python for the scripts
	variables map[string]string // besides those of every subject
	puts      bool              // whether it stores
}

// Names that the bars and plots ask for.
const (
	floor      = "bare loop, empty"
	floorPut   = "bare loop, bare put"
	empty      = "aws-lambda-go, empty"
	idiomatic  = "idiomatic Go"
	durable    = "ours, Durable"
	immediate  = "ours, Immediate"
	pythonOnce = "Python, client once"
	pythonCall = "Python, client per call"
)

// python is the source of the scripts' rows.
const python = "python"

// subjects are measured in this order of rows, and in another each round. Those of Go
// run on one processor, which is how ours are deployed.
func subjects() []subject {
	own := func(mode ingest.Acknowledgement) map[string]string {
		c := ingest.Default()
		c.Environment, c.Streams, c.Bucket, c.Acknowledge = "Bench", []string{"events"}, "lake", mode
		// A machine that is busy with its neighbours is slow, not broken.
		c.AnswerWithin = 8 * time.Second
		c.Put.AnswerTimeout, c.Put.AttemptTimeout = 3*time.Second, 3*time.Second
		return c.Variables()
	}
	return []subject{
		{name: floor, source: "test/bench/subjects/floor"},
		{name: floorPut, source: "test/bench/subjects/floor", variables: map[string]string{"PUT": "1"}, puts: true},
		{name: empty, source: "test/bench/subjects/empty"},
		{name: immediate, source: "lambdas/cmd/ingest", variables: own(ingest.Immediate), puts: true},
		{name: durable, source: "lambdas/cmd/ingest", variables: own(ingest.Durable), puts: true},
		{name: idiomatic, source: "test/bench/subjects/idiomatic", puts: true},
		{name: pythonOnce, source: python, variables: map[string]string{"CLIENT": "once"}, puts: true},
		{name: pythonCall, source: python, variables: map[string]string{"CLIENT": "call"}, puts: true},
	}
}

// build returns the executable of s below dir, and why there is none where that is no
// mistake.
func (s subject) build(dir string) (path, missing string, err error) {
	if s.source == python {
		return script(dir)
	}
	path = filepath.Join(dir, filepath.Base(s.source))
	build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags=-s -w -buildid=", "-o", path, "./"+s.source)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("building %s: %w\n%s", s.name, err, output)
	}
	return path, "", nil
}

// script is the Python subject as an executable.
func script(dir string) (path, missing string, err error) {
	output, err := exec.Command("python3", "-c", "import boto3, sys; print(sys.executable)").Output()
	if err != nil {
		return "", "this machine has no python3 with boto3", nil
	}
	source, err := os.ReadFile("test/bench/subjects/python/ingest.py")
	if err != nil {
		return "", "", err
	}
	path = filepath.Join(dir, "ingest.py")
	text := append([]byte("#!"+string(bytes.TrimSpace(output))+"\n"), source...)
	return path, "", os.WriteFile(path, text, 0o700)
}

// lab is what every subject runs in.
type lab struct {
	endpoint *endpoint
	dir      string
	trust    string // path of the trust store
	event    []byte // an API Gateway proxy event with a click of 564 bytes
	answers  string // what an answer must hold
}

// function is one environment of s. extra are variables of this measurement.
func (l *lab) function(s subject, executable string, extra map[string]string, ready func(time.Duration)) *simulator.Function {
	url := l.endpoint.server.URL
	trust := "SSL_CERT_FILE" // Go's; its SDK would take Python's for a trust store of its own
	if s.source == python {
		trust = "AWS_CA_BUNDLE"
	}
	variables := map[string]string{"EVENTS_STREAM": "events", "GOMAXPROCS": "1"}
	for _, more := range []map[string]string{s.variables, extra} {
		for name, value := range more {
			variables[name] = value
		}
	}
	return simulator.NewFunction(simulator.FunctionConfig{
		Name: s.name, ARN: "arn:aws:lambda:us-east-1:111111111111:function:bench", Bootstrap: executable, Handler: "bootstrap",
		Timeout: 30 * time.Second, MemoryMB: 512, MaxSandboxes: 1, Variables: variables, Awake: true, Ready: ready,
		Endpoints: map[string]string{
			"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL_FIREHOSE": url, "AWS_ENDPOINT_URL_S3": url,
			trust: l.trust,
		},
	})
}

// proxyEvent is the event of the ingest function's own tests, with a body of some size.
func proxyEvent() ([]byte, error) {
	text, err := os.ReadFile("lambdas/ingest/testdata/event.json")
	if err != nil {
		return nil, err
	}
	var event map[string]any
	if err := json.Unmarshal(text, &event); err != nil {
		return nil, err
	}
	event["body"], event["isBase64Encoded"] = clickBase64(), true
	return json.Marshal(event)
}
