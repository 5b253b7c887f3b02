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
	before, err := usageOf(os.Getpid())
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
	after, err := usageOf(os.Getpid())
	if err != nil {
		return took, err
	}
	if took.peaks, took.cpu, err = usageOfFunctions(sim, "Ingest", "Validator"); err != nil {
		return took, err
	}
	took.cpu += after.cpu - before.cpu
	lake, err := traffic.ReadLake(sim.Lake, sim.Bucket)
	if err != nil {
		return took, err
	}
	if tally := client.Ledger.Settle(lake); tally.Valid != w.events || tally.Lost > 0 {
		return took, fmt.Errorf("tally is %+v", tally)
	}
	return took, nil
}

// usageOfFunctions returns the most memory of a process of each function, in MB, and the
// processor's time of all of them.
func usageOfFunctions(sim *simulator.Simulator,
	names ...string,
) (peaks map[string]float64, cpu time.Duration, err error) {
	peaks = map[string]float64{}
	for _, name := range names {
		for _, pid := range sim.Function(name).Processes() {
			u, err := usageOf(pid)
			if err != nil {
				return nil, 0, err
			}
			peaks[name] = max(peaks[name], u.peak)
			cpu += u.cpu
		}
	}
	return peaks, cpu, nil
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
