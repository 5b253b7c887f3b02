package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// perRequest is the number of events in a request of the pipeline's table, of about 130
// bytes each.
const perRequest = 100

// pipeline sends events through everything that make local runs, until all of them
// are objects. It shows whether time grows with events, and memory does not.
func pipeline(r *figures.Report, table string, most int) error {
	dir, err := os.MkdirTemp("", "global-ingest-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bootstraps, err := simulator.BuildFunctions(filepath.Join(dir, "functions"))
	if err != nil {
		return err
	}
	for n := 1_000; n <= most; n *= 10 {
		if err := through(r, table, n, bootstraps, filepath.Join(dir, fmt.Sprint(n))); err != nil {
			return fmt.Errorf("sending %d events: %w", n, err)
		}
	}
	return nil
}

func through(r *figures.Report, table string, events int, bootstraps map[string]string, dir string) error {
	templates, err := simulator.GoldenTemplates("test/synth/testdata", "Dev")
	if err != nil {
		return err
	}
	sim, err := simulator.Start(simulator.Options{
		Templates: templates, Bootstraps: bootstraps, Dir: dir,
		Patience: time.Second, MaxSandboxes: 2 * traffic.Connections,
	})
	if err != nil {
		return err
	}
	defer func() { _ = sim.Close() }() // what matters is in S3
	client := traffic.NewClient(sim.URL)
	defer client.Close()
	began := time.Now()
	if err := client.Send(context.Background(), clicks(events)); err != nil {
		return err
	}
	answered := time.Since(began)
	if err := sim.Flush(context.Background()); err != nil {
		return err
	}
	stored := time.Since(began)
	lake, err := traffic.ReadLake(sim.Lake, sim.Bucket)
	if err != nil {
		return err
	}
	if tally := client.Ledger.Settle(lake); tally.Valid != events || tally.Lost > 0 {
		return fmt.Errorf("tally is %+v", tally)
	}
	subject := fmt.Sprintf("%d events", events)
	r.Add(table, subject, "answered", "events/s", float64(events)/answered.Seconds())
	r.Add(table, subject, "in S3", "events/s", float64(events)/stored.Seconds())
	for _, name := range []string{"Ingest", "Validator"} {
		peak := 0.0
		for _, pid := range sim.Function(name).Processes() {
			u, err := usageOf(pid)
			if err != nil {
				return err
			}
			peak = max(peak, u.peak)
		}
		r.Add(table, subject, name+", largest process", "MB", peak)
	}
	return nil
}

// clicks returns requests with a number of events of one kind.
func clicks(events int) (requests []traffic.Request) {
	for from := 0; from < events; from += perRequest {
		var body bytes.Buffer
		r := traffic.Request{Kind: "clicks", Path: "/events", ContentType: "application/x-ndjson"}
		for n := range min(perRequest, events-from) {
			event := fmt.Appendf(nil,
				`{"type":"click","event_id":"%d","occurred_at":"2026-11-23T10:00:00Z","session":"s",`+
					`"page":{"url":"https://example.com/"},"element":{"id":"buy"}}`, from+n)
			body.Write(event)
			body.WriteByte('\n')
			r.Events = append(r.Events, traffic.Event{N: n, Type: "click", Payload: event})
		}
		r.Body = body.Bytes()
		requests = append(requests, r)
	}
	return requests
}
