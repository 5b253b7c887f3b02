package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/simulator"
)

// setup is what every subject runs with.
type setup struct {
	endpoint *endpoint
	dir      string
	trust    string // path of the trust store
	event    []byte // an API Gateway proxy event with a click of 564 bytes
	answers  string // what an answer must hold
}

// built is a subject that is ready to start.
type built struct {
	subject
	executable string
}

// newSetup makes what the subjects run with, and builds those that this machine can.
func newSetup(r *figures.Report) (s *setup, all []built, err error) {
	s = &setup{endpoint: newEndpoint(), answers: "200"}
	if s.dir, err = os.MkdirTemp("", "global-ingest-bench-"); err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(figures.SystemBundle); err != nil {
		return nil, nil, fmt.Errorf("looking for the trust store of a system like Debian: %w", err)
	}
	var certificates int
	if s.trust, certificates, err = figures.TrustStore(s.dir, s.endpoint.server.Certificate()); err != nil {
		return nil, nil, err
	}
	r.Note(tableCold,
		"The trust store of every subject is this machine's bundle: %d certificates, one of them the endpoint's.",
		certificates)
	if s.event, err = proxyEvent(); err != nil {
		return nil, nil, err
	}
	for _, subject := range subjects() {
		path, err := subject.build(s.dir)
		switch {
		case errors.Is(err, errMissing):
			r.Note(tableCold, "Left out: %s, for %s.", subject.name, err)
		case err != nil:
			return nil, nil, err
		default:
			all = append(all, built{subject, path})
		}
	}
	return s, all, nil
}

// close stops the endpoint and deletes what was built.
func (s *setup) close() {
	s.endpoint.server.Close()
	_ = os.RemoveAll(s.dir) // a folder of the system's own
}

// function is one sandbox of a subject. extra are variables of this measurement.
func (s *setup) function(of built, extra map[string]string, ready func(time.Duration)) *simulator.Function {
	url := s.endpoint.server.URL
	trust := "SSL_CERT_FILE" // Go's; the SDK for Go would read Python's variable too
	if of.source == python {
		trust = "AWS_CA_BUNDLE"
	}
	variables := map[string]string{"EVENTS_STREAM": figures.Stream, "GOMAXPROCS": "1"}
	maps.Copy(variables, of.variables)
	maps.Copy(variables, extra)
	return simulator.NewFunction(simulator.FunctionConfig{
		Name: of.name, ARN: figures.FunctionARN("subject"), Bootstrap: of.executable, Handler: "bootstrap",
		Timeout: 30 * time.Second, MemoryMB: 512, MaxSandboxes: 1, Variables: variables, Awake: true, Ready: ready,
		Endpoints: map[string]string{
			"AWS_REGION": figures.Region, "AWS_DEFAULT_REGION": figures.Region, trust: s.trust,
			"AWS_ENDPOINT_URL_FIREHOSE": url, "AWS_ENDPOINT_URL_S3": url,
		},
	})
}

// ask has one request answered.
func (s *setup) ask(f *simulator.Function) (time.Duration, error) {
	began := time.Now()
	answer, err := f.Invoke(context.Background(), s.event)
	took := time.Since(began)
	if err == nil && !bytes.Contains(answer, []byte(s.answers)) {
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
