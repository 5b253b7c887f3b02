package fault

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// setup is what every row runs with.
type setup struct {
	bootstraps map[string]string // as of simulator.BuildFunctions
	mode       ingest.Acknowledgement
	full       bool // rows take as long as they need, which is too long for every run of the tests
}

// run is one run of a row.
type run struct {
	setup
	row       row
	random    *random
	generator *traffic.Generator
	sim       *simulator.Simulator
	client    *traffic.Client

	mended    atomic.Bool    // the row's faults have ended
	replaying atomic.Bool    // the Validator works again too
	besides   sync.WaitGroup // of what runs beside the clients
	sent      chan struct{}  // closed when the clients have sent everything
	failed    error          // of what ran beside them; read after besides
	ends      []func()       // called at the end

	spills        atomic.Int64    // objects written below spill/
	spilledBefore int64           // of these, before the faults ended
	kills         atomic.Int64    // processes killed
	denied        atomic.Int64    // batches denied
	overflows     atomic.Int64    // objects of lines from the Validator
	overwritten   atomic.Int64    // of these, written again
	deferrals     atomic.Int64    // objects of records that it left for another batch
	dead          []string        // dead letters at the end
	excused       map[string]bool // objects that may stay where they are
}

// outcome is what a run shows.
type outcome struct {
	Result
	p99      time.Duration // of answers to small bodies
	findings []string      // each breach of the promise, in words
}

// runRow sends at least as many events through the pipeline in dir, with the faults of the
// row, ends the faults, and compares the lake with what was sent. The error says why the
// row could not run.
func (s setup) runRow(row row, events int, seed uint64, dir string) (out outcome, err error) {
	r := &run{
		setup: s, row: row, random: newRandom(seed), generator: traffic.NewGenerator(seed),
		sent: make(chan struct{}), excused: map[string]bool{},
	}
	defer func() {
		for _, end := range r.ends {
			end()
		}
	}()
	options, err := r.options(dir)
	if err != nil {
		return out, err
	}
	if r.sim, err = simulator.Start(options); err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, r.sim.Close()) }()
	r.client = traffic.NewClient(r.sim.URL)
	defer r.client.Close()
	if err := r.traffic(events); err != nil {
		return out, err
	}
	if err := r.settleDown(); err != nil {
		return out, err
	}
	return r.outcome()
}

// outcome holds the lake to the promise.
func (r *run) outcome() (out outcome, err error) {
	lake, err := traffic.ReadLake(r.sim.Lake, r.sim.Bucket)
	if err != nil {
		return out, err
	}
	tally := r.client.Ledger.Settle(lake)
	out.Result = resultOf(tally)
	out.Row, out.Mode = r.row.name, string(r.mode)
	r.dead = r.sim.DeadLetters()
	out.Stuck = r.stuck(lake)
	out.findings = append(r.findings(out.Result, len(lake.Failed)), tally.Findings...)
	if r.mode == ingest.Immediate && (r.row.unknown || r.row.refuses) {
		// Such an event was acknowledged before it was stored: Immediate may lose it.
		out.findings = slices.DeleteFunc(out.findings,
			func(f string) bool { return strings.HasPrefix(f, traffic.Lost) })
	}
	out.p99 = r.client.P99()
	return out, nil
}

// options are those of the simulator: the deployed templates, and the row's faults until
// they end.
func (r *run) options(dir string) (simulator.Options, error) {
	o := simulator.Options{Templates: templates(), Bootstraps: r.bootstraps, Dir: dir, Patience: 200 * time.Millisecond}
	// A sandbox that answers first is still at work when its client sends the next request.
	o.MaxSandboxes = 2*traffic.Connections + 1
	o.Variables = map[string]map[string]string{"Ingest": {"ACKNOWLEDGE": string(r.mode)}}
	if r.row.faults != nil {
		faults := r.row.faults(r)
		o.FirehoseFaults = func(c simulator.Call) *simulator.Fault {
			if r.mended.Load() {
				return nil
			}
			return faults(c)
		}
	}
	o.ObjectFaults = r.objectFaults()
	if r.row.invocations != nil {
		o.InvocationFaults = r.row.invocations(r)
	}
	if r.row.options != nil {
		return o, r.row.options(r, &o)
	}
	return o, nil
}

