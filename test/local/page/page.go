// Package page is what `make local` shows of the pipeline, on a port of its own: a page
// with every event as it is judged, and an API that browser tests ask for the same. It
// listens to what the simulator's streams do with records, so that a verdict is there
// milliseconds after the Validator's answer, and not when an object is written.
//
// Memory is bounded. The page keeps the newest 1,000 events with at most 64 KiB of each,
// which are 64 MiB, and the steps of the newest 10,000 requests, of some 300 bytes, which
// are 3 MiB. It reads one object at a time of those that the Validator stores itself, which
// hold up to 68 MiB of lines. Counters count everything since the start or the last reset.
package page

import (
	"context"
	"embed"
	"io/fs"
	"net"
	"net/http"
	"time"

	"global-ingest/test/simulator"
	"global-ingest/test/world"
)

// Pipeline is what the page shows the events of.
type Pipeline struct {
	Environment string `json:"environment"`
	Valid       string `json:"valid"`    // an event that its schema allows, to begin with
	Invalid     string `json:"invalid"`  // one that it does not
	URL         string `json:"endpoint"` // without a slash at its end

	Lake  string                      `json:"-"` // the folder of the buckets
	Flush func(context.Context) error `json:"-"` // has all judged and stored that was answered 200
	Front *world.Edge                 `json:"-"` // where clients meet the regions. Default: there is one region
}

// Page remembers what became of the events of one pipeline.
type Page struct {
	tap      *tap
	faults   faults
	pipeline Pipeline
	live     chan struct{} // a token for each open page
}

// maxLive is how many pages may be open at once. A browser itself opens six connections
// to one host.
const maxLive = 32

// New returns a page that waits for its pipeline.
func New() *Page {
	return &Page{tap: newTap(), faults: faults{all: map[string]fault{}}, live: make(chan struct{}, maxLive)}
}

// Watch has a simulator that is started with these options tell the page everything, and
// ask it what goes wrong.
func (p *Page) Watch(o *simulator.Options) {
	o.Watcher, o.ObjectWritten = p.tap, p.tap.objectWritten
	o.FirehoseFaults, o.ObjectFaults, o.InvocationFaults = p.faults.firehose, p.faults.s3, p.faults.validator
}

// Serve answers on listener until the returned function is called.
func (p *Page) Serve(listener net.Listener, of Pipeline) (stop func() error) {
	p.pipeline = of
	p.tap.readFrom(of.Lake)
	server := &http.Server{Handler: p.handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends with Close, the only way it ends
	return server.Close
}

//go:embed static
var static embed.FS

func (p *Page) handler() http.Handler {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the folder is in the binary
	}
	mux := http.NewServeMux()
	for _, path := range []string{"/{$}", "/page.js", "/page.css"} {
		mux.Handle("GET "+path, http.FileServerFS(files))
	}
	mux.HandleFunc("GET /live", p.serveLive)
	mux.HandleFunc("GET /detail", api(p.detail).taking("seq"))
	mux.HandleFunc("GET /events", api(p.events).taking(append(filterNames, "after", "limit", "count", "wait")...))
	mux.HandleFunc("GET /counts", api(p.counts).taking())
	mux.HandleFunc("POST /reset", api(p.reset).taking("wait"))
	mux.HandleFunc("POST /flush", api(p.flush).taking("wait"))
	mux.HandleFunc("POST /fault", api(p.fault).taking(append(services, "for")...))
	mux.HandleFunc("GET /regions", api(p.states).taking())
	mux.HandleFunc("POST /regions/{region}/{way}", api(p.move).taking())
	return guard{next: mux, policy: contentSecurityPolicy(p.pipeline.URL)}
}
