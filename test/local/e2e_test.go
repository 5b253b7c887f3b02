package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

var functions, runAll = simulator.NewBuild()

func TestMain(m *testing.M) { runAll(m) }

// goldens are the templates of an environment as they are deployed.
func goldens(t *testing.T, environment string) []*simulator.Template {
	t.Helper()
	templates, err := simulator.GoldenTemplates(filepath.Join("..", "synth", "testdata"), environment)
	if err != nil {
		t.Fatal(err)
	}
	return templates
}

// patientTemplates are those of Dev with more time for each put.
func patientTemplates(t *testing.T) []*simulator.Template {
	t.Helper()
	return simulator.Patient(goldens(t, "Dev"))
}

// start runs the pipeline of the templates with short buffers.
func start(t *testing.T, templates []*simulator.Template, change ...func(*simulator.Options)) *simulator.Simulator {
	t.Helper()
	options := simulator.Options{
		Templates: templates, Bootstraps: functions(t), Dir: t.TempDir(), Patience: 500 * time.Millisecond,
	}
	for _, c := range change {
		c(&options)
	}
	sim, err := simulator.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return sim
}

// sendAll sends the requests, each of which must be acknowledged.
func sendAll(t *testing.T, sim *simulator.Simulator, requests []traffic.Request) *traffic.Ledger {
	t.Helper()
	client := traffic.NewClient(sim.URL)
	defer client.Close()
	if err := client.Send(t.Context(), requests); err != nil {
		t.Error(err)
	}
	return client.Ledger
}

// settle holds the lake to what was sent: all of it acknowledged, nothing lost, nothing
// that was not sent, no byte changed.
func settle(t *testing.T, sim *simulator.Simulator, ledger *traffic.Ledger) traffic.Tally {
	t.Helper()
	found := readLake(t, sim.Lake, sim.Bucket)
	for _, failed := range found.Failed {
		t.Errorf("in failed/: %.500s", failed.Line)
	}
	a := ledger.Settle(found)
	for _, finding := range a.Findings {
		t.Error(finding)
	}
	if a.Refused+a.Unknown > 0 {
		t.Errorf("%d events were refused, %d neither refused nor acknowledged", a.Refused, a.Unknown)
	}
	t.Logf("%d events valid, %d rejected, %d duplicates", a.Valid, a.Rejected, a.Duplicates)
	return a
}

func readLake(t *testing.T, folder, bucket string) traffic.Lake {
	t.Helper()
	found, err := traffic.ReadLake(folder, bucket)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestEveryEventIsAccountedFor is the product's main promise: whatever the gateway takes is
// answered 200, and is in the lake afterwards, valid or rejected with its reason, with the
// bytes that were sent. Nothing of what it turns away is there.
func TestEveryEventIsAccountedFor(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("SEED=%d repeats this run", seed)
	templates := patientTemplates(t)
	inflated, err := strconv.Atoi(simulator.Variables(templates, "Validator")["MAX_INFLATED_BYTES"].(string))
	if err != nil {
		t.Fatal(err)
	}
	sim := start(t, templates)
	g := traffic.NewGenerator(seed)
	requests := append(g.Mixed(5_000), g.Bomb(inflated), g.TooMany(), g.Tiny(12_000))
	ledger := sendAll(t, sim, g.Shuffled(requests))
	flush(t, sim)
	turnedAway := func(r traffic.Request) bool { return r.TurnedAway != 0 }
	checkCounters(t, sim, len(slices.DeleteFunc(requests, turnedAway)), settle(t, sim, ledger))
}

func flush(t *testing.T, sim *simulator.Simulator) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := sim.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// checkCounters compares what the status line shows with what happened. The
// functions' counts travel through their logs, a moment behind their answers.
func checkCounters(t *testing.T, sim *simulator.Simulator, requests int, a traffic.Tally) {
	t.Helper()
	var c simulator.Counters
	for range 400 {
		c = sim.Counters()
		rejected := 0
		for _, n := range c.Rejected {
			rejected += n
		}
		if c.Accepted == requests && c.Valid+rejected >= a.Valid+a.Rejected &&
			c.Objects["events"] > 0 && c.Objects["rejected"] > 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("counters are %+v; sent %d, account %+v", c, requests, a)
}
