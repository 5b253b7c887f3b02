package fault

import (
	"flag"
	"os"
	"testing"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/test/simulator"
)

var (
	events  = flag.Int("events", 60, "events of a row, at least")
	mixed   = flag.Int("mixed", 0, "events of the row in which everything goes wrong, at least; 0: as of any other")
	full    = flag.Bool("full", false, "play rows as long as they deserve, and one after the other")
	seed    = flag.Uint64("seed", 0, "seed of the run; 0 draws one")
	results = flag.String("results", "", "`file` for the results as JSON")
)

var executables, removeExecutables = simulator.NewBuild()

func TestMain(m *testing.M) {
	code := m.Run()
	removeExecutables()
	os.Exit(code)
}

// functions returns the executables.
func functions(t *testing.T) map[string]string {
	t.Helper()
	built, err := executables()
	if err != nil {
		t.Fatal(err)
	}
	return built
}

// TestNothingAcknowledgedIsLost plays every row and prints their accounts.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./test/fault -args -full=%t -events=%d -mixed=%d -seed=%d repeats this run", *full, *events, *mixed, *seed)
	var table []Result
	for _, mode := range []ingest.Acknowledgement{ingest.Durable, ingest.Immediate} {
		t.Run(string(mode), func(t *testing.T) {
			table = append(table, playAll(t, cast{bootstraps: functions(t), mode: mode, full: *full})...)
		})
	}
	t.Log("\n" + markdown(table))
	if *results == "" {
		return
	}
	if err := save(table, *results); err != nil {
		t.Error(err)
	}
}

// playAll plays the rows, side by side where nobody measures them.
func playAll(t *testing.T, c cast) []Result {
	t.Helper()
	table := make([]Result, len(rows))
	latencies := make([]time.Duration, len(rows))
	t.Run("rows", func(t *testing.T) {
		for i, w := range rows {
			t.Run(w.name, func(t *testing.T) {
				if w.full && !*full {
					t.Skip("takes too long for every run: make fault plays it")
				}
				if !*full {
					t.Parallel()
				}
				table[i], latencies[i] = playOne(t, w, c, *seed+uint64(i))
			})
		}
	})
	var played []Result
	for i, r := range table {
		if r.Row != "" {
			r.AddedP99 = float64((latencies[i] - latencies[0]).Microseconds()) / 1000
			played = append(played, r)
		}
	}
	return played
}

func playOne(t *testing.T, w row, c cast, seed uint64) (Result, time.Duration) {
	t.Helper()
	n := *events
	if w.mixed && *mixed > 0 {
		n = *mixed
	}
	result, p99, findings, err := play(w, c, n, seed, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(result)
	for _, finding := range findings[:min(len(findings), maxFindings)] {
		t.Error(finding)
	}
	if hidden := len(findings) - maxFindings; hidden > 0 {
		t.Errorf("and %d findings more", hidden)
	}
	return result, p99
}

// maxFindings are shown of a row; the line of numbers has the sum.
const maxFindings = 20
