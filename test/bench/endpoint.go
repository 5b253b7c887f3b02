package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"
)

// endpoint is Firehose and S3 in one server, and keeps nothing. What it does with a put can be changed.
type endpoint struct {
	*httptest.Server
	does  atomic.Pointer[http.HandlerFunc]
	puts  atomic.Int64
	bytes atomic.Int64 // of the puts' bodies
}

// newEndpoint returns an endpoint that stores, and has not started.
func newEndpoint() *endpoint {
	e := &endpoint{}
	e.do(stores(0))
	e.Server = httptest.NewUnstartedServer(e)
	return e
}

func (e *endpoint) do(put http.HandlerFunc) { e.does.Store(&put) }

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body) // of a client that has gone: what arrived
	if r.Method == http.MethodPut {
		return // S3 answers 200 to an object
	}
	e.puts.Add(1)
	e.bytes.Add(n)
	(*e.does.Load())(w, r)
}

// stores answers, after some time, that the record is stored.
func stores(after time.Duration) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(after)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_, _ = io.WriteString(w, `{"RecordId":"4f2a","Encrypted":false}`) // to a client that may have gone
	}
}

func refuses(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("X-Amzn-Errortype", "ServiceUnavailableException")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, `{"message":"Slow down."}`)
}

func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
