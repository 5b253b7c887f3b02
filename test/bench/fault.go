package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"global-ingest/lambdas/aws/firehose"
	"global-ingest/lambdas/aws/spill"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/test/figures"
)

// broken is what the fault rows run with: the handler with its deployed bounds, called in
// this process.
type broken struct {
	config ingest.Config
	stream firehose.Putter
	aside  ingest.Spill
	event  []byte
}

// faults measures what a client waits for while something is broken.
func (b *bench) faults() error {
	server := newEndpoint()
	server.Start()
	defer server.Close()
	h, err := newBroken(server.URL)
	if err != nil {
		return err
	}
	b.turns(b.asked, h.whenHealthy()...)
	server.do(refuses)
	b.turns(b.asked, turn{"503, breaker open", h.whileOpen()})
	b.turns(max(b.asked/10, 1), turn{"503, breaker closed", func() time.Duration { return h.timed(h.fresh()) }})
	server.do(hangs)
	b.turns(1, turn{"hang", func() time.Duration { return h.timed(h.fresh()) }})
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

// timed returns how long an answer takes.
func (b *broken) timed(h *ingest.Handler) time.Duration {
	began := time.Now()
	_, _ = h.Invoke(context.Background(), b.event) // never fails
	return time.Since(began)
}

// whenHealthy are the handler, and what it is compared with.
func (b *broken) whenHealthy() []turn {
	healthy, without := b.fresh(), b.handler(b.stream, nil)
	return []turn{
		{"healthy", func() time.Duration { return b.timed(healthy) }},
		{bare, func() time.Duration { return b.timed(without) }},
		{object, func() time.Duration {
			began := time.Now()
			_ = b.aside.Put(context.Background(), record.SpillPrefix+"00/2026-11-23/bench", b.event) // S3 is well
			return time.Since(began)
		}},
	}
}

// whileOpen is the handler with an open breaker, while Firehose answers 503.
func (b *broken) whileOpen() func() time.Duration {
	var open *ingest.Handler
	var opened time.Time
	return func() time.Duration {
		if time.Since(opened) > b.config.Breaker.OpenMin/2 { // or it would probe, which is the next row
			open, opened = b.fresh(), time.Now()
			for range b.config.Breaker.Failures {
				b.timed(open)
			}
		}
		return b.timed(open)
	}
}

// turn is something that takes time.
type turn struct {
	subject string
	spend   func() time.Duration
}

// turns takes all of them in turn, a number of times in each round. The first round does
// not count.
func (b *bench) turns(times int, all ...turn) {
	for round := range 6 {
		took := make([][]time.Duration, len(all))
		for range times {
			for i, t := range all {
				took[i] = append(took[i], t.spend())
			}
		}
		if round == 0 {
			continue
		}
		for i, t := range all {
			b.addQuantiles(tableFaults, t.subject, took[i])
		}
	}
}

// What the fault rows are compared with.
const (
	bare   = "healthy, without spill and breaker"
	object = "the S3 put alone"
)
