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
	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// scene is one row while it is played.
type scene struct {
	row       row
	full      bool // as long as the row deserves, not as short as a test run wants it
	random    *random
	generator *traffic.Generator
	sim       *simulator.Simulator
	client    *traffic.Client

	mended    atomic.Bool    // what was broken is well again
	replaying atomic.Bool    // so is the Validator
	besides   sync.WaitGroup // of what runs beside the clients
	sent      chan struct{}  // closed when they have sent everything
	failed    error          // of what ran beside them; read after besides
	ends      []func()       // called once the row is over

	spills        atomic.Int64    // objects that were written below spill/
	spilledBefore int64           // those until it was mended
	kills         atomic.Int64    // processes that were killed
	denied        atomic.Int64    // batches that were denied
	overflows     atomic.Int64    // objects of lines that the Validator was to store
	overwritten   atomic.Int64    // those that were there already
	deferrals     atomic.Int64    // objects of records that it left for another batch
	dead          []string        // dead letters, once the row is over
	excused       map[string]bool // objects that lie where they do for a reason
}

// play sends at least events events of w through the pipeline in dir, with what w
// breaks, mends it, and settles the account. p99 is of the answers to small bodies.
// The error is what made the row impossible to play.
func play(w row, c cast, events int, seed uint64, dir string) (result Result, p99 time.Duration, findings []string, err error) {
	s := &scene{
		row: w, full: c.full, random: newRandom(seed), generator: traffic.NewGenerator(seed), sent: make(chan struct{}), excused: map[string]bool{},
	}
	defer func() {
		for _, end := range s.ends {
			end()
		}
	}()
	options, err := s.options(c, dir)
	if err != nil {
		return result, 0, nil, err
	}
	if s.sim, err = simulator.Start(options); err != nil {
		return result, 0, nil, err
	}
	defer func() { err = errors.Join(err, s.sim.Close()) }()
	s.client = traffic.NewClient(s.sim.URL)
	defer s.client.Close()
	if err := s.traffic(events); err != nil {
		return result, 0, nil, err
	}
	if err := s.settleDown(); err != nil {
		return result, 0, nil, err
	}
	lake, err := traffic.ReadLake(s.sim.Lake, s.sim.Bucket)
	if err != nil {
		return result, 0, nil, err
	}
	account := s.client.Ledger.Settle(lake)
	result = resultOf(account)
	result.Row, result.Mode = w.name, string(c.mode)
	s.dead = s.sim.DeadLetters()
	result.Stuck = s.stuck(lake)
	findings = append(s.findings(result, len(lake.Failed)), account.Findings...)
	if c.mode == ingest.Immediate && (w.unknown || w.refuses) {
		// The answer came before anybody could know: this is what the mode is told to lose.
		findings = slices.DeleteFunc(findings, func(f string) bool { return strings.HasPrefix(f, traffic.Lost) })
	}
	return result, s.client.P99(), findings, nil
}

// cast is what the rows are played with.
type cast struct {
	bootstraps map[string]string // as of simulator.BuildFunctions
	mode       ingest.Acknowledgement
	full       bool
}

// options are those of the simulator: the deployed templates, and the row's faults
// until they are mended.
func (s *scene) options(c cast, dir string) (simulator.Options, error) {
	o := simulator.Options{Templates: templates(), Bootstraps: c.bootstraps, Dir: dir, Patience: 200 * time.Millisecond}
	// One that answers first is still at work when its client sends the next request.
	o.MaxSandboxes = 2*traffic.Connections + 1
	o.Variables = map[string]map[string]string{"Ingest": {"ACKNOWLEDGE": string(c.mode)}}
	if s.row.faults != nil {
		faults := s.row.faults(s)
		o.FirehoseFaults = func(c simulator.Call) *simulator.Fault {
			if s.mended.Load() {
				return nil
			}
			return faults(c)
		}
	}
	objects := func(string) error { return nil }
	if s.row.objects != nil {
		objects = s.row.objects(s)
	}
	o.ObjectFaults = func(_, key string) error {
		if strings.HasPrefix(key, "spill/") {
			s.spills.Add(1)
		}
		if isOverflow(key) {
			s.overflows.Add(1)
		}
		if deferredKey.MatchString(key) {
			s.deferrals.Add(1)
		}
		if s.mended.Load() {
			return nil
		}
		return objects(key)
	}
	if s.row.invocations != nil {
		o.InvocationFaults = s.row.invocations(s)
	}
	if s.row.options != nil {
		return o, s.row.options(s, &o)
	}
	return o, nil
}

