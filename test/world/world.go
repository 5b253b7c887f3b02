package world

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"global-ingest/test/simulator"
	"global-ingest/test/world/geo"
)

// Options say what to run.
type Options struct {
	Templates []*simulator.Template // all stacks of one environment, in all its regions; required
	// Region returns the options of a region's simulator, but for its templates. Required.
	Region   func(name string, home bool) simulator.Options
	Clock    Clock // how much faster than outside the world runs. Default: as fast
	Distance bool  // whether packets take their time. Default: only the choice of a region depends on it
}

// World is one environment in all its regions.
type World struct {
	Regions []*Region // as the templates are sorted

	options Options
	plan    plan
	records []record

	stop     context.CancelFunc
	checkers sync.WaitGroup
	edges    []*Edge
}

// Region is one of the regions.
type Region struct {
	*simulator.Simulator
	Name string

	road  road
	check *check // nil: the region has no record
}

// Edge is an edge location.
type Edge struct {
	URL string // of the front there, without a slash at its end

	*front
	world  *World
	server *http.Server
}

// HasFront says whether the templates describe regions behind one front.
func HasFront(templates []*simulator.Template) bool {
	return slices.ContainsFunc(templates, func(t *simulator.Template) bool {
		for _, r := range t.Resources {
			if r.Type == "AWS::CloudFront::Distribution" {
				return true
			}
		}
		return false
	})
}

// Start runs the environment. Its health checks begin at once.
func Start(o Options) (*World, error) {
	p, err := planOf(o.Templates)
	if err != nil {
		return nil, err
	}
	if p.front == nil {
		return nil, errors.New("the templates have no AWS::CloudFront::Distribution: the environment has one region")
	}
	w := &World{options: o, plan: p, stop: func() {}}
	for _, name := range p.regions {
		if err := w.startRegion(name); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", name, err), w.Close())
		}
	}
	if err := w.publish(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	for _, r := range w.Regions {
		if r.check != nil {
			w.checkers.Go(func() { r.check.run(ctx, o.Clock) })
		}
	}
	return w, nil
}

func (w *World) startRegion(name string) error {
	options := w.options.Region(name, len(w.Regions) == 0)
	options.Templates, options.Region, options.Elsewhere = w.options.Templates, name, w.bucket
	sim, err := simulator.Start(options)
	if err != nil {
		return err
	}
	w.Regions = append(w.Regions, &Region{Simulator: sim, Name: name, road: road{clock: w.options.Clock}})
	return nil
}

// bucket returns the S3 of the region that has a bucket, or nil. No other region reaches it either
// while it is lost.
func (w *World) bucket(name string) http.Handler {
	for _, r := range w.Regions {
		if r.Bucket == name {
			return http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
				if r.road.isDown() {
					http.Error(out, r.Name+" is unreachable", http.StatusServiceUnavailable)
					return
				}
				r.Objects().ServeHTTP(out, in)
			})
		}
	}
	return nil
}

// Region returns a region by its name, or nil.
func (w *World) Region(name string) *Region {
	for _, r := range w.Regions {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// publish makes the latency records, and the check of each.
func (w *World) publish() error {
	for _, planned := range w.plan.records {
		r := w.Region(planned.Region)
		if r == nil {
			return fmt.Errorf("record %s of %s: the region has no API", planned.Name, planned.Region)
		}
		if c, found := w.plan.checks[planned.HealthCheckID]; found && r.check == nil {
			asked := w.plan.hosts[c.FullyQualifiedDomainName]
			target := w.Region(asked.region)
			path, served := strings.CutPrefix(c.ResourcePath, "/"+asked.stage+"/")
			if !served {
				return fmt.Errorf("health check of %s asks %s, which is not in stage %s", r.Name, c.ResourcePath,
					asked.stage)
			}
			r.check = &check{
				every: seconds(c.RequestInterval), after: c.FailureThreshold,
				ask: asker(target.URL+"/"+path, &target.road),
			}
		}
		w.records = append(w.records, record{planned.Name, planned.Region, r.check})
	}
	return nil
}

// lastMile is a round trip between a client and the nearest edge location: AWS speaks of 20 to 30 ms
// on average.
const lastMile = 20 * time.Millisecond

// opening is how many round trips TCP and TLS 1.3 take, of which only TCP is spoken here, at once.
const opening = 2

// Edge opens the edge location of a city on a listener, nil for a free port of this machine.
func (w *World) Edge(city geo.City, listener net.Listener) (*Edge, error) {
	if listener == nil {
		var err error
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return nil, fmt.Errorf("listening for the front: %w", err)
		}
	}
	at := &resolver{records: w.records, city: city, roundTrips: geo.Backbone, ttl: w.options.Clock.Wait(aliasTTL)}
	f, err := newFront(w.plan, at, w.options.Clock, w.options.Distance, w.reach)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if w.options.Distance {
		listener = Link{RoundTrip: lastMile, Opening: opening}.Listen(listener)
	}
	e := &Edge{
		URL: "http://" + listener.Addr().String(), front: f, world: w,
		server: &http.Server{Handler: f, ReadHeaderTimeout: 10 * time.Second},
	}
	w.edges = append(w.edges, e)
	go func() { _ = e.server.Serve(listener) }() // ends with Shutdown or Close, the only ways it ends
	return e, nil
}

func (w *World) reach(region string) (address string, way *road) {
	r := w.Region(region)
	return strings.TrimPrefix(r.URL, "http://"), &r.road
}

// Counters returns what has happened in all regions since the start.
func (w *World) Counters() simulator.Counters {
	sum := simulator.Counters{Rejected: map[string]int{}, Objects: map[string]int{}}
	for _, r := range w.Regions {
		c := r.Simulator.Counters()
		sum.Accepted, sum.Refused, sum.Valid = sum.Accepted+c.Accepted, sum.Refused+c.Refused, sum.Valid+c.Valid
		for reason, n := range c.Rejected {
			sum.Rejected[reason] += n
		}
		for folder, n := range c.Objects {
			sum.Objects[folder] += n
		}
	}
	return sum
}

// NotSimulated returns what the templates hold and nothing here does: a line for each reason, once for
// all regions.
func (w *World) NotSimulated() []string {
	var lines []string
	for _, r := range w.Regions {
		lines = append(lines, r.Simulator.NotSimulated()...)
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasSuffix(line, simulator.InFront) })
	slices.Sort(lines)
	return slices.Compact(lines)
}

