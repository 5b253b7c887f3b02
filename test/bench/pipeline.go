package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"time"

	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// perRequest is the number of events in a request of the pipeline's table, of about 130
// bytes each.
const perRequest = 100

// pipeline sends events through everything that make local runs, until all of them
// are objects. It shows whether time grows with events, and memory does not.
func (b *bench) pipeline() error {
	for n := 1_000; n <= b.events; n *= 10 {
		took, err := b.push(workload{events: n})
		if err != nil {
			return fmt.Errorf("sending %d events: %w", n, err)
		}
		subject := fmt.Sprintf("%d events", n)
		b.report.Add(tablePipeline, subject, "answered", "events/s", float64(n)/took.answered.Seconds())
		b.report.Add(tablePipeline, subject, inS3, "events/s", float64(n)/took.stored.Seconds())
		for _, name := range []string{"Ingest", "Validator"} {
			b.report.Add(tablePipeline, subject, name+", largest process", "MB", took.peaks[name])
		}
	}
	return nil
}

// inS3 is the metric of events that are objects.
const inS3 = "in S3"

// pushed is what it took to bring events into the lake.
type pushed struct {
	answered, stored time.Duration
	cpu              time.Duration      // of this process and the functions', until all is stored
	peaks            map[string]float64 // MB of the largest process, by function
}

// workload is what a pipeline is measured with.
type workload struct {
	events int
	change func(*simulator.Options) // of the pipeline; nil: nothing
	// during begins something beside it, and returns what ends that; nil: nothing.
	during func(*simulator.Simulator) (end func(), err error)
}

// push starts a pipeline, sends events and waits until all are in S3.
func (b *bench) push(w workload) (took pushed, err error) {
	dir, err := os.MkdirTemp(b.dir, "pipeline-")
	if err != nil {
		return took, err
	}
	templates, err := simulator.GoldenTemplates("test/synth/testdata", "Dev")
	if err != nil {
		return took, err
	}
	options := simulator.Options{
		Templates: templates, Bootstraps: b.bootstraps, Dir: dir, Patience: time.Second,
		MaxSandboxes: 2 * traffic.Connections,
	}
	if w.change != nil {
		w.change(&options)
	}
	sim, err := simulator.Start(options)
	if err != nil {
		return took, err
	}
	defer func() { _ = sim.Close() }() // what matters is in S3
	if w.during != nil {
		end, err := w.during(sim)
		if err != nil {
			return took, err
		}
		defer end()
	}
	client := traffic.NewClient(sim.URL)
	defer client.Close()
	before, _, err := usageOfAll(sim)
	if err != nil {
		return took, err
	}
	began := time.Now()
	if err := client.Send(context.Background(), clicks(w.events)); err != nil {
		return took, err
	}
	took.answered = time.Since(began)
	if err := sim.Flush(context.Background()); err != nil {
		return took, err
	}
	took.stored = time.Since(began)
	if took.cpu, took.peaks, err = usageOfAll(sim); err != nil {
		return took, err
	}
	took.cpu -= before
	lake, err := traffic.ReadLake(sim.Lake, sim.Bucket)
	if err != nil {
		return took, err
	}
	if tally := client.Ledger.Settle(lake); tally.Valid != w.events || tally.Lost > 0 {
		return took, fmt.Errorf("tally is %+v", tally)
	}
	return took, nil
}

// usageOfAll returns the processor's time of this process and the functions', and the most memory of a
// process of each function, in MB.
func usageOfAll(sim *simulator.Simulator) (cpu time.Duration, peaks map[string]float64, err error) {
	peaks = map[string]float64{}
	for name, pids := range map[string][]int{
		"bench": {os.Getpid()}, "Ingest": sim.Function("Ingest").Processes(),
		"Validator": sim.Function("Validator").Processes(),
	} {
		for _, pid := range pids {
			u, err := usageOf(pid)
			if err != nil {
				return 0, nil, err
			}
			cpu, peaks[name] = cpu+u.cpu, max(peaks[name], u.peak)
		}
	}
	return cpu, peaks, nil
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
