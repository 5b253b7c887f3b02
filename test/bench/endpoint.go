package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"
)

// endpoint is a Firehose behind TLS that takes as long as it is told, keeps nothing and
// answers that it has stored the record.
type endpoint struct {
	server *httptest.Server
	delay  atomic.Int64 // nanoseconds of service time
	puts   atomic.Int64
	bytes  atomic.Int64 // of the requests' bodies
}

func newEndpoint() *endpoint {
	e := &endpoint{}
	e.server = httptest.NewTLSServer(e)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body) // of a client that has gone: what arrived
	e.puts.Add(1)
	e.bytes.Add(n)
	if d := time.Duration(e.delay.Load()); d > 0 {
		time.Sleep(d)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, _ = io.WriteString(w, `{"RecordId":"4f2a","Encrypted":false}`) // to a client that may have gone
}