// Flush delivers everything in every region, until nothing comes back: one region may have left
// something to another.
func (w *World) Flush(ctx context.Context) error {
	for range w.Regions {
		for _, r := range w.Regions {
			if err := r.Simulator.Flush(ctx); err != nil {
				return fmt.Errorf("%s: %w", r.Name, err)
			}
		}
	}
	return nil
}

// Shutdown stops the fronts, and then each region as simulator.Shutdown does.
func (w *World) Shutdown(ctx context.Context) error {
	return w.end(func(s *http.Server) error { return s.Shutdown(ctx) },
		func(s *simulator.Simulator) error { return s.Shutdown(ctx) })
}

// Close stops everything at once, and loses what is buffered.
func (w *World) Close() error { return w.end((*http.Server).Close, (*simulator.Simulator).Close) }

// end stops the fronts one after another, and then all regions at once.
func (w *World) end(front func(*http.Server) error, region func(*simulator.Simulator) error) error {
	w.stop()
	var errs []error
	for _, e := range w.edges {
		errs = append(errs, front(e.server))
		e.close()
	}
	w.checkers.Wait()
	stopped := make([]error, len(w.Regions))
	var stopping sync.WaitGroup
	for i, r := range w.Regions {
		stopping.Go(func() { stopped[i] = region(r.Simulator) })
	}
	stopping.Wait()
	return errors.Join(append(errs, stopped...)...)
}

// Down makes the region unreachable, or reachable again.
func (r *Region) Down(down bool) { r.road.down(down) }

// Down makes a region unreachable, or reachable again. The error names the regions.
func (e *Edge) Down(region string, down bool) error {
	if r := e.world.Region(region); r != nil {
		r.Down(down)
		return nil
	}
	return fmt.Errorf("region %q is not here: there are %s", region, strings.Join(e.world.plan.regions, ", "))
}

// State is what is known of a region.
type State struct {
	Region    string  `json:"region"`
	Reachable bool    `json:"reachable"`
	Healthy   bool    `json:"healthy"`           // as its health check says
	Drained   bool    `json:"drained"`           // it has no record, so that no client is sent to it
	Because   string  `json:"because,omitempty"` // what was wrong with the last answer to the health check
	RoundTrip float64 `json:"round_trip_ms"`     // from the city
	Answers   int     `json:"answers"`           // to clients of the front
	Nearest   bool    `json:"nearest"`           // where the city's requests go now
	URL       string  `json:"url"`               // of the regional API
}

// City is where the location is.
func (e *Edge) City() geo.City { return e.resolver.city }

// States returns what is known of the regions, as seen from the location.
func (e *Edge) States() []State {
	now, _ := e.resolver.Region(e.origin.DomainName) // "" when no region has a record
	var states []State
	for _, r := range e.world.Regions {
		s := State{
			Region: r.Name, URL: r.URL, Reachable: !r.road.isDown(), Healthy: true, Drained: r.check == nil,
			RoundTrip: float64(e.resolver.roundTrips(e.resolver.city, r.Name).Microseconds()) / 1000,
			Answers:   int(e.regions[r.Name].answers.Load()), Nearest: r.Name == now,
		}
		if r.check != nil {
			s.Healthy = r.check.Healthy()
			if err := r.check.Last(); err != nil {
				s.Because = err.Error()
			}
		}
		states = append(states, s)
	}
	return states
}
