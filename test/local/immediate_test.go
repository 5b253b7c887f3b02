package main

import (
	"testing"
	"time"

	"global-ingest/test/simulator"
)

// TestImmediateAnswersBeforeTheWrite: Firehose keeps every put waiting until the client
// has its answer, and then refuses it once. Each event is in the lake all the same,
// although the sandbox is frozen as soon as runtime and extension have asked for the next
// invocation: neither asks before the put's second try.
func TestImmediateAnswersBeforeTheWrite(t *testing.T) {
	t.Parallel()
	answers := make(chan struct{}, 1)
	templates := patientTemplates(t)
	simulator.Variables(templates, "Ingest")["ACKNOWLEDGE"] = "immediate"
	sim := start(t, templates, func(o *simulator.Options) {
		o.FirehoseFaults = func(c simulator.Call) *simulator.Fault {
			if c.Operation != "PutRecord" || c.N%2 == 0 {
				return nil
			}
			select {
			case <-answers:
			case <-t.Context().Done():
			}
			return simulator.Unavailable()
		}
	})
	var ids []string
	for n := range 5 {
		id := accepted(t, sim.URL+"/events", validEvent)
		ids = append(ids, id)
		answers <- struct{}{}
		waitForLines(t, sim, n+1)
	}
	checkOnce(t, sim, ids)
	if spilled := sim.Counters().Objects["spill"]; spilled > 0 {
		t.Errorf("%d records are spilled: their puts were waiting for the answer, not behind it", spilled)
	}
}

// waitForLines returns when that many events are in the lake.
func waitForLines(t *testing.T, sim *simulator.Simulator, want int) {
	t.Helper()
	for range 100 {
		flush(t, sim)
		if len(readLake(t, sim.Lake, sim.Bucket).Lines) >= want {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("%d events are not in the lake after 10 s", want)
}
