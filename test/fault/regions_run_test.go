package fault

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/test/figures"
	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
	"global-ingest/test/world"
	"global-ingest/test/world/geo"
)

// RegionResult is the result of a row with regions.
type RegionResult struct {
	Result
	NextDoor      int     `json:"next_door"`        // events that the neighbour of their region kept
	AnsweredAgain float64 `json:"answered_again_s"` // seconds in the world until the last bad answer
}

// worldRun is one run of a row with regions.
type worldRun struct {
	row       regionRow
	clock     world.Clock
	world     *world.World
	ledger    *traffic.Ledger
	locations []*location
	down      sync.Map // of services, by "region service"
	spills    atomic.Int64

	making    sync.Mutex // the generator, and what it has made
	generator *traffic.Generator
	requests  []traffic.Request

	tally  traffic.Tally
	events map[string]int // in the lake of each region
	abroad int            // of these, those that another region answered
	left   bool           // the health check of europe failed
}

// location is a city with its clients.
type location struct {
	region  string // the nearest
	edge    *world.Edge
	client  *traffic.Client
	lastBad atomic.Int64 // when a client was refused, not answered, or kept waiting, in nanoseconds since 1970
}

// regionClock: a health check of 10 s asks each half second, and a TTL of a minute is over after 3 s.
var regionClock = world.Clock{Speed: 20}

// TestNothingAcknowledgedIsLostWithARegion runs every row and prints their results.
func TestNothingAcknowledgedIsLostWithARegion(t *testing.T) {
	bootstraps := functions(t)
	table := make([]RegionResult, len(regionRows))
	t.Run("rows", func(t *testing.T) {
		for i, row := range regionRows {
			runRow(t, row.name, row.full, func(t *testing.T) {
				table[i] = runRegions(t, row, bootstraps, *seed+uint64(i))
			})
		}
	})
	table = slices.DeleteFunc(table, func(r RegionResult) bool { return r.Row == "" })
	t.Log("\n" + regionsMarkdown(table))
	if *update {
		if err := figures.KeepPart(page, "regions", regionsMarkdown(table), true); err != nil {
			t.Error(err)
		}
	}
	if *results == "" {
		return
	}
	if err := figures.SaveJSON(filepath.Join(filepath.Dir(*results), "regions.json"), table); err != nil {
		t.Error(err)
	}
}

func regionsMarkdown(table []RegionResult) string {
	var out strings.Builder
	out.WriteString("| row of `TestNothingAcknowledgedIsLostWithARegion` | answered 200 | refused or not answered | " +
		"kept next door | seconds until all are answered again |\n")
	out.WriteString("| --- | --: | --: | --: | --: |\n")
	for _, r := range table {
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %.0f |\n",
			r.Row, r.Acked, r.Refused+r.Unknown, r.NextDoor, r.AnsweredAgain)
	}
	return out.String()
}

