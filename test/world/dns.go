package world

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"global-ingest/test/world/geo"
)

// RoundTrips is the time of a round trip between a city and a region.
type RoundTrips func(city geo.City, region string) time.Duration

// record is a latency record: a region that a name may stand for.
type record struct {
	name   string
	region string
	check  *check // nil: the region counts as healthy
}

// aliasTTL is how long an answer may be used: an alias record has its target's TTL, and API
// Gateway's is 60 s.
const aliasTTL = time.Minute

// nearest returns the record that Route 53 answers with: of the healthy ones, that of the region
// with the lowest latency. "If no record is healthy, all records are healthy."
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
func nearest(records []record, city geo.City, roundTrips RoundTrips) (record, error) {
	if len(records) == 0 {
		return record{}, fmt.Errorf("no region has a record")
	}
	well := slices.DeleteFunc(slices.Clone(records), func(r record) bool {
		return r.check != nil && !r.check.Healthy()
	})
	if len(well) == 0 {
		well = records
	}
	return slices.MinFunc(well, func(a, b record) int {
		return cmp.Or(int(roundTrips(city, a.region)-roundTrips(city, b.region)), cmp.Compare(a.region, b.region))
	}), nil
}

// resolver is the resolver of one edge location.
type resolver struct {
	records    []record // of every name
	city       geo.City
	roundTrips RoundTrips
	ttl        time.Duration

	mu    sync.Mutex
	cache map[string]cached // by name
}

type cached struct {
	region string
	until  time.Time
}

// Region returns the region that a name stands for, as the answer of the last lookup said
// that is not older than the TTL.
func (r *resolver) Region(name string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, found := r.cache[name]; found && time.Now().Before(known.until) {
		return known.region, nil
	}
	named := slices.DeleteFunc(slices.Clone(r.records), func(other record) bool { return other.name != name })
	answer, err := nearest(named, r.city, r.roundTrips)
	if err != nil {
		return "", fmt.Errorf("resolving %s: %w", name, err)
	}
	if r.cache == nil {
		r.cache = map[string]cached{}
	}
	r.cache[name] = cached{answer.region, time.Now().Add(r.ttl)}
	return answer.region, nil
}
