package main

import (
	"fmt"
	"strings"

	"global-ingest/infra/cost"
	"global-ingest/infra/environment"
)

// costTable is what Prod costs under some loads of 800-byte events.
func costTable() (string, error) {
	env, err := environment.Named("Prod")
	if err != nil {
		return "", err
	}
	env.Region = cost.Region()
	var out strings.Builder
	out.WriteString("| events a month | in a request | a month | a million events | peak, requests/s | met first |\n" +
		"| --: | --: | --: | --: | --: | --- |\n")
	for _, events := range []float64{1e6, 100e6, 10e9} {
		for _, batch := range []float64{1, 10} {
			l := cost.DefaultLoad()
			l.Events, l.Batch = events, batch
			dollars := cost.Of(env, l).Dollars()
			n := cost.Number(events)
			fmt.Fprintf(&out, "| %s | %.0f | $%.0f | $%.2f | %.3g | %s |\n", n.String(), batch, dollars,
				dollars/events*1e6, l.PeakRequests(), first(env, l))
		}
	}
	return out.String(), nil
}

// first is the quota that the load meets, or meets first.
func first(env environment.Environment, l cost.Load) string {
	for _, w := range cost.Walls(env, l) {
		if !w.Brief {
			return fmt.Sprintf("%.0f: %s", w.Requests, w.Limit)
		}
	}
	return ""
}
