// Package geo is the world that clients and regions are in: cities, regions, and the round
// trips between them. The head of rtt.csv says where each figure comes from.
package geo

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"
)

// City is where clients are, and an edge location beside them.
type City struct {
	Name, Country string
	Continent     Continent
}

// Continent is a part of the world, in short: EU.
type Continent string

// Continents are in the order of the table.
var Continents = []Continent{"NA", "LA", "EU", "MEA", "AP"}

// String returns the continent's name.
func (c Continent) String() string {
	return map[Continent]string{
		"NA": "North America", "LA": "Latin America", "EU": "Europe", "MEA": "Middle East and Africa",
		"AP": "Asia and the Pacific",
	}[c]
}

//go:embed rtt.csv
var text string

// table holds rtt.csv. The round trips are by the kind of their row, place, and region.
var table = read(text)

type world struct {
	cities  []City
	regions []string
	trips   map[string]map[string]map[string]time.Duration
}

func read(text string) world {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comment = '#'
	rows, err := reader.ReadAll()
	if err != nil {
		panic(fmt.Sprintf("rtt.csv: %v", err)) // a test reads it
	}
	const columns = 4 // before the regions
	w := world{regions: rows[0][columns:], trips: map[string]map[string]map[string]time.Duration{}}
	for _, row := range rows[1:] {
		kind, place := row[0], row[1]
		if w.trips[kind] == nil {
			w.trips[kind] = map[string]map[string]time.Duration{}
		}
		w.trips[kind][place] = map[string]time.Duration{}
		for i, region := range w.regions {
			ms, err := strconv.Atoi(row[columns+i])
			if err != nil {
				panic(fmt.Sprintf("rtt.csv: %s, %s, %s: %v", kind, place, region, err))
			}
			w.trips[kind][place][region] = time.Duration(ms) * time.Millisecond
		}
		if kind == "backbone" {
			w.cities = append(w.cities, City{Name: place, Country: row[2], Continent: Continent(row[3])})
		}
	}
	return w
}

// Cities returns every city, those of a continent side by side.
func Cities() []City { return slices.Clone(table.cities) }

// Regions returns every region.
func Regions() []string { return slices.Clone(table.regions) }

// Derived says whether the ways of cities to a region were not measured, so that its figures follow
// from those of other regions.
func Derived(region string) bool { return region == "eu-west-3" || region == "ap-northeast-3" }

// Backbone returns the round trip from an edge location in the city to the region. It panics
// where FindRegions returns an error.
func Backbone(city City, region string) time.Duration { return trip("backbone", city.Name, region) }

// Internet returns the round trip from the city to the region over the public Internet. It
// panics where FindRegions returns an error.
func Internet(city City, region string) time.Duration { return trip("internet", city.Name, region) }

// Between returns the round trip from one region to another, or within one. It panics where
// FindRegions returns an error.
func Between(a, b string) time.Duration { return trip("region", a, b) }

func trip(kind, place, region string) time.Duration {
	took, known := table.trips[kind][place][region]
	if !known {
		panic(fmt.Sprintf("geo: no %s round trip between %q and %q", kind, place, region))
	}
	return took
}

// Nearest returns the region that answers an edge location in the city first: the earlier one
// of two that are equally near. Without regions it returns "".
func Nearest(city City, regions []string) (nearest string) {
	for _, region := range regions {
		if nearest == "" || Backbone(city, region) < Backbone(city, nearest) {
			nearest = region
		}
	}
	return nearest
}

// FindCity returns the city of that name, whatever its capitals, spaces, hyphens and
// underscores: "new-york" is New York.
func FindCity(name string) (City, error) {
	var names []string
	for _, city := range table.cities {
		if plain(city.Name) == plain(name) {
			return city, nil
		}
		names = append(names, city.Name)
	}
	return City{}, unknown("city", name, names)
}

// FindRegions returns the regions of a list with commas, in its order.
func FindRegions(list string) (found []string, err error) {
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(table.regions, name) {
			return nil, unknown("region", name, table.regions)
		}
		if slices.Contains(found, name) {
			return nil, fmt.Errorf("region %q is in the list twice, must be in it once", name)
		}
		found = append(found, name)
	}
	return found, nil
}

var plainer = strings.NewReplacer(" ", "", "-", "", "_", "")

func plain(name string) string { return plainer.Replace(strings.ToLower(name)) }

// unknown says which names there are, and which one was meant if it is a quarter of its letters
// away at most.
func unknown(what, name string, names []string) error {
	distance := func(known string) int { return levenshtein.ComputeDistance(plain(name), plain(known)) }
	near := slices.MinFunc(names, func(a, b string) int { return distance(a) - distance(b) })
	meant := ""
	if distance(near) <= len(plain(near))/4 {
		meant = fmt.Sprintf(" (did you mean %s?)", near)
	}
	return fmt.Errorf("%s %q is not known%s, must be one of: %s", what, name, meant, strings.Join(names, ", "))
}
