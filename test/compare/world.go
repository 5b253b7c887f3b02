package main

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"global-ingest/infra/environment"
	"global-ingest/test/figures"
	"global-ingest/test/world/geo"
)

// world is what the model says of clients in every city: each city counts once.
type world struct {
	parameters
	sets [][]string // of regions, each a column
}

// growing are the regions of an environment that grows: the three are the best three of those that
// were measured, and each further one is nearer to many cities.
const growing = "us-east-1 us-east-1,eu-central-1,ap-southeast-1 " +
	"us-east-1,eu-central-1,ap-southeast-1,ap-south-1,ap-southeast-2,ap-northeast-1"

// newWorld reads sets of regions: commas inside a set, spaces between two.
func newWorld(p parameters, regions string) (*world, error) {
	w := &world{parameters: p}
	for set := range strings.FieldsSeq(regions) {
		found, err := geo.FindRegions(set)
		if err != nil {
			return nil, fmt.Errorf("REGIONS is %q: %w", regions, err)
		}
		w.sets = append(w.sets, found)
	}
	if len(w.sets) == 0 {
		return nil, fmt.Errorf("REGIONS is %q: want sets of regions, such as %q", regions,
			"us-east-1 us-east-1,eu-west-1")
	}
	_, err := p.version()
	return w, err
}

const (
	ownCode    = time.Millisecond // Ingest's own time, rounded up: the code of wiring 5's function
	atLocation = time.Millisecond // a function of CloudFront answers a preflight
)

// way is how a request reaches a region: how often it crosses each leg, and the time of the
// services at its end.
type way struct {
	name                     string
	last, backbone, internet int
	own                      time.Duration
}

// The ways that tables and tests ask for.
const (
	openWay  = "open connection"
	newWay   = "new connection"
	checkWay = "new connection, preflight answered at the location"
	coldWay  = "new connection, and a new one from the location to the region"
)

// ways are those of clients that an edge location answers, and with plain DNS those of clients
// that open their connection to the region itself.
func (w *world) ways() []way {
	h := w.handshakes()
	stored := w.gateway + w.inRegion + w.put + ownCode
	return []way{
		{openWay, 1, 1, 0, stored},
		{"open connection, `Immediate`", 1, 1, 0, w.gateway + ownCode},
		{newWay, h + 1, 1, 0, stored},
		{"new connection, preflight answered in the region", h + 2, 2, 0, w.gateway + stored},
		{checkWay, h + 2, 1, 0, atLocation + stored},
		{coldWay, h + 1, h + 1, 0, stored},
		{"plain DNS, open connection", 1, 0, 1, stored},
		{"plain DNS, new connection", h + 1, 0, h + 1, stored},
		{"plain DNS, new connection, preflight answered in the region", h + 2, 0, h + 2, w.gateway + stored},
	}
}

// way returns the way of that name.
func (w *world) way(name string) way {
	all := w.ways()
	return all[slices.IndexFunc(all, func(g way) bool { return g.name == name })]
}

// takes is how long a client in the city waits, if these are the regions.
func (w *world) takes(g way, city geo.City, regions []string) time.Duration {
	internet := geo.Internet(city, regions[0])
	for _, region := range regions {
		internet = min(internet, geo.Internet(city, region)) // as a latency record says
	}
	return time.Duration(g.last)*w.clientEdge + time.Duration(g.internet)*internet +
		time.Duration(g.backbone)*geo.Backbone(city, geo.Nearest(city, regions)) + g.own
}

// waits are how long clients in each of the cities wait, in ms.
func (w *world) waits(g way, cities []geo.City, regions []string) (all []time.Duration) {
	for _, city := range cities {
		all = append(all, w.takes(g, city, regions))
	}
	return all
}

// on returns the cities of a continent.
func on(continent geo.Continent) []geo.City {
	return slices.DeleteFunc(geo.Cities(), func(c geo.City) bool { return c.Continent != continent })
}

// best returns the n regions with the least mean round trip from the edge locations, and that
// mean. It tries every set of regions that an environment may have and cities were measured to.
func best(n int) (regions []string, least time.Duration) {
	candidates := slices.DeleteFunc(slices.Clone(environment.Everywhere), geo.Derived)
	for set := range uint(1) << len(candidates) {
		if bits.OnesCount(set) != n {
			continue
		}
		var tried []string
		for i, region := range candidates {
			if set>>i&1 == 1 {
				tried = append(tried, region)
			}
		}
		if mean := meanBackbone(tried); regions == nil || mean < least {
			regions, least = tried, mean
		}
	}
	return regions, least
}

func meanBackbone(regions []string) (mean time.Duration) {
	cities := geo.Cities()
	for _, city := range cities {
		mean += geo.Backbone(city, geo.Nearest(city, regions))
	}
	return mean / time.Duration(len(cities))
}

// heir is a region that takes over cities of one that is lost.
type heir struct {
	region        string
	before, after int // cities
}

// loss is what happens without one of the regions.
type loss struct {
	cities int
	heirs  []heir
	longer time.Duration // median of what its clients wait longer
}

// without says which regions take over when one is lost.
func without(lost string, regions []string) loss {
	others := slices.DeleteFunc(slices.Clone(regions), func(r string) bool { return r == lost })
	var l loss
	had, gets := map[string]int{}, map[string]int{}
	var longer []time.Duration
	for _, city := range geo.Cities() {
		first, then := geo.Nearest(city, regions), geo.Nearest(city, others)
		had[first]++
		if first == lost {
			gets[then]++
			longer = append(longer, geo.Backbone(city, then)-geo.Backbone(city, lost))
		}
	}
	for _, region := range others {
		if gets[region] > 0 {
			l.heirs = append(l.heirs, heir{region, had[region], had[region] + gets[region]})
		}
	}
	l.cities, l.longer = had[lost], figures.Quantile(longer, 0.5)
	return l
}
