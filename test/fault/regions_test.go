package fault

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"global-ingest/test/simulator"
)

// Regions that are lost while clients of three cities send.

// The regions of the golden environment Worldwide, and a city beside each.
const (
	home   = "us-east-1"
	europe = "eu-central-1"
	asia   = "ap-southeast-1"
)

var cities = map[string]string{home: "New York", europe: "Frankfurt", asia: "Singapore"}

// regionRow is something that goes wrong in regions, and then ends. Clients of every city send
// throughout. All fields but name and begin are optional.
type regionRow struct {
	name  string
	begin func(*worldRun)

	lost     []string      // regions that clients must leave, and come back to
	drained  bool          // whether asia has no record
	nextDoor bool          // whether a region may keep what another cannot store
	lasts    time.Duration // modelled. Default: until the clients of the lost regions are answered elsewhere

	refuses bool                  // clients may be told that nothing is stored, or not be answered
	verify  func(*worldRun) error // checks that what the row is named after happened
	full    bool                  // takes too long for every run of the tests
}

// Rows that find mutants.
const (
	storesNothing = "a region stores nothing: its neighbour keeps its events, and nobody is refused"
	firehoseDown  = "a region's Firehose is down: it spills and keeps its clients"
)

// regionRows are the rows of TestNothingAcknowledgedIsLostWithARegion.
var regionRows = []regionRow{
	{name: "a region is unreachable: its clients go to the next one", lost: []string{europe}, begin: unreachable(europe), refuses: true},
	{name: storesNothing, lost: []string{europe}, begin: broken(europe, "Firehose", "S3"), nextDoor: true, verify: keptNextDoor},
	{name: "a region stores nothing, with no neighbour to keep it: refused until its clients move", lost: []string{europe}, begin: broken(europe, "Firehose", "S3"), refuses: true, verify: someRefused, full: true},
	{name: "a region's Ingest is throttled to zero: its clients go to the next one", lost: []string{europe}, begin: broken(europe, "throttled"), refuses: true, verify: someRefused, full: true},
	{name: firehoseDown, begin: broken(europe, "Firehose"), nextDoor: true, lasts: 2 * time.Minute, verify: spilledAndStayed, full: true},
	{name: "a region's S3 is down: it delivers later and keeps its clients", begin: broken(europe, "S3"), lasts: 2 * time.Minute, verify: stayed, full: true},
	{name: "a region answers after 3 s: its clients go to the next one", lost: []string{europe}, begin: broken(europe, "slow"), verify: noneRefused, full: true},
	{name: "a region comes and goes every 45 s", begin: flapping(europe, 3), refuses: true, full: true},
	{name: "two of three regions are unreachable: the third answers everybody", lost: []string{europe, asia}, begin: unreachable(europe, asia), refuses: true, full: true},
	{name: "no region stores anything: everybody is refused, and nothing is lost", begin: broken("", "Firehose", "S3"), lasts: 2 * time.Minute, refuses: true, verify: someRefused, full: true},
	{name: "a region comes back while its spill is drained", lost: []string{europe}, begin: spillThenThrottle(europe), refuses: true, verify: spilled, full: true},
	{name: "a drained region gets no client: its cities go to the next one", begin: func(*worldRun) {}, drained: true, lasts: time.Minute, verify: asiaIsEmpty, full: true},
}

// unreachable breaks the way to regions.
func unreachable(regions ...string) func(*worldRun) {
	return func(r *worldRun) {
		for _, region := range regions {
			r.world.Region(region).Down(true)
		}
	}
}

// broken breaks services of a region, or of every one when it is "".
func broken(region string, services ...string) func(*worldRun) {
	return func(r *worldRun) {
		for name := range cities {
			if region == "" || region == name {
				r.breakServices(name, services...)
			}
		}
	}
}

// flapping makes a region unreachable for 45 s, reachable for 45 s, and so on.
func flapping(region string, times int) func(*worldRun) {
	return func(r *worldRun) {
		for range times {
			for _, down := range []bool{true, false} {
				r.world.Region(region).Down(down)
				time.Sleep(r.clock.Wait(45 * time.Second))
			}
		}
	}
}

// spillThenThrottle fills the spill of a region for a minute, and then throttles its Ingest too.
func spillThenThrottle(region string) func(*worldRun) {
	return func(r *worldRun) {
		r.breakServices(region, "Firehose")
		time.Sleep(r.clock.Wait(time.Minute))
		r.breakServices(region, "throttled")
	}
}

// keptNextDoor checks that the region after the lost one has its events, and nobody was refused.
func keptNextDoor(r *worldRun) error {
	if r.abroad == 0 {
		return errors.New("no event was kept next door")
	}
	return noneRefused(r)
}

func noneRefused(r *worldRun) error {
	if n := r.tally.Refused + r.tally.Unknown; n > 0 {
		return fmt.Errorf("%d events were refused or not answered", n)
	}
	return nil
}

func someRefused(r *worldRun) error {
	if r.tally.Refused+r.tally.Unknown == 0 {
		return errors.New("nobody was refused")
	}
	return nil
}

// stayed checks that the broken region stayed healthy, refused nobody, and answered its own clients.
func stayed(r *worldRun) error {
	if r.left {
		return errors.New("the region became unhealthy")
	}
	return noneRefused(r)
}

func spilledAndStayed(r *worldRun) error { return errors.Join(spilled(r), stayed(r)) }

func spilled(r *worldRun) error {
	if r.spills.Load() == 0 {
		return errors.New("nothing was spilled")
	}
	return nil
}

func asiaIsEmpty(r *worldRun) error {
	if n := r.events[asia]; n > 0 {
		return fmt.Errorf("%d events are in the lake of %s", n, asia)
	}
	return noneRefused(r)
}

// worldTemplates are those of the golden environment Worldwide, in which every region has clients unless
// drained, and stores for its neighbour if nextDoor.
func worldTemplates(drained, nextDoor bool) []*simulator.Template {
	all, err := simulator.GoldenTemplates("../synth/testdata", "Worldwide")
	if err != nil {
		panic(err) // the goldens are part of the repository
	}
	for _, t := range all {
		for _, resource := range t.Resources {
			if environment, ok := resource.Properties["Environment"].(map[string]any); ok && !nextDoor {
				variables := environment["Variables"].(map[string]any)
				delete(variables, "NEXT_DOOR_BUCKET")
				delete(variables, "NEXT_DOOR_REGION")
			}
		}
	}
	if !drained {
		join(all)
	}
	return simulator.PatientGateway(all)
}

// join gives every region that has none the latency record of another.
func join(templates []*simulator.Template) {
	const id, kind = "OriginRecord", "AWS::Route53::RecordSet"
	for _, t := range templates {
		if !strings.HasSuffix(t.Stack, "-Pipeline") || len(idsOf(t, id)) > 0 {
			continue
		}
		theirs := simulator.Properties(templates, id, kind)
		mine := maps.Clone(theirs)
		mine["Region"], mine["SetIdentifier"] = t.Region, t.Region
		t.Resources[id] = &simulator.Resource{Type: kind, Properties: mine}
	}
}

// idsOf are the logical ids of a template that begin with prefix.
func idsOf(t *simulator.Template, prefix string) (ids []string) {
	for id := range t.Resources {
		if strings.HasPrefix(id, prefix) {
			ids = append(ids, id)
		}
	}
	return ids
}
