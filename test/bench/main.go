// Command bench measures the product beside what a team could write instead, in one
// run on one machine: only ratios within a table mean something. It prints tables,
// says which goals are met, and leaves results.json and warm.svg in .local/bench.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/simulator"
)

// effort is how much is measured.
type effort struct {
	starts     int // rounds of cold starts
	rounds     int // of warm answers
	each       int // answers of a round at 0 ms
	benchmarks int // runs of the Validator's benchmarks
	events     int // most of the pipeline's
	asked      int // requests of a fault row's run
	pages      int // runs with the live page, and without
	spilled    int // objects that Redrive brings back
}

var (
	whole = effort{
		starts: 15, rounds: 7, each: 400, benchmarks: 5, events: 100_000, asked: 300, pages: 5, spilled: 5_000,
	}
	quick = effort{starts: 3, rounds: 3, each: 60, benchmarks: 1, events: 10_000, asked: 50, pages: 1, spilled: 1_500}
)

func main() {
	short := flag.Bool("quick", false, "a minute's worth: for a look, not for a figure")
	events := flag.Int("events", 0, "most events of the pipeline's table; 0: 100,000, or 10,000 with -quick")
	flag.Parse()
	e := whole
	if *short {
		e = quick
	}
	if *events > 0 {
		e.events = *events
	}
	if err := run(e, filepath.Join(".local", "bench"), os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run.
type bench struct {
	effort
	report     figures.Report
	dir        string            // deleted afterwards
	bootstraps map[string]string // the functions' executables
}

// run measures everything, and writes to progress how long each step took.
func run(e effort, folder string, out, progress io.Writer) (err error) {
	b := &bench{effort: e}
	if b.dir, err = os.MkdirTemp("", "global-ingest-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if b.bootstraps, err = simulator.BuildFunctions(filepath.Join(b.dir, "functions")); err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"ingest", b.ingest},
		{"faults", b.faults},
		{"validator", b.validator},
		{"pipeline", b.pipeline},
		{"page", b.page},
		{"redrive", b.redrive},
	} {
		began := time.Now()
		if err := step.run(); err != nil {
			return fmt.Errorf("measuring %s: %w", step.name, err)
		}
		fmt.Fprintf(progress, "%s: %s\n", step.name, time.Since(began).Round(time.Second))
	}
	explain(&b.report)
	b.report.Markdown(out)
	writeGoals(out, &b.report)
	if err := b.report.Save(filepath.Join(folder, "results.json")); err != nil {
		return err
	}
	return plot(&b.report, filepath.Join(folder, "warm.svg"))
}

// explain says how to read the tables.
func explain(r *figures.Report) {
	r.Note(tableCold, "Median of the runs, and in brackets the lowest and the highest. "+
		"From the start of the process, on a simulated Lambda whose Runtime API is on this machine. "+
		"Go subjects run on one processor, as ours is deployed. "+
		"Ours opens its connection before it asks for its first event, so that no client waits for that.")
	r.Note(tableBundle, "As above, but `SSL_CERT_DIR` names an empty directory, as deployed. The certificates "+
		"are the same.")
	r.Note(warmTable(0), "From the event to the whole answer, of one sandbox, in turns. "+
		"Immediate stores after its answer: processor and requests/s include that work. "+
		"Memory is the peak.")
	r.Note(tableValidator, "`ours` and `naive` are the benchmarks of lambdas/validate: "+
		"the same batches, the same schema engine, the same lines. `base64` only decodes and encodes.")
	r.Note(tableAnswers, "An answer has room for 5.9 MB of base64; other lines are objects (decision 7).")
	r.Note(tablePipeline, "All of `make local`: gateway, functions, Firehose and S3 of the simulator. "+
		"Clients and bench share this machine's processors.")
	r.Note(tablePage, "As the table before, in turns. The page is open when a client reads its messages, "+
		"as a browser does, and draws nothing.")
	r.Note(tableRedrive, "One process of the real executable. S3 takes %v a call here and Firehose %v, as in a region.",
		objectTakes, batchTakes)
	r.Note(tableFaults, "The handler with its deployed bounds, in one process with the server that misbehaves. "+
		"Tests hold the exact allocations: TestAllocations in lambdas/ingest and lambdas/aws/firehose.")
}