func runRegions(t *testing.T, row regionRow, bootstraps map[string]string, seed uint64) RegionResult {
	t.Helper()
	result, findings, err := row.run(bootstraps, seed, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Log(result.Result, "next door", result.NextDoor, "answered again after", result.AnsweredAgain, "s")
	show(t, findings)
	return result
}

// run runs a row in dir. The findings are the breaches of the promise.
func (row regionRow) run(
	bootstraps map[string]string, seed uint64, dir string,
) (result RegionResult, findings []string, err error) {
	r := &worldRun{
		row: row, clock: regionClock, ledger: traffic.NewLedger(), generator: traffic.NewGenerator(seed),
		events: map[string]int{},
	}
	if err := r.start(bootstraps, dir); err != nil {
		return result, nil, err
	}
	defer func() { err = errors.Join(err, r.world.Close()) }()
	if result, err = r.play(); err != nil {
		return result, nil, err
	}
	return result, r.findings(), nil
}

// start runs the regions, and opens a location in each city.
func (r *worldRun) start(bootstraps map[string]string, dir string) (err error) {
	r.world, err = world.Start(world.Options{
		Templates: worldTemplates(r.row.drained, r.row.nextDoor), Clock: r.clock,
		Region: func(name string, _ bool) simulator.Options {
			return simulator.Options{
				Bootstraps: bootstraps, Dir: filepath.Join(dir, name), Patience: 200 * time.Millisecond,
				MaxSandboxes:     2*traffic.Connections + 1,
				FirehoseFaults:   func(simulator.Call) *simulator.Fault { return r.firehose(name) },
				ObjectFaults:     func(_, key string) error { return r.objects(name, key) },
				InvocationFaults: func(function string) error { return r.invocations(name, function) },
			}
		},
	})
	if err != nil {
		return err
	}
	for region, name := range cities {
		if err := r.open(region, name); err != nil {
			return errors.Join(err, r.world.Close())
		}
	}
	return nil
}

// open opens a location, whose clients note in the common ledger what they are answered.
func (r *worldRun) open(region, name string) error {
	city, err := geo.FindCity(name)
	if err != nil {
		return err
	}
	edge, err := r.world.Edge(city, nil)
	if err != nil {
		return err
	}
	l := &location{region: region, edge: edge, client: traffic.NewClient(edge.URL)}
	l.client.Ledger = r.ledger
	l.client.Answered = func(status int, took time.Duration) {
		if status == 0 || status >= 500 || took > keptWaiting {
			l.lastBad.Store(time.Now().UnixNano())
		}
	}
	r.locations = append(r.locations, l)
	return nil
}

// keptWaiting is an answer that comes too late for a client to be content.
const keptWaiting = 2500 * time.Millisecond

// breakServices makes services of a region fail until mend: Firehose, S3, and Ingest by being
// throttled or slow.
func (r *worldRun) breakServices(region string, services ...string) {
	for _, service := range services {
		r.down.Store(region+" "+service, true)
	}
}

func (r *worldRun) is(region, service string) bool {
	_, down := r.down.Load(region + " " + service)
	return down
}

func (r *worldRun) firehose(region string) *simulator.Fault {
	if r.is(region, "Firehose") {
		return simulator.Unavailable()
	}
	return nil
}

func (r *worldRun) objects(region, key string) error {
	if r.is(region, "S3") {
		return errors.New("S3 is down")
	}
	if strings.HasPrefix(key, record.SpillPrefix) {
		r.spills.Add(1)
	}
	return nil
}

func (r *worldRun) invocations(region, function string) error {
	switch {
	case function != "Ingest":
	case r.is(region, "throttled"):
		return simulator.ErrThrottled
	case r.is(region, "slow"):
		time.Sleep(3 * time.Second)
	}
	return nil
}

// mend ends everything that is wrong.
func (r *worldRun) mend() {
	r.down.Clear()
	for _, region := range r.world.Regions {
		region.Down(false)
	}
}

// beginAt is when the faults begin. A health check asks every 10 s, and fails for the third time at 130 s.
// DNS has answered at 120 s, so that clients go on to the lost region until 180 s: of the 90 s that it can
// take, they wait 78.
const beginAt = 102 * time.Second

// play sends from every city while the row's faults begin and end.
func (r *worldRun) play() (RegionResult, error) {
	stop := r.send()
	time.Sleep(r.clock.Wait(beginAt))
	began := time.Now()
	r.row.begin(r)
	time.Sleep(r.clock.Wait(r.row.lasts))
	err := r.until("the clients of the lost regions are answered elsewhere", r.moved)
	r.left = !r.healthy(europe)
	again := r.answeredAgain(began)
	r.mend()
	err = errors.Join(err, r.until("they are back", r.back))
	time.Sleep(r.clock.Wait(20 * time.Second))
	if stop(); err != nil {
		return RegionResult{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.world.Flush(ctx); err != nil {
		return RegionResult{}, err
	}
	return r.result(again)
}

// send sends from every city until the returned function is called, which waits for the last answer.
func (r *worldRun) send() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var sending sync.WaitGroup
	for _, l := range r.locations {
		sending.Go(func() {
			for ctx.Err() == nil {
				_ = l.client.Send(context.Background(), r.some(4)) // the ledger notes requests without an answer
				time.Sleep(50 * time.Millisecond)
			}
			l.client.Close()
		})
	}
	return func() { cancel(); sending.Wait() }
}

// some returns requests of every kind but GET: CloudFront repeats a GET that fails, and a pixel may
// then be stored twice.
func (r *worldRun) some(n int) []traffic.Request {
	r.making.Lock()
	defer r.making.Unlock()
	for len(r.requests) < n {
		r.requests = append(r.requests, slices.DeleteFunc(r.generator.Mixed(0), func(q traffic.Request) bool {
			return q.Method != "" && q.Method != "POST"
		})...)
	}
	some := r.requests[:n:n]
	r.requests = r.requests[n:]
	return some
}

// until waits for what is to happen within ten minutes.
func (r *worldRun) until(what string, happened func() bool) error {
	deadline := time.Now().Add(r.clock.Wait(10 * time.Minute))
	for ; time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if happened() {
			return nil
		}
	}
	return fmt.Errorf("ten minutes in the world are not enough until %s", what)
}

// moved says whether no client is sent to a lost region, and none had a bad answer for half a minute.
func (r *worldRun) moved() bool {
	for _, region := range r.row.lost {
		for _, l := range r.locations {
			good := time.Since(time.Unix(0, l.lastBad.Load())) > r.clock.Wait(30*time.Second)
			if l.nearest() == region || r.healthy(region) || !good {
				return false
			}
		}
	}
	return true
}

// back says whether the clients of a lost region are sent to it again, and none had a bad answer lately.
func (r *worldRun) back() bool {
	for _, region := range r.row.lost {
		for _, l := range r.locations {
			if l.region == region && (l.nearest() != region || !r.healthy(region)) {
				return false
			}
		}
	}
	return true
}

// nearest is the region to which the location sends its clients.
func (l *location) nearest() string {
	for _, s := range l.edge.States() {
		if s.Nearest {
			return s.Region
		}
	}
	return ""
}

func (r *worldRun) healthy(region string) bool {
	for _, s := range r.locations[0].edge.States() {
		if s.Region == region {
			return s.Healthy
		}
	}
	return false
}

// answeredAgain is how long after the beginning the last bad answer came.
func (r *worldRun) answeredAgain(began time.Time) time.Duration {
	last := began
	for _, l := range r.locations {
		if bad := time.Unix(0, l.lastBad.Load()); bad.After(last) {
			last = bad
		}
	}
	return r.clock.Modelled(last.Sub(began))
}

// result holds the lakes to what was answered.
func (r *worldRun) result(again time.Duration) (RegionResult, error) {
	var all traffic.Lake
	seen := map[string]string{} // region by id of the event
	var misplaced []string
	for _, region := range r.world.Regions {
		lake, err := traffic.ReadLake(region.Lake, region.Bucket)
		if err != nil {
			return RegionResult{}, fmt.Errorf("%s: %w", region.Name, err)
		}
		for id, answered := range answeredIn(lake) {
			if other := seen[id]; other != "" {
				misplaced = append(misplaced, fmt.Sprintf("%s is in the lakes of %s and %s", id, other, region.Name))
			}
			seen[id] = region.Name
			misplaced = append(misplaced, r.place(id, answered, region.Name)...)
		}
		all = merged(all, lake)
	}
	r.tally = r.ledger.Settle(all)
	r.tally.Findings = append(r.tally.Findings, misplaced...)
	result := RegionResult{Result: resultOf(r.tally), NextDoor: r.abroad, AnsweredAgain: again.Seconds()}
	result.Row, result.Mode = r.row.name, string(ingest.Durable)
	result.Stuck = len(all.Spilled) + len(all.Failed)
	if result.Stuck > 0 {
		r.tally.Findings = append(r.tally.Findings, fmt.Sprintf("%d records are in spill/ or failed/", result.Stuck))
	}
	return result, nil
}

// answeredIn are the events of a lake, and the region that answered each.
func answeredIn(lake traffic.Lake) map[string]string {
	all := map[string]string{}
	for _, line := range lake.Lines {
		all[line.ID] = line.Region
	}
	for _, reject := range lake.Rejects {
		all[reject.ID] = reject.Region
	}
	return all
}

// place counts an event, which may be in the lake of the region that answered it, and in that of the
// next one if the settings allow it.
func (r *worldRun) place(id, answered, found string) []string {
	r.events[found]++
	env := environment.Environment{Region: home, Regions: []string{europe, asia}}
	for _, site := range env.Sites() {
		switch {
		case site.Region != answered:
		case answered == found:
			return nil
		case r.row.nextDoor && site.NextDoor() == found:
			r.abroad++
			return nil
		}
	}
	return []string{fmt.Sprintf("%s was answered in %q and is in the lake of %s", id, answered, found)}
}

func merged(a, b traffic.Lake) traffic.Lake {
	large := map[string][]byte{}
	for _, lake := range []traffic.Lake{a, b} {
		for key, body := range lake.Large {
			large[key] = body
		}
	}
	return traffic.Lake{
		Lines: append(a.Lines, b.Lines...), Rejects: append(a.Rejects, b.Rejects...), Failed: append(a.Failed, b.Failed...),
		Spilled: append(a.Spilled, b.Spilled...), Large: large,
	}
}

// findings holds the run to the promise.
func (r *worldRun) findings() []string {
	found := r.tally.Findings
	if bad := r.tally.Refused + r.tally.Unknown; bad > 0 && !r.row.refuses {
		found = append(found, fmt.Sprintf("%d events were refused or not answered", bad))
	}
	if r.tally.Acked == 0 {
		found = append(found, "nothing was acknowledged")
	}
	if r.row.verify != nil {
		if err := r.row.verify(r); err != nil {
			found = append(found, err.Error())
		}
	}
	return found
}
