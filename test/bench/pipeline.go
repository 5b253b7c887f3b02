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
	took, err := push(events, bootstraps, dir, nil, nil)
	if err != nil {
		return err
	}
	subject := fmt.Sprintf("%d events", events)
	r.Add(table, subject, "answered", "events/s", float64(events)/took.answered.Seconds())
	r.Add(table, subject, inS3, "events/s", float64(events)/took.stored.Seconds())
	for _, name := range []string{"Ingest", "Validator"} {
		r.Add(table, subject, name+", largest process", "MB", took.peaks[name])
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

// push starts a pipeline, changed as change says, sends events and waits until all are in
// S3. during, unless it is nil, begins something beside it, and returns what ends that.
func push(
	events int, bootstraps map[string]string, dir string,
	change func(*simulator.Options), during func(*simulator.Simulator) (end func(), err error),
) (took pushed, err error) {
	templates, err := simulator.GoldenTemplates("test/synth/testdata", "Dev")
	if err != nil {
		return took, err
	}
	options := simulator.Options{
		Templates: templates, Bootstraps: bootstraps, Dir: dir, Patience: time.Second,
		MaxSandboxes: 2 * traffic.Connections,
	}
	if change != nil {
		change(&options)
	}
	sim, err := simulator.Start(options)
	if err != nil {
		return took, err
	}
	defer func() { _ = sim.Close() }() // what matters is in S3
	if during != nil {
		stop, err := during(sim)
		if err != nil {
			return took, err
		}
		defer stop()
	}
	client := traffic.NewClient(sim.URL)
	defer client.Close()
	before, err := usageOf(os.Getpid())
	if err != nil {
		return took, err
	}
	began := time.Now()
	if err := client.Send(context.Background(), clicks(events)); err != nil {
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
	if tally := client.Ledger.Settle(lake); tally.Valid != events || tally.Lost > 0 {
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
