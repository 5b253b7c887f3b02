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
	fmt.Fprintf(out, "%s in %s: %s events a month of %s bytes, %s in a request, at the peak %.4g requests/s\n\n",
		env.Name, regions(env), Number(l.Events), Number(l.Bytes), Number(l.Batch), l.PeakRequests())
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, part := range Parts(env, l) {
		if env.Worldwide() {
			fmt.Fprintf(table, "%s\t%s\t\n", part.Name, dollars(part.Dollars()))
		}
		for _, line := range part.Estimate {
			fmt.Fprintf(table, "%s%s\t%s\t%s\n", indent(env), line.Service, dollars(line.Dollars), line.Formula)
		}
	}
	all := Dollars(env, l)
	fmt.Fprintf(table, "%s\t%s\t$%.2f a million events\n", Sum, dollars(all), all/l.Events*1e6)
	if err := table.Flush(); err != nil {
		return err
	}
	if env.Worldwide() {
		fmt.Fprintf(out, "\nA region costs $%.2f a month before its first event.\n", idle(env).Dollars())
	}
	for _, site := range joined(env) {
		if err := printWalls(out, table, env, site, l); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\nThe worst month that each bound allows, in requests/s like these; larger ones cost more:\n\n")
	for _, b := range Bounds(env) {
		fmt.Fprintf(table, "  %.0f\t%s\t%s\n", b.Requests, dollars(Dollars(env, l.at(b.Requests))), b.By)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nA ! is below the peak. List prices of %s as noted on %s, without free tiers; "+
		"quotas are AWS's defaults: infra/cost/prices.json.\n", Region(), book.Date)
	return err
}

// printWalls writes what a site meets first. With several regions it needs to take the requests of
// its neighbour too.
func printWalls(
	out io.Writer, table *tabwriter.Writer, env environment.Environment, site environment.Site, l Load,
) error {
	need := withNeighbour(env, l.PeakRequests())
	if env.Worldwide() {
		const words = "\nWhat %s meets first, in requests/s; at the peak it gets %.4g, and %.4g when its " +
			"neighbour fails:\n\n"
		fmt.Fprintf(out, words, site.Region, need/inherits(env), need)
	} else {
		fmt.Fprintf(out, "\nWhat is met first, in requests/s:\n\n")
	}
	for _, w := range Walls(site.Environment, l) {
		at := "  "
		if w.Requests < need {
			at = "! "
		}
		fmt.Fprintf(table, "%s%.0f\t%s\t%s\n", at, w.Requests, w.Limit, w.Past)
	}
	return table.Flush()
}

// indent stands before the lines of a part that has a heading.
func indent(env environment.Environment) string {
	if env.Worldwide() {
		return "  "
	}
	return ""
}

// dollars is an amount, aligned to the right.
func dollars(amount float64) string { return fmt.Sprintf("%12s", fmt.Sprintf("$%.2f", amount)) }