// objectFaults counts writes to S3, and makes those fail that the row says.
func (r *run) objectFaults() func(bucket, key string) error {
	objects := func(string) error { return nil }
	if r.row.objects != nil {
		objects = r.row.objects(r)
	}
	return func(_, key string) error {
		if strings.HasPrefix(key, record.SpillPrefix) {
			r.spills.Add(1)
		}
		if isOverflow(key) {
			r.overflows.Add(1)
		}
		if deferredKey.MatchString(key) {
			r.deferrals.Add(1)
		}
		if r.mended.Load() {
			return nil
		}
		return objects(key)
	}
}

// traffic sends the row's requests in two halves, and does what the row says beside and
// between them.
func (r *run) traffic(events int) error {
	requests := r.generator.Mixed(events)
	if r.row.traffic != nil {
		requests = r.row.traffic(r, events)
	}
	if r.row.beside != nil {
		r.besides.Go(func() { r.row.beside(r) })
	}
	half := len(requests) / 2
	err := r.send(requests[:half])
	if err == nil && r.row.halfway != nil {
		err = r.row.halfway(r)
	}
	if err == nil {
		err = r.send(requests[half:])
	}
	for err == nil && r.row.until != nil && !r.row.until(r) {
		err = r.send(r.generator.Mixed(0))
	}
	close(r.sent)
	r.besides.Wait()
	return errors.Join(err, r.failed)
}

// sending says whether clients still send.
func (r *run) sending() bool {
	select {
	case <-r.sent:
		return false
	default:
		return true
	}
}

// send sends requests. An answer that clients cannot rely on is an error, unless the row
// allows it.
func (r *run) send(requests []traffic.Request) error {
	if err := r.client.Send(context.Background(), requests); err != nil && !r.row.unknown {
		return err
	}
	return nil
}

// patience is how long a pipeline may take to deliver what it holds once its faults end.
const patience = 5 * time.Minute

// settleDown ends the faults and waits until everything is delivered.
func (r *run) settleDown() error {
	r.mended.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.sim.Flush(ctx); err != nil {
		return err
	}
	if r.row.broken {
		return replayFailed(ctx, r)
	}
	return nil
}

// stuck counts what was not delivered: objects of spill/, dead letters, and records in
// failed/.
func (r *run) stuck(lake traffic.Lake) (n int) {
	for _, key := range lake.Spilled {
		if !r.excused[key] {
			n++
		}
	}
	for _, failed := range lake.Failed {
		if !r.excused[failed.Object] {
			n++
		}
	}
	for _, message := range r.dead {
		if !r.excused[poisonKey] || !strings.Contains(message, "poison") {
			n++
		}
	}
	return n
}

// findings holds a result to the promise. Only a Validator that never works leaves records
// in failed/.
func (r *run) findings(got Result, failed int) (found []string) {
	if (failed > 0) != r.row.broken {
		found = append(found, fmt.Sprintf("%d records are in failed/", failed))
	}
	if got.Stuck != 0 {
		found = append(found, fmt.Sprintf("%d objects or messages are stuck", got.Stuck))
	}
	if got.Unknown > 0 && !r.row.unknown {
		found = append(found, fmt.Sprintf("%d events were neither acknowledged nor refused", got.Unknown))
	}
	if got.Refused > 0 && !r.row.refuses {
		found = append(found, fmt.Sprintf("%d events were refused, although there was room for them", got.Refused))
	}
	if r.row.verify != nil {
		if err := r.row.verify(r, got); err != nil {
			found = append(found, err.Error())
		}
	}
	return found
}

// templates are the deployed ones, but API Gateway is patient.
func templates() []*simulator.Template {
	all, err := simulator.GoldenTemplates("../synth/testdata", "Dev")
	if err != nil {
		panic(err) // the goldens are part of the repository
	}
	return simulator.PatientGateway(all)
}

// random is a source of random numbers that goroutines may share.
type random struct {
	mu     sync.Mutex
	source *rand.Rand
}

func newRandom(seed uint64) *random {
	return &random{source: rand.New(rand.NewPCG(seed, 0))}
}

func (r *random) below(share float64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Float64() < share
}

func (r *random) intN(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.IntN(n)
}

// pause sleeps for up to longest.
func (r *random) pause(longest time.Duration) {
	time.Sleep(time.Duration(r.intN(int(longest))))
}
