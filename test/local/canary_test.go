package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"global-ingest/test/simulator"
)

// TestTheCanaryFindsWhatItSent runs Staging, which has a canary, and its rule by hand, as
// EventBridge may invoke it: one run sends, a later one finds both events; of a run that
// never was it finds none.
func TestTheCanaryFindsWhatItSent(t *testing.T) {
	t.Parallel()
	templates := goldens(t, "Staging")
	sim := start(t, templates)
	sim.Function("Canary").Update("ENDPOINT_URL", sim.URL+"/events")
	var every, after time.Duration
	for name, into := range map[string]*time.Duration{"EVERY": &every, "AFTER": &after} {
		var err error
		if *into, err = time.ParseDuration(simulator.Variables(templates, "Canary")[name].(string)); err != nil {
			t.Fatal(err)
		}
	}
	run := func(at time.Time) {
		t.Helper()
		if err := sim.RunRule(t.Context(), "CanarySchedule", at); err != nil {
			t.Fatal(err)
		}
		flush(t, sim)
	}
	first := time.Now().UTC().Truncate(every)
	later := first.Add((after + every - 1) / every * every)
	run(first)
	run(later)
	want := "refused 0 found 0 lost 2, refused 0 found 2 lost 0"
	if got := canaryCounts(t, sim); got != want {
		t.Errorf("counted %s, want %s", got, want)
	}
}

// canaryCounts reads what the canary counted from its log, a run after the other.
func canaryCounts(t *testing.T, sim *simulator.Simulator) string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(sim.Logs, "canary.log"))
	if err != nil {
		t.Fatal(err)
	}
	var counts []string
	for line := range strings.Lines(string(log)) {
		if !strings.Contains(line, `"_aws"`) {
			continue
		}
		var c struct{ CanaryRefused, CanaryFound, CanaryLost int }
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		counts = append(counts, fmt.Sprintf("refused %d found %d lost %d", c.CanaryRefused, c.CanaryFound, c.CanaryLost))
	}
	return strings.Join(counts, ", ")
}
