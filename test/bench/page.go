package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
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

// page measures what the page of make local costs the pipeline. Verdicts come as soon as in
// make local, whatever the page.
func (b *bench) page() error {
	return figures.Turns(b.pages, []string{noPage, pageClosed, pageOpen}, func(subject string) error {
		live := page.New()
		p := workload{events: b.events}
		p.change = func(o *simulator.Options) {
			o.JudgedWithin = 100 * time.Millisecond
			if subject != noPage {
				live.Watch(o)
			}
		}
		if subject == pageOpen {
			p.during = func(sim *simulator.Simulator) (func(), error) { return readLive(live, sim) }
		}
		took, err := b.push(p)
		if err != nil {
			return fmt.Errorf("%s: %w", subject, err)
		}
		b.report.Add(tablePage, subject, inS3, "events/s", float64(b.events)/took.stored.Seconds())
		b.report.Add(tablePage, subject, "processor", "µs/event", figures.Microseconds(took.cpu)/float64(b.events))
		return nil
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
