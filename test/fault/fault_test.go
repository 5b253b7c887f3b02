package fault

import (
	"flag"
	"testing"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/test/figures"
	"global-ingest/test/simulator"
)

var (
	events  = flag.Int("events", 60, "least events of a row")
	mixed   = flag.Int("mixed", 0, "least events of the row in which everything goes wrong; 0: as the others")
	full    = flag.Bool("full", false, "run all rows, as long as they need, one after the other")
	seed    = flag.Uint64("seed", 0, "seed of the run; 0 draws one")
	results = flag.String("results", "", "`file` for the results as JSON")
	update  = flag.Bool("update", false, "write the results of all rows into infra/docs/reliability.md")
)

var functions, runAll = simulator.NewBuild()

func TestMain(m *testing.M) { runAll(m) }

// TestNothingAcknowledgedIsLost runs every row and prints their results.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./test/fault -args -full=%t -events=%d -mixed=%d -seed=%d repeats this run", *full, *events, *mixed,
		*seed)
	var table []Result
	for _, mode := range []ingest.Acknowledgement{ingest.Durable, ingest.Immediate} {
		t.Run(string(mode), func(t *testing.T) {
			table = append(table, runRows(t, setup{bootstraps: functions(t), mode: mode, full: *full})...)
		})
	}
	t.Log("\n" + markdown(table))
	if *update {
		if err := figures.KeepPart(page, "faults", pageTables(table), true); err != nil {
			t.Error(err)
		}
	}
	if *results == "" {
		return
	}
	if err := figures.SaveJSON(*results, table); err != nil {
		t.Error(err)
	}
}

// runRows runs the rows, side by side unless their latency is measured.
func runRows(t *testing.T, with setup) []Result {
	t.Helper()
	outcomes := make([]outcome, len(rows))
	t.Run("rows", func(t *testing.T) {
		for i, row := range rows {
			runRow(t, row.name, row.full, func(t *testing.T) { outcomes[i] = runOne(t, row, with, *seed+uint64(i)) })
		}
	})
	var table []Result
	for _, out := range outcomes {
		if out.Row != "" {
			out.AddedP99 = float64((out.p99 - outcomes[0].p99).Microseconds()) / 1000
			table = append(table, out.Result)
		}
	}
	return table
}

// runRow runs a row as a test, in parallel unless the run is full. A row that takes long runs only in
// a full run.
func runRow(t *testing.T, name string, long bool, run func(*testing.T)) {
	t.Run(name, func(t *testing.T) {
		if long && !*full {
			t.Skip("takes too long for every run: make fault runs it")
		}
		if !*full {
			t.Parallel()
		}
		run(t)
	})
}

func runOne(t *testing.T, row row, with setup, seed uint64) outcome {
	t.Helper()
	n := *events
	if row.mixed && *mixed > 0 {
		n = *mixed
	}
	out, err := with.runRow(row, n, seed, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(out.Result)
	show(t, out.findings)
	return out
}

// show fails the test with the first findings; the line of numbers counts all.
func show(t *testing.T, findings []string) {
	t.Helper()
	const most = 20
	for _, finding := range findings[:min(len(findings), most)] {
		t.Error(finding)
	}
	if hidden := len(findings) - most; hidden > 0 {
		t.Errorf("and %d findings more", hidden)
	}
}
