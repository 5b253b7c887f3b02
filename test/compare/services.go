package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"time"

	"global-ingest/test/simulator"
	worldwide "global-ingest/test/world"
)

// services are those of a region that one function calls: Firehose, and Lambda's
// Invoke, each with its own time.
type services struct {
	*httptest.Server
	link    *worldwide.Listener // from the function to here
	setup   *setup
	chain   *simulator.Function // what Invoke calls; nil: nothing
	puts    atomic.Int64
	invokes atomic.Int64
	behind  sync.WaitGroup // invocations that were queued
	failed  atomic.Value   // error of one of them
}

// newServices starts services that are roundTrip away.
func (s *setup) newServices(roundTrip time.Duration, chain *simulator.Function) *services {
	to := &services{setup: s, chain: chain}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", to.invoke)
	mux.HandleFunc("/", to.put)
	to.Server, to.link = s.serve(mux, roundTrip)
	return to
}

// put is Firehose's PutRecord.
func (s *services) put(w http.ResponseWriter, r *http.Request) {
	worldwide.WaitUntil(time.Now().Add(s.setup.put))
	s.puts.Add(1)
	s.setup.firehose.ServeHTTP(w, r)
}

// invoke queues an event for the chain and answers, as Lambda does with an
// InvocationType of Event.
func (s *services) invoke(w http.ResponseWriter, r *http.Request) {
	event, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("X-Amz-Invocation-Type") != "Event" {
		http.Error(w, "the event is cut off, or the invocation type is not Event", http.StatusBadRequest)
		return
	}
	worldwide.WaitUntil(time.Now().Add(s.setup.invoke))
	s.invokes.Add(1)
	s.behind.Go(func() {
		if _, err := s.chain.Invoke(context.Background(), event); err != nil {
			s.failed.Store(err)
		}
	})
	w.WriteHeader(http.StatusAccepted)
}

// counted is what has been counted so far.
func (s *services) counted() sample {
	return sample{opened: s.link.Opened.Load(), puts: s.puts.Load(), invokes: s.invokes.Load()}
}

// rest returns when the queued invocations have ended, with an error of one of them.
func (s *services) rest() error {
	s.behind.Wait()
	err, _ := s.failed.Load().(error)
	return err
}

func (s *services) close() {
	s.behind.Wait()
	s.Close()
}
