package world

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"global-ingest/test/world/geo"
)

// trips are made-up round trips between three cities and three regions, in milliseconds.
func trips(city geo.City, region string) time.Duration {
	return map[string]map[string]time.Duration{
		"london": {"home": 80, "europe": 10, "asia": 160},
		"sydney": {"home": 200, "europe": 240, "asia": 90},
		"middle": {"home": 50, "europe": 50, "asia": 50},
	}[city.Name][region] * time.Millisecond
}

var london = geo.City{Name: "london"}

// recordsOf returns a record for each region, of which some are unhealthy.
func recordsOf(unhealthy ...string) (all []record) {
	for _, region := range []string{"home", "europe", "asia"} {
		c := &check{after: 1}
		for _, one := range unhealthy {
			if one == region {
				c.note(errors.New("it is down"))
			}
		}
		all = append(all, record{"origin.example.com", region, c})
	}
	return all
}

func TestALocationIsSentToTheNearestHealthyRegion(t *testing.T) {
	for _, c := range []struct {
		name, city, unhealthy, want string
	}{
		{"the nearest", "london", "", "europe"},
		{"another city's nearest", "sydney", "", "asia"},
		{"the next one while the nearest is unhealthy", "london", "europe", "home"},
		{"the last one that is healthy", "london", "europe home", "asia"},
		{"the nearest again when none is healthy", "london", "europe home asia", "europe"},
		{"always the same of those that are equally near", "middle", "", "asia"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := nearest(recordsOf(strings.Fields(c.unhealthy)...), geo.City{Name: c.city}, trips)
			if err != nil || got.region != c.want {
				t.Errorf("%s is sent to %s, %v, want %s", c.city, got.region, err, c.want)
			}
		})
	}
}

func TestWithoutRecordsNothingResolves(t *testing.T) {
	r := &resolver{records: recordsOf(), city: london, roundTrips: trips}
	if region, err := r.Region("other.example.com"); err == nil {
		t.Errorf("a name without records leads to %s", region)
	}
}

func TestAnAnswerIsUsedForItsTTLAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		records := recordsOf()
		r := &resolver{records: records, city: london, roundTrips: trips, ttl: aliasTTL}
		want := func(after time.Duration, region string) {
			t.Helper()
			time.Sleep(after)
			if got, err := r.Region("origin.example.com"); err != nil || got != region {
				t.Errorf("the name leads to %s, %v, want %s", got, err, region)
			}
		}
		want(0, "europe")
		records[1].check.note(errors.New("it is down"))
		want(59*time.Second, "europe")
		want(time.Second, "home")
		records[1].check.note(nil)
		want(59*time.Second, "home")
		want(time.Second, "europe")
	})
}
