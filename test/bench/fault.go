package main

import (
	"context"
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
	"global-ingest/test/figures"
)

// faulty is Firehose and S3 in one server without TLS. What it does to a put can be changed.
type faulty struct {
	put atomic.Pointer[http.HandlerFunc]
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // of a client that has gone: what arrived
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

// broken is what the fault rows run with: the handler with its deployed bounds, called in
// this process.
type broken struct {
	config ingest.Config
	stream firehose.Putter
	aside  ingest.Spill
	event  []byte
}

// faults measures what a client waits for while something is broken.
func faults(r *figures.Report, table string, each int) error {
	server := &faulty{}
	server.does(stores)
	listening := httptest.NewServer(server)
	defer listening.Close()
	b, err := newBroken(listening.URL)
	if err != nil {
		return err
	}
	b.measureHealthy(r, table, each)
	server.does(refuses)
	b.measureRefusals(r, table, each)
	server.does(hangs)
	turns(r, table, 1, []turn{{"hang", func() float64 { return b.timed(b.fresh()) }}})
	return nil
}

func newBroken(url string) (b *broken, err error) {
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_FIREHOSE": url, "AWS_ENDPOINT_URL_S3": url, "AWS_REGION": figures.Region,
		"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x",
	} {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	b = &broken{config: ingest.Default()}
	b.config.Environment, b.config.Streams, b.config.Bucket = "Measured", []string{figures.Stream}, figures.Bucket
	if b.event, err = proxyEvent(); err != nil {
		return nil, err
	}
	if b.stream, err = firehose.New(figures.Stream, b.config.Put); err != nil {
		return nil, err
	}
	b.aside, err = spill.New(figures.Region, b.config.Bucket, b.config.Spill, b.config.Oversize())
	return b, err
}

// fresh returns a handler whose breaker is closed.
func (b *broken) fresh() *ingest.Handler {
	return b.handler(firehose.NewBreaker(b.stream, b.config.Breaker, time.Now), b.aside)
}

func (b *broken) handler(stream firehose.Putter, aside ingest.Spill) *ingest.Handler {
	return ingest.New(b.config, firehose.Streams{stream}, aside, nil, io.Discard, slog.New(slog.DiscardHandler))
}

// timed returns how many µs an answer takes.
func (b *broken) timed(h *ingest.Handler) float64 {
	began := time.Now()
	_, _ = h.Invoke(context.Background(), b.event) // never fails
	return microseconds(time.Since(began))
}

// measureHealthy measures the handler, and what it is compared with.
func (b *broken) measureHealthy(r *figures.Report, table string, each int) {
	healthy, without := b.fresh(), b.handler(b.stream, nil)
	turns(r, table, each, []turn{
		{"healthy", func() float64 { return b.timed(healthy) }},
		{bare, func() float64 { return b.timed(without) }},
		{object, func() float64 {
			began := time.Now()
			_ = b.aside.Put(context.Background(), record.SpillPrefix+"00/2026-11-23/bench", b.event) // S3 is well
			return microseconds(time.Since(began))
		}},
	})
}

// measureRefusals measures the handler while Firehose answers 503, with the breaker open
// and closed.
func (b *broken) measureRefusals(r *figures.Report, table string, each int) {
	reopened := func() *ingest.Handler {
		h := b.fresh()
		for range b.config.Breaker.Failures {
			b.timed(h)
		}
		return h
	}
	open, opened := reopened(), time.Now()
	turns(r, table, each, []turn{{"503, breaker open", func() float64 {
		if time.Since(opened) > b.config.Breaker.OpenMin/2 { // or it would probe, which is the next row
			open, opened = reopened(), time.Now()
		}
		return b.timed(open)
	}}})
	turns(r, table, max(each/10, 1), []turn{{"503, breaker closed", func() float64 { return b.timed(b.fresh()) }}})
}

// turn is something that takes time, in µs.
type turn struct {
	subject string
	spend   func() float64
}

// turns takes all of them in turn, a number of times in each round. The first round does
// not count.
func turns(r *figures.Report, table string, times int, all []turn) {
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
		r.Add(table, t.subject, "p50", "µs", p50[t.subject]...)
		r.Add(table, t.subject, "p99", "µs", p99[t.subject]...)
	}
}

// What the fault rows are compared with.
const (
	bare   = "healthy, without spill and breaker"
	object = "the S3 put alone"
)
