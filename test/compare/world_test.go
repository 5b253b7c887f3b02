package main

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"global-ingest/infra/environment"
	"global-ingest/test/figures"
	"global-ingest/test/world/geo"
)

var update = flag.Bool("update", false, "write the world's part of infra/docs/performance.md, and its plot")

// modelled is the world as it stands when nothing is set.
func modelled(t *testing.T) *world {
	t.Helper()
	w, err := newWorld(defaults(), growing)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestThePageHasTheWorld as the model has it: `make readme` writes it.
func TestThePageHasTheWorld(t *testing.T) {
	var out bytes.Buffer
	modelled(t).summary(&out)
	page := filepath.Join("..", "..", "infra", "docs", "performance.md")
	if err := figures.KeepPart(page, "the world", strings.TrimLeft(out.String(), "\n"), *update); err != nil {
		t.Error(err)
	}
	if err := figures.Keep("world.svg", modelled(t).plot().Bytes(), *update); err != nil {
		t.Error(err)
	}
}

// TestTheWorldWaitsAsLongAsWasPublished in design and decisions, within the millisecond by which
// the figures of the table are rounded.
func TestTheWorldWaitsAsLongAsWasPublished(t *testing.T) {
	w := modelled(t)
	for name, want := range map[string][3][2]float64{
		"open connection":              {{187, 281}, {110, 173}, {85, 173}},
		"open connection, `Immediate`": {{176, 270}, {99, 162}, {74, 162}},
		"new connection":               {{227, 321}, {150, 213}, {125, 213}},
		"new connection, and a new one from the location to the region": {{497, 779}, {265, 455}, {191, 455}},
		"plain DNS, open connection":                                    {{187, 309}, {110, 191}, {90, 191}},
		"plain DNS, new connection":                                     {{497, 864}, {265, 510}, {206, 510}},
		"new connection, preflight answered in the region":              {{402, 590}, {248, 374}, {198, 374}},
		"new connection, preflight answered at the location":            {{248, 342}, {171, 234}, {146, 234}},
	} {
		for i, set := range w.sets {
			all := w.waits(w.way(name), geo.Cities(), set)
			for j, share := range []float64{0.5, 0.9} {
				if got := figures.Milliseconds(figures.Quantile(all, share)); math.Abs(got-want[i][j]) > 1 {
					t.Errorf("%s, %d regions, p%.0f: %.0f ms, want %.0f", name, len(set), 100*share, got, want[i][j])
				}
			}
		}
	}
}

func TestAContinentWaitsAsLongAsWasPublished(t *testing.T) {
	w := modelled(t)
	for continent, want := range map[geo.Continent][3]float64{
		"NA": {85, 85, 85}, "LA": {169, 169, 169}, "EU": {156, 78, 78}, "MEA": {248, 173, 173}, "AP": {268, 118, 79},
	} {
		for i, set := range w.sets {
			waits := w.waits(w.way(openWay), on(continent), set)
			if got := figures.Milliseconds(figures.Quantile(waits, 0.5)); got != want[i] {
				t.Errorf("%s, %d regions: %.0f ms, want %.0f", continent, len(set), got, want[i])
			}
		}
	}
}

// TestEveryParameterReachesTheWorld but those of legs that it does not have.
func TestEveryParameterReachesTheWorld(t *testing.T) {
	const more = 7 * time.Millisecond
	sydney, err := geo.FindCity("sydney")
	if err != nil {
		t.Fatal(err)
	}
	takes := func(change func(*parameters), way string) time.Duration {
		w := modelled(t)
		change(&w.parameters)
		return w.takes(w.way(way), sydney, w.sets[0])
	}
	before := takes(func(*parameters) {}, newWay)
	for name, c := range map[string]struct {
		change func(*parameters)
		longer time.Duration
	}{
		"CLIENT_EDGE": {func(p *parameters) { p.clientEdge += more }, 3 * more},
		"GATEWAY":     {func(p *parameters) { p.gateway += more }, more},
		"IN_REGION":   {func(p *parameters) { p.inRegion += more }, more},
		"PUT":         {func(p *parameters) { p.put += more }, more},
		"TLS":         {func(p *parameters) { p.tls = "1.2" }, 20 * time.Millisecond},
		"EDGE_REGION": {func(p *parameters) { p.edgeRegion += more }, 0},
	} {
		if got := takes(c.change, newWay) - before; got != c.longer {
			t.Errorf("%s: a new connection takes %v longer, want %v", name, got, c.longer)
		}
	}
}

// TestNoWayGetsSlowerWithARegionMore: neither in the median nor in any city.
func TestNoWayGetsSlowerWithARegionMore(t *testing.T) {
	w := modelled(t)
	for _, g := range w.ways() {
		for _, city := range geo.Cities() {
			for i := range w.sets[1:] {
				before, after := w.takes(g, city, w.sets[i]), w.takes(g, city, w.sets[i+1])
				if after > before {
					t.Errorf("%s, %s: %v with %d regions, %v with %d", g.name, city.Name, before, len(w.sets[i]), after,
						len(w.sets[i+1]))
				}
			}
		}
	}
}

func TestTheBestRegionsAreThoseWithTheLeastMean(t *testing.T) {
	for n, want := range []float64{132, 84, 63, 59, 55, 51} {
		regions, mean := best(n + 1)
		if math.Round(figures.Milliseconds(mean)) != want || len(regions) != n+1 || meanBackbone(regions) != mean {
			t.Errorf("%d regions: %q with %v, want %.0f ms", n+1, regions, mean, want)
		}
		for i := range regions { // no exchange of one region is better
			for _, other := range environment.Everywhere {
				swapped := slices.Clone(regions)
				swapped[i] = other
				if got := meanBackbone(swapped); !geo.Derived(other) && got < mean {
					t.Errorf("%q has a mean of %v, %q one of %v", swapped, got, regions, mean)
				}
			}
		}
	}
}

func TestALostRegionsCitiesGoToTheNextNearest(t *testing.T) {
	w := modelled(t)
	want := loss{
		cities: 18, longer: 109 * time.Millisecond,
		heirs: []heir{{"us-east-1", 16, 22}, {"eu-central-1", 17, 29}},
	}
	if got := without("ap-southeast-1", w.sets[1]); got.cities != want.cities ||
		got.longer != want.longer || !slices.Equal(got.heirs, want.heirs) {
		t.Errorf("without ap-southeast-1: %+v, want %+v", got, want)
	}
	for _, set := range w.sets[1:] {
		cities := 0
		for _, region := range set {
			l := without(region, set)
			cities += l.cities
			for _, h := range l.heirs {
				l.cities -= h.after - h.before
			}
			if l.cities != 0 {
				t.Errorf("%d regions without %s: nobody takes over %d cities", len(set), region, l.cities)
			}
		}
		if cities != len(geo.Cities()) {
			t.Errorf("%d regions have %d cities", len(set), cities)
		}
	}
}

// TestREGIONSPrintsTheWorldAlone, with a column and a dot in each city for every set.
func TestREGIONSPrintsTheWorldAlone(t *testing.T) {
	folder := t.TempDir()
	const regions = "sa-east-1 us-east-1,sa-east-1 us-east-1,af-south-1"
	var out bytes.Buffer
	if err := run(t.Context(), defaults(), regions, 1, folder, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| Sao Paulo → us-east-1 | 54 | 54 | 169 | 94 | 94 | 209 | 115 | 115 | 230 |\n",
		"|  | 1 region | us-east-1, sa-east-1 | us-east-1, af-south-1 |\n",
		"| us-east-1, af-south-1 without af-south-1: us-east-1 48 → 51 | 3 | 215 |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	if strings.Contains(out.String(), "The wirings") {
		t.Error("it measured the wirings too")
	}
	plot, err := os.ReadFile(filepath.Join(folder, "world.svg"))
	if dots := bytes.Count(plot, []byte("<circle")); err != nil || dots != 3*len(geo.Cities()) {
		t.Errorf("the plot has %d dots, error %v", dots, err)
	}
	results, err := os.ReadFile(filepath.Join(folder, "results.json"))
	if err != nil || !bytes.Contains(results, []byte(`"world by city, open connection"`)) {
		t.Errorf("results: error %v", err)
	}
}

func TestRegionsThatCannotBe(t *testing.T) {
	for regions, want := range map[string]string{
		"eu-centrl-1":         `REGIONS is "eu-centrl-1": region "eu-centrl-1" is not known (did you mean eu-central-1?)`,
		"us-east-1,us-east-1": `region "us-east-1" is in the list twice`,
		"us-east-1,":          `region "" is not known, must be one of: us-east-1, `,
		" ":                   `REGIONS is " ": want sets of regions`,
	} {
		if _, err := newWorld(defaults(), regions); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q in it", regions, err, want)
		}
	}
}
