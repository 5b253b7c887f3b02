package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/local/page"
	"global-ingest/test/simulator"
)

// The subjects of the page's table.
const (
	noPage     = "no page"
	pageClosed = "page closed"
	pageOpen   = "page open"
)

// watched measures what the page of make local costs the pipeline, in turns.
func watched(r *figures.Report, table string, events, runs int) error {
	dir, err := os.MkdirTemp("", "global-ingest-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	bootstraps, err := simulator.BuildFunctions(filepath.Join(dir, "functions"))
	if err != nil {
		return err
	}
	rates, costs := map[string][]float64{}, map[string][]float64{}
	subjects := []string{noPage, pageClosed, pageOpen}
	for run := range runs {
		for turn := range subjects {
			subject := subjects[(run+turn)%len(subjects)]
			took, err := pushWatched(subject, events, bootstraps, filepath.Join(dir, fmt.Sprint(run, turn)))
			if err != nil {
				return fmt.Errorf("%s: %w", subject, err)
			}
			rates[subject] = append(rates[subject], float64(events)/took.stored.Seconds())
			costs[subject] = append(costs[subject], float64(took.cpu.Nanoseconds())/1000/float64(events))
		}
	}
	for _, subject := range subjects {
		r.Add(table, subject, inS3, "events/s", rates[subject]...)
		r.Add(table, subject, "processor", "µs/event", costs[subject]...)
	}
	return nil
}

// pushWatched pushes events with the page as subject says. Verdicts come as soon as in
// make local, whatever the page.
func pushWatched(subject string, events int, bootstraps map[string]string, dir string) (pushed, error) {
	live := page.New()
	change := func(o *simulator.Options) {
		o.JudgedWithin = 100 * time.Millisecond
		if subject != noPage {
			live.Watch(o)
		}
	}
	return push(events, bootstraps, dir, change, func(sim *simulator.Simulator) (func(), error) {
		if subject != pageOpen {
			return func() {}, nil
		}
		return readLive(live, sim)
	})
}

// readLive serves the page, and reads its messages until the returned function is called.
func readLive(live *page.Page, sim *simulator.Simulator) (func(), error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	stop := live.Serve(listener, page.Pipeline{URL: sim.URL, Lake: sim.Lake, Flush: sim.Flush})
	opened := make(chan error, 1)
	go read("http://"+listener.Addr().String()+"/live", opened)
	return func() { _ = stop() }, <-opened
}

// read reads an answer to its end, which is the server's, and tells when it has begun.
func read(url string, opened chan<- error) {
	response, err := http.Get(url)
	if opened <- err; err != nil {
		return
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
}
