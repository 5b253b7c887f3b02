package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/test/figures"
	"global-ingest/test/simulator"
)

// subject is one way to write the function behind the endpoint.
type subject struct {
	name    string
	program func(dir string) (figures.Program, error) // builds it
	puts    bool                                      // whether it stores
}

// Names that the goals and plots ask for.
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

// subjects are the rows, in this order.
var subjects = []subject{
	{floor, inGo("test/bench/subjects/floor", nil), false},
	{floorPut, inGo("test/bench/subjects/floor", map[string]string{"PUT": "1"}), true},
	{empty, inGo("test/bench/subjects/empty", nil), false},
	{immediate, inGo("lambdas/cmd/ingest", setting.Variables(figures.Ingest(ingest.Immediate))), true},
	{durable, inGo("lambdas/cmd/ingest", setting.Variables(figures.Ingest(ingest.Durable))), true},
	{idiomatic, inGo("test/bench/subjects/idiomatic", nil), true},
	{pythonOnce, inPython(map[string]string{"CLIENT": "once"}), true},
	{pythonCall, inPython(map[string]string{"CLIENT": "call"}), true},
}

// inGo builds a package. Go runs on one processor, which is how ours is deployed.
func inGo(folder string, variables map[string]string) func(dir string) (figures.Program, error) {
	return func(dir string) (figures.Program, error) {
		path := filepath.Join(dir, filepath.Base(folder))
		own := map[string]string{"EVENTS_STREAM": figures.Stream, "GOMAXPROCS": "1"}
		maps.Copy(own, variables)
		return figures.Go(path, own), simulator.Build(path, folder)
	}
}

func inPython(variables map[string]string) func(dir string) (figures.Program, error) {
	return func(dir string) (figures.Program, error) {
		if !figures.HasBoto3() {
			return figures.Program{}, figures.Missing("this machine has no python3 with boto3")
		}
		source, err := os.ReadFile("test/bench/subjects/python/ingest.py")
		if err != nil {
			return figures.Program{}, err
		}
		p, err := figures.Python(dir, "ingest.py", string(source))
		maps.Copy(p.Variables, variables)
		p.Variables["EVENTS_STREAM"] = figures.Stream
		return p, err
	}
}

// setup is what every subject runs with.
type setup struct {
	*endpoint
	takes time.Duration // Firehose's time
	trust string        // path of the trust store
	event []byte        // an API Gateway proxy event with a click of 564 bytes
}

// built is a subject that is ready to start.
type built struct {
	subject
	figures.Program
}

// newSetup makes what the subjects run with, below dir, and builds those that this machine can run.
func newSetup(r *figures.Report, dir string) (s *setup, all []built, err error) {
	if _, err := os.Stat(figures.SystemBundle); err != nil {
		return nil, nil, fmt.Errorf("looking for the trust store of a system like Debian: %w", err)
	}
	s = &setup{endpoint: newEndpoint()}
	s.StartTLS()
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	var certificates int
	if s.trust, certificates, err = figures.TrustStore(dir, s.Certificate()); err != nil {
		return nil, nil, err
	}
	r.Note(tableCold,
		"The trust store of every subject is this machine's bundle: %d certificates, one of them the endpoint's.",
		certificates)
	if s.event, err = proxyEvent(); err != nil {
		return nil, nil, err
	}
	for _, subject := range subjects {
		program, err := subject.program(dir)
		if missing := figures.Missing(""); errors.As(err, &missing) {
			r.Note(tableCold, "Left out: %s, for %s.", subject.name, missing)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		all = append(all, built{subject, program})
	}
	return s, all, nil
}

// function is one sandbox of a subject. extra are variables of this measurement.
func (s *setup) function(of built, extra map[string]string, ready func(time.Duration)) *simulator.Function {
	return of.Start("subject", s.URL, s.trust, func(c *simulator.FunctionConfig) {
		maps.Copy(c.Variables, extra)
		c.Ready = ready
	})
}

// ask has one request answered.
func (s *setup) ask(f *simulator.Function) (time.Duration, error) {
	began := time.Now()
	answer, err := f.Invoke(context.Background(), s.event)
	took := time.Since(began)
	if err == nil && !bytes.Contains(answer, []byte("200")) {
		err = fmt.Errorf("answer is %.200s", answer)
	}
	return took, err
}

// proxyEvent is the event of a request with a click of 564 bytes.
func proxyEvent() ([]byte, error) {
	event, err := figures.NewProxyEvents(".")
	if err != nil {
		return nil, err
	}
	click := strings.TrimSuffix(figures.Click, "}") + `,"note":"`
	return event([]byte(click + strings.Repeat("x", 564-len(click)-2) + `"}`)), nil
}
