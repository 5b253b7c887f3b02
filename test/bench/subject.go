package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/test/figures"
	"global-ingest/test/simulator"
)

// subject is one way to write the function behind the endpoint.
type subject struct {
	name      string
	source    string            // package of a Go program; python for the scripts
	variables map[string]string // in addition to those of every subject
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
	own := func(mode ingest.Acknowledgement) map[string]string { return setting.Variables(figures.Ingest(mode)) }
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

// errMissing is why this machine cannot run a subject.
var errMissing = errors.New("this machine has no python3 with boto3")

// build returns the executable of s below dir, or errMissing.
func (s subject) build(dir string) (path string, err error) {
	if s.source == python {
		return script(dir)
	}
	path = filepath.Join(dir, filepath.Base(s.source))
	return path, simulator.Build(path, s.source)
}

// script is the Python subject as an executable.
func script(dir string) (path string, err error) {
	interpreter, err := exec.Command("python3", "-c", "import boto3, sys; print(sys.executable)").Output()
	if err != nil {
		return "", errMissing
	}
	source, err := os.ReadFile("test/bench/subjects/python/ingest.py")
	if err != nil {
		return "", err
	}
	path = filepath.Join(dir, "ingest.py")
	text := append([]byte("#!"+string(bytes.TrimSpace(interpreter))+"\n"), source...)
	return path, os.WriteFile(path, text, 0o700)
}
