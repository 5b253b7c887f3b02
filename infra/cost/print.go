package cost

import (
	"fmt"
	"io"
	"text/tabwriter"

	"global-ingest/infra/environment"
)

// Sum begins the line of an estimate that has the sum.
const Sum = "a month"

// Print writes what env costs a month under l, and which limits l meets.
func Print(out io.Writer, env environment.Environment, l Load) error {
	numbers := []*Number{(*Number)(&l.Events), (*Number)(&l.Bytes), (*Number)(&l.Batch)}
	fmt.Fprintf(out, "%s in %s: %s events a month of %s bytes, %s in a request, at the peak %.4g requests/s\n\n",
		env.Name, env.Region, numbers[0], numbers[1], numbers[2], l.PeakRequests())
	estimate := Of(env, l)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range estimate {
		fmt.Fprintf(table, "%s\t%s\t%s\n", line.Service, dollars(line.Dollars), line.Formula)
	}
	all := estimate.Dollars()
	fmt.Fprintf(table, "%s\t%s\t$%.2f a million events\n", Sum, dollars(all), all/l.Events*1e6)
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nWhat is met first, in requests/s:\n\n")
	for _, w := range Walls(env, l) {
		at := "  "
		if w.Requests < l.PeakRequests() {
			at = "! "
		}
		fmt.Fprintf(table, "%s%.0f\t%s\t%s\n", at, w.Requests, w.Limit, w.Past)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nThe worst month that each bound allows, in requests/s like these; larger ones cost more:\n\n")
	for _, b := range Bounds(env) {
		fmt.Fprintf(table, "  %.0f\t%s\t%s\n", b.Requests, dollars(Of(env, l.at(b.Requests)).Dollars()), b.By)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nA ! is below the peak. List prices of %s as noted on %s, without free tiers; "+
		"quotas are AWS's defaults: infra/cost/prices.json.\n", Region(), Date())
	return err
}

// dollars is an amount, aligned to the right.
func dollars(amount float64) string { return fmt.Sprintf("%12s", fmt.Sprintf("$%.2f", amount)) }
