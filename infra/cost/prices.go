// Package cost says what an environment costs a month under a load, and which of AWS's
// default quotas that load meets first. Prices are list prices without free tiers, of
// one region; prices.json holds them with their sources.
package cost

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
)

//go:embed prices.json
var file []byte

// book is prices.json.
var book = func() (b struct {
	Date   string // when prices and quotas were looked up
	Region string
	Prices map[string]price
	Quotas map[string]quota
},
) {
	if err := json.Unmarshal(file, &b); err != nil {
		panic(fmt.Sprintf("prices.json: %v", err)) // a test reads it
	}
	return b
}()

// Region is the one whose prices they are.
func Region() string { return book.Region }

// price is what a unit costs, by steps of a month's amount.
type price struct {
	Steps []struct {
		UpTo float64 `json:"up_to"` // 0: without end
		USD  float64
	}
	Unit, Source string
}

// String is the price of the first step, per million of what costs next to nothing.
func (p price) String() string {
	first := p.Steps[0].USD
	for _, step := range p.Steps {
		if first == 0 { // a step that is given away
			first = step.USD
		}
	}
	if first < 1e-4 {
		return fmt.Sprintf("$%.2f a million %ss", first*1e6, p.Unit)
	}
	return fmt.Sprintf("$%.4g a %s", first, p.Unit)
}

// of returns what an amount costs.
func (p price) of(amount float64) (usd float64) {
	from := 0.0
	for _, step := range p.Steps {
		to := amount
		if step.UpTo > 0 {
			to = min(amount, step.UpTo)
		}
		if to > from {
			usd += (to - from) * step.USD
			from = to
		}
	}
	return usd
}

// quota is what AWS lets an account do unless it asks for more.
type quota struct {
	Value, Large, Small float64
	LargeRegions        []string `json:"large_regions"`
	SmallRegions        []string `json:"small_regions"`
	Unit, Past, Source  string
}

// in returns the quota of a region.
func (q quota) in(region string) float64 {
	switch {
	case slices.Contains(q.LargeRegions, region):
		return q.Large
	case slices.Contains(q.SmallRegions, region):
		return q.Small
	}
	return q.Value
}
