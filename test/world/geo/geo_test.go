package geo_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"global-ingest/infra/environment"
	"global-ingest/test/world/geo"
)

func city(t *testing.T, name string) geo.City {
	t.Helper()
	c, err := geo.FindCity(name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const ms = time.Millisecond

// TestEveryCityReachesEveryRegionThatAnEnvironmentMayHave in a time that is possible: 2 ms stand
// for a way within a city, 521 ms are the longest that was measured.
func TestEveryCityReachesEveryRegionThatAnEnvironmentMayHave(t *testing.T) {
	if n := len(geo.Cities()); n != 51 {
		t.Errorf("%d cities, want 51", n)
	}
	for _, region := range environment.Everywhere {
		for _, c := range geo.Cities() {
			for way, took := range map[string]time.Duration{
				"backbone": geo.Backbone(c, region), "Internet": geo.Internet(c, region),
			} {
				if took < 2*ms || took > 521*ms {
					t.Errorf("%s to %s over the %s takes %v", c.Name, region, way, took)
				}
			}
		}
	}
}

func TestEveryCityHasAContinentAndANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range geo.Cities() {
		if seen[c.Name] || len(c.Country) != 2 || !slices.Contains(geo.Continents, c.Continent) ||
			c.Continent.String() == "" {
			t.Errorf("city %+v", c)
		}
		seen[c.Name] = true
	}
}

// TestTheBackboneIsTheLeastWay: neither the Internet nor a way over one other region is shorter by
// more than what the figures are rounded by.
func TestTheBackboneIsTheLeastWay(t *testing.T) {
	for _, c := range geo.Cities() {
		for _, to := range geo.Regions() {
			least := geo.Internet(c, to)
			for _, over := range geo.Regions() {
				if geo.Derived(over) {
					continue
				}
				least = min(least, geo.Internet(c, over)+geo.Between(over, to))
			}
			if took := geo.Backbone(c, to); took > least+ms {
				t.Errorf("%s to %s takes %v, and %v another way", c.Name, to, took, least)
			}
		}
	}
}

func TestAWayBetweenRegionsTakesAsLongInBothDirections(t *testing.T) {
	for _, a := range geo.Regions() {
		for _, b := range geo.Regions() {
			if geo.Between(a, b) != geo.Between(b, a) || geo.Between(a, b) < geo.Between(a, a) {
				t.Errorf("%s to %s takes %v, back %v", a, b, geo.Between(a, b), geo.Between(b, a))
			}
		}
	}
}

func TestTheNearestRegionAnswers(t *testing.T) {
	three := []string{"us-east-1", "eu-central-1", "ap-southeast-1"}
	for name, want := range map[string]string{
		"New York": "us-east-1", "Sao Paulo": "us-east-1", "London": "eu-central-1", "Lagos": "eu-central-1",
		"Tokyo": "ap-southeast-1", "Sydney": "ap-southeast-1", "Cairo": "eu-central-1",
	} {
		if got := geo.Nearest(city(t, name), three); got != want {
			t.Errorf("%s goes to %s, want %s", name, got, want)
		}
	}
	if got := geo.Nearest(city(t, "Sydney"), append(three, "ap-southeast-2")); got != "ap-southeast-2" {
		t.Errorf("Sydney goes to %s", got)
	}
	if got := geo.Nearest(city(t, "Sydney"), nil); got != "" {
		t.Errorf("without a region: %q", got)
	}
}

// TestFiguresAreThoseOfTheSources: one of each kind, and of the derived regions.
func TestFiguresAreThoseOfTheSources(t *testing.T) {
	dubai, paris, london := city(t, "Dubai"), city(t, "Paris"), city(t, "London")
	for what, pair := range map[string][2]time.Duration{
		"Internet, Dubai to eu-west-1":    {geo.Internet(dubai, "eu-west-1"), 141 * ms},
		"backbone, Dubai to eu-west-1":    {geo.Backbone(dubai, "eu-west-1"), 132 * ms},
		"us-east-1 to ap-southeast-2":     {geo.Between("us-east-1", "ap-southeast-2"), 200 * ms},
		"within eu-central-1":             {geo.Between("eu-central-1", "eu-central-1"), 4 * ms},
		"Internet, Paris to eu-west-3":    {geo.Internet(paris, "eu-west-3"), 2 * ms},
		"Internet, London to eu-west-3":   {geo.Internet(london, "eu-west-3"), 12 * ms},
		"ap-northeast-3 to ap-northeast1": {geo.Between("ap-northeast-3", "ap-northeast-1"), 10 * ms},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s takes %v, want %v", what, pair[0], pair[1])
		}
	}
}

func TestACityIsFoundHoweverItIsWritten(t *testing.T) {
	for _, name := range []string{"New York", "new-york", "NEWYORK", "new_york"} {
		if c := city(t, name); c.Name != "New York" || c.Continent != "NA" {
			t.Errorf("%s is %+v", name, c)
		}
	}
}

func TestAnUnknownNameSaysWhichThereAre(t *testing.T) {
	_, sidney := geo.FindCity("sidney")
	_, atlantis := geo.FindCity("atlantis")
	_, region := geo.FindRegions("us-east-1, eu-centrl-1")
	_, twice := geo.FindRegions("us-east-1,us-east-1")
	for _, c := range []struct {
		err   error
		wants []string
	}{
		{sidney, []string{`city "sidney" is not known (did you mean Sydney?), must be one of: New York, Wash`, ", Auckland"}},
		{atlantis, []string{`city "atlantis" is not known, must be one of: New York, Washington, `}},
		{region, []string{`region "eu-centrl-1" is not known (did you mean eu-central-1?), must be one of: us-east-1, `}},
		{twice, []string{`region "us-east-1" is in the list twice`}},
	} {
		for _, want := range c.wants {
			if c.err == nil || !strings.Contains(c.err.Error(), want) {
				t.Errorf("error %v, want %q in it", c.err, want)
			}
		}
	}
	got, err := geo.FindRegions("us-east-1, eu-west-1")
	if err != nil || !slices.Equal(got, []string{"us-east-1", "eu-west-1"}) {
		t.Errorf("regions %q, error %v", got, err)
	}
}