// traffic sends the row's requests in two halves, with what happens beside and
// between them.
func (s *scene) traffic(events int) error {
	requests := s.generator.Mixed(events)
	if s.row.traffic != nil {
		requests = s.row.traffic(s, events)
	}
	if s.row.beside != nil {
		s.besides.Go(func() { s.row.beside(s) })
	}
	half := len(requests) / 2
	err := s.send(requests[:half])
	if err == nil && s.row.halfway != nil {
		err = s.row.halfway(s)
	}
	if err == nil {
		err = s.send(requests[half:])
	}
	for err == nil && s.row.until != nil && !s.row.until(s) {
		err = s.send(s.generator.Mixed(0))
	}
	close(s.sent)
	s.besides.Wait()
	return errors.Join(err, s.failed)
}

// sending says whether clients are still at it.
func (s *scene) sending() bool {
	select {
	case <-s.sent:
		return false
	default:
		return true
	}
}

// send lets the clients send. An answer that they cannot rely on is an error only
// where nothing excuses it.
func (s *scene) send(requests []traffic.Request) error {
	if err := s.client.Send(context.Background(), requests); err != nil && !s.row.unknown {
		return err
	}
	return nil
}

// patience is how long a pipeline that is well again may take to work off what it holds.
const patience = 5 * time.Minute

// settleDown mends what is broken and waits until nothing is on its way any more.
func (s *scene) settleDown() error {
	s.mended.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.sim.Flush(ctx); err != nil {
		return err
	}
	if s.row.broken {
		return replayFailed(ctx, s)
	}
	return nil
}

// stuck counts what has not come through: objects of spill/, dead letters, and
// records in failed/.
func (s *scene) stuck(lake traffic.Lake) (n int) {
	for _, key := range lake.Spilled {
		if !s.excused[key] {
			n++
		}
	}
	for _, failed := range lake.Failed {
		if !s.excused[failed.Object] {
			n++
		}
	}
	for _, message := range s.dead {
		if !s.excused[poisonKey] || !strings.Contains(message, "poison") {
			n++
		}
	}
	return n
}

// findings holds a result to the promise. Only a Validator that is broken for ever
// leaves records in failed/.
func (s *scene) findings(r Result, failed int) (found []string) {
	if (failed > 0) != s.row.broken {
		found = append(found, fmt.Sprintf("%d records are in failed/", failed))
	}
	if r.Stuck != 0 {
		found = append(found, fmt.Sprintf("%d objects or messages are stuck", r.Stuck))
	}
	if r.Unknown > 0 && !s.row.unknown {
		found = append(found, fmt.Sprintf("nobody knows of %d events", r.Unknown))
	}
	if r.Refused > 0 && !s.row.refuses {
		found = append(found, fmt.Sprintf("%d events were refused, although there was room for them", r.Refused))
	}
	if s.row.verify != nil {
		if err := s.row.verify(s, r); err != nil {
			found = append(found, err.Error())
		}
	}
	return found
}

// templates are what is deployed. Only API Gateway waits longer, so that a process
// that starts on a busy machine is slow and not an error.
func templates() []*simulator.Template {
	all, err := simulator.GoldenTemplates("../synth/testdata", "Dev")
	if err != nil {
		panic(err) // the goldens are part of the repository
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

// random is a source that goroutines may share.
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
