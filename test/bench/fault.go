package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"global-ingest/lambdas/aws/firehose"
	"global-ingest/lambdas/aws/spill"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

// faulty is Firehose and S3 in one server without TLS. What it does to a put can be changed.
type faulty struct {
	put atomic.Pointer[http.HandlerFunc]
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // of a client that has gone, what came
	if r.Method == http.MethodPut {
		return // S3 answers 200 to an object
	}
	(*f.put.Load())(w, r)
}

func (f *faulty) does(put http.HandlerFunc) { f.put.Store(&put) }

func stores(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"RecordId":"r"}`) }

func refuses(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Amzn-Errortype", "ServiceUnavailableException")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, `{"message":"Slow down."}`)
}

func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// faults measures what a client waits for while something is broken: the handler
// with its deployed bounds, called in this process.
func faults(r *report, table string, each int) error {
	server := &faulty{}
	server.does(stores)
	listening := httptest.NewServer(server)
	defer listening.Close()
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_FIREHOSE": listening.URL, "AWS_ENDPOINT_URL_S3": listening.URL, "AWS_REGION": "us-east-1",
		"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
	} {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	event, err := proxyEvent()
	if err != nil {
		return err
	}
	config := ingest.Default()
	config.Environment, config.Streams, config.Bucket = "Bench", []string{"events"}, "lake"
	stream, err := firehose.New(config.Streams[0], config.Put)
	if err != nil {
		return err
	}
	aside, err := spill.New(config.Bucket, config.Spill, config.Oversize())
	if err != nil {
		return err
	}
	// A fresh handler has a closed breaker.
	fresh := func() *ingest.Handler {
		breaker := firehose.NewBreaker(stream, config.Breaker, time.Now)
		return ingest.New(config, firehose.Streams{breaker}, aside, io.Discard, slog.New(slog.DiscardHandler))
	}
	without := ingest.New(config, firehose.Streams{stream}, nil, io.Discard, slog.New(slog.DiscardHandler)) // neither breaker nor spill
	timed := func(h *ingest.Handler) float64 {
		began := time.Now()
		_, _ = h.Invoke(context.Background(), event) // never fails
		return microseconds(time.Since(began))
	}
	healthy := fresh()
	r.turns(table, each, []turn{
		{"healthy", func() float64 { return timed(healthy) }},
		{bare, func() float64 { return timed(without) }},
		{object, func() float64 {
			began := time.Now()
			_ = aside.Put(context.Background(), record.SpillPrefix+"00/2026-11-23/bench", event) // S3 is well
			return microseconds(time.Since(began))
		}},
	})
	server.does(refuses)
	reopened := func() *ingest.Handler {
		h := fresh()
		for range config.Breaker.Failures {
			timed(h)
		}
		return h
	}
	open, opened := reopened(), time.Now()
	r.turns(table, each, []turn{{"503, breaker open", func() float64 {
		if time.Since(opened) > config.Breaker.OpenMin/2 { // it would probe, which is the row below
			open, opened = reopened(), time.Now()
		}
		return timed(open)
	}}})
	r.turns(table, max(each/10, 1), []turn{{"503, breaker closed", func() float64 { return timed(fresh()) }}})
	server.does(hangs)
	r.turns(table, 1, []turn{{"hang", func() float64 { return timed(fresh()) }}})
	return nil
}

// turn is one way to spend some time, in µs.
type turn struct {
	subject string
	spend   func() float64
}

// turns takes all of them in turn, so many times a round, after a round that does not count.
func (r *report) turns(table string, times int, all []turn) {
	p50, p99 := map[string][]float64{}, map[string][]float64{}
	for round := range 6 {
		took := map[string][]float64{}
		for range times {
			for _, t := range all {
				took[t.subject] = append(took[t.subject], t.spend())
			}
		}
		for _, t := range all {
			slices.Sort(took[t.subject])
			if round > 0 {
				p50[t.subject] = append(p50[t.subject], took[t.subject][times/2])
				p99[t.subject] = append(p99[t.subject], took[t.subject][times*99/100])
			}
		}
	}
	for _, t := range all {
		r.add(table, t.subject, "p50", "µs", p50[t.subject]...)
		r.add(table, t.subject, "p99", "µs", p99[t.subject]...)
	}
}

// What the fault rows are compared with.
const (
	bare   = "healthy, without spill and breaker"
	object = "the S3 put alone"
)

// errMissing names a figure that a bar needs.
func errMissing(table, subject, metric string) error {
	return fmt.Errorf("%s: %s has no %s", table, subject, metric)
}
