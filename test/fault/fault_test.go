package fault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"global-ingest/test/simulator"
)

var (
	events  = flag.Int("events", 60, "events of a row")
	seed    = flag.Uint64("seed", 0, "seed of the run; 0 draws one")
	results = flag.String("results", "", "file for the results as JSON")
)

// clients send at once: fewer than the environments of a function, above which
// Lambda would throttle.
const clients = 4

// executables are the functions, built once for this machine.
var executables map[string]string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		flag.Parse()
		dir, err := os.MkdirTemp("", "global-ingest-fault-")
		if err == nil {
			defer os.RemoveAll(dir)
			executables, err = simulator.BuildFunctions(dir)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// TestNothingAcknowledgedIsLost runs every row and prints their accounts.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("go test ./test/fault -events %d -seed %d repeats this run", *events, *seed)
	var table []Result
	var healthy time.Duration
	for i, w := range rows {
		t.Run(w.name, func(t *testing.T) {
			result, p99 := run(t, w, newRandom(*seed+uint64(i)))
			if i == 0 {
				healthy = p99
			}
			result.AddedP99 = float64((p99 - healthy).Microseconds()) / 1000
			check(t, w, result)
			table = append(table, result)
		})
	}
	t.Log("\n" + markdown(table))
	save(t, table)
}

// run sends the events of one row, mends what was broken, and settles the account.
func run(t *testing.T, w row, r *random) (Result, time.Duration) {
	t.Helper()
	var mended atomic.Bool
	options := simulator.Options{
		Templates: templates(t), Bootstraps: executables, Dir: t.TempDir(), Patience: 200 * time.Millisecond,
	}
	w.options(&options, r, &mended)
	sim, err := simulator.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
	}()
	a := send(t, sim.URL, r)
	mended.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := sim.Flush(ctx); err != nil {
		t.Error(err)
	}
	lines, spilled, err := readLines(filepath.Join(sim.Lake, sim.Bucket))
	if err != nil {
		t.Fatal(err)
	}
	result := a.settle(lines)
	result.Row, result.Mode, result.Stuck = w.name, "Durable", spilled+len(sim.DeadLetters())
	return result, a.p99()
}

// templates are what is deployed. Only API Gateway waits longer, so that a process
// that starts on a busy machine is slow and not an error.
func templates(t *testing.T) []*simulator.Template {
	t.Helper()
	all, err := simulator.GoldenTemplates(filepath.Join("..", "synth", "testdata"), "Dev")
	if err != nil {
		t.Fatal(err)
	}
	for _, template := range all {
		for _, resource := range template.Resources {
			if integration, ok := resource.Properties["Integration"].(map[string]any); ok && integration["TimeoutInMillis"] != nil {
				integration["TimeoutInMillis"] = 29_000
			}
		}
	}
	return all
}

// send posts the events of a row from several clients, one event a request.
func send(t *testing.T, url string, r *random) *account {
	t.Helper()
	a := &account{sent: map[int]hash{}, acked: map[int]string{}}
	numbers := make(chan int)
	var done sync.WaitGroup
	for range clients {
		done.Go(func() {
			for n := range numbers {
				a.post(url, n, r)
			}
		})
	}
	for n := range *events {
		numbers <- n
	}
	close(numbers)
	done.Wait()
	return a
}

// post sends the event with the client's number n and notes what is said to it.
func (a *account) post(url string, n int, r *random) {
	event := fmt.Appendf(nil, `{"type":"fault","n":%d,"text":%q}`, n, strings.Repeat("ä \U0001f600\n", r.intN(200)))
	began := time.Now()
	response, err := http.Post(url+"/events", "application/json", bytes.NewReader(event))
	took := time.Since(began)
	var answer struct{ ID string }
	status := 0
	if err == nil {
		status = response.StatusCode
		text, readErr := io.ReadAll(response.Body)
		response.Body.Close()
		if readErr != nil || json.Unmarshal(text, &answer) != nil {
			status = 0
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent[n] = sha256.Sum256(event)
	a.latencies = append(a.latencies, took)
	switch status {
	case http.StatusOK:
		a.acked[n] = answer.ID
	case http.StatusServiceUnavailable:
		a.refused++
	default:
		a.unknown++
	}
}

// check holds a result to the promise.
func check(t *testing.T, w row, r Result) {
	t.Helper()
	if r.Lost+r.Phantom+r.Mangled+r.Stuck+r.Unknown > 0 {
		t.Errorf("lost %d, phantom %d, mangled %d, stuck %d, unknown %d: %+v", r.Lost, r.Phantom, r.Mangled, r.Stuck, r.Unknown, r)
	}
	if !w.refuses && r.Refused > 0 {
		t.Errorf("%d refused, although the spill works", r.Refused)
	}
	if r.Clashes > 0 {
		t.Errorf("%d events stand under several ids", r.Clashes)
	}
	if r.Sent != *events {
		t.Errorf("sent %d events, want %d", r.Sent, *events)
	}
}

func markdown(table []Result) string {
	var out strings.Builder
	out.WriteString("| fault | sent | acked | refused | lost | phantom | mangled | duplicates | stuck | added p99 ms |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range table {
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %.1f |\n",
			r.Row, r.Sent, r.Acked, r.Refused, r.Lost, r.Phantom, r.Mangled, r.Duplicates, r.Stuck, r.AddedP99)
	}
	return out.String()
}

// save writes the results where the caller asked for them.
func save(t *testing.T, table []Result) {
	t.Helper()
	if *results == "" {
		return
	}
	text, err := json.MarshalIndent(table, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(*results), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*results, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
