package main

import (
	"strings"
	"sync"
	"testing"

	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// TestStreamsShareTheEvents: with three streams each takes a part of them, what one
// refuses comes back to it, and all are in the lake.
func TestStreamsShareTheEvents(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	puts, again := map[string]int{}, map[string]int{}
	sim := start(t, simulator.Patient(goldens(t, "ThreeStreams")), func(o *simulator.Options) {
		o.FirehoseFaults = func(c simulator.Call) *simulator.Fault {
			mu.Lock()
			defer mu.Unlock()
			switch c.Operation {
			case "PutRecord":
				puts[c.Stream]++
				// Of 14 calls by at most 6 requests at a time, two are the same one's.
				if puts[c.Stream] <= 14 {
					return simulator.Unavailable()
				}
			case "PutRecordBatch":
				again[c.Stream]++
			}
			return nil
		}
	})
	ledger := sendAll(t, sim, traffic.NewGenerator(1).Mixed(300))
	flush(t, sim)
	settle(t, sim, ledger)
	for _, stream := range sim.Streams() {
		if strings.Contains(stream.Name, "Events") && (puts[stream.Name] < 14 || again[stream.Name] == 0) {
			t.Errorf("%s had %d records and %d batches of spilled ones", stream.Name, puts[stream.Name], again[stream.Name])
		}
	}
	if len(puts) != 3 {
		t.Errorf("records were put to %v, want three streams", puts)
	}
}
