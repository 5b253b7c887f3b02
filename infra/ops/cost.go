package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"global-ingest/infra/cost"
	"global-ingest/infra/environment"
)

// price prints what an environment costs a month under a load, the formula of each line,
// and which quota the load meets first.
func price(_ context.Context, t terminal, f *flags) error {
	env, l := f.environment(), cost.DefaultLoad()
	f.Var((*cost.Number)(&l.Events), "events", "events a month, such as 100M")
	f.Var((*cost.Number)(&l.Bytes), "bytes", "bytes of an event")
	f.Var((*cost.Number)(&l.Batch), "batch", "events of a request")
	f.Var((*cost.Number)(&l.Peak), "peak", "times the average rate at the peak")
	f.Var((*cost.Number)(&l.Rejects), "rejects", "share of events that are invalid, 0 to 1")
	f.Var((*cost.Number)(&l.Scans), "scans", "times that queries read every event of the month")
	if err := f.parse(); err != nil {
		return err
	}
	if err := l.Validate(); err != nil {
		return err
	}
	env.Region = cmp.Or(env.Region, cost.Region())
	return cost.Print(t.out, *env, l)
}

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
			dollars := cost.Dollars(env, l)
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
