package main

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"global-ingest/test/simulator"
)

// TestEveryGoldenEnvironmentRunsHere: whatever settings a golden has, a request reaches
// the lake. A folder with the stack Storage is an environment; the comparison's wirings
// are several, and run by themselves.
func TestEveryGoldenEnvironmentRunsHere(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("..", "synth", "testdata")
	found, err := filepath.Glob(filepath.Join(folder, "*", "storage.json"))
	if err != nil || len(found) < 5 {
		t.Fatalf("%d golden environments: %v", len(found), err)
	}
	for _, path := range found {
		name := filepath.Base(filepath.Dir(path))
		if name == "compare" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			sim := start(t, simulator.Patient(goldens(t, strings.ToUpper(name[:1])+name[1:])))
			got := do(t, http.MethodPost, sim.URL+"/events", strings.NewReader(validEvent))
			var acknowledged struct{ ID string }
			if err := json.Unmarshal([]byte(got.body), &acknowledged); err != nil || got.status != http.StatusOK {
				t.Fatalf("answer is %d %s", got.status, got.body)
			}
			flush(t, sim)
			checkOnce(t, sim, []string{acknowledged.ID})
			for _, line := range sim.NotSimulated() {
				t.Log("accepted, not simulated: " + line)
			}
		})
	}
}
