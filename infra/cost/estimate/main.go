// Command estimate prints what an environment costs a month under a load, how that is
// reckoned, and which quota the load meets first.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"global-ingest/infra/cost"
	"global-ingest/infra/environment"
)

func main() {
	if err := run(os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "cost:", err)
		os.Exit(1)
	}
}

func run(args []string, out, usage io.Writer) error {
	l := cost.DefaultLoad()
	flags := flag.NewFlagSet("cost", flag.ContinueOnError)
	flags.SetOutput(usage)
	name := flags.String("environment", "Prod", "`name` of the environment")
	flags.Var((*cost.Number)(&l.Events), "events", "events a month, such as 100M")
	flags.Var((*cost.Number)(&l.Bytes), "bytes", "bytes of an event")
	flags.Var((*cost.Number)(&l.Batch), "batch", "events of a request")
	flags.Var((*cost.Number)(&l.Peak), "peak", "times the average rate at the peak")
	flags.Var((*cost.Number)(&l.Rejects), "rejects", "share of events that are invalid, 0 to 1")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if err := l.Validate(); err != nil {
		return err
	}
	env, err := environment.Named(*name)
	if err != nil {
		return err
	}
	env.Region = cmp.Or(env.Region, cost.Region())
	print(out, env, l)
	return nil
}

func print(out io.Writer, env environment.Environment, l cost.Load) {
	numbers := []*cost.Number{(*cost.Number)(&l.Events), (*cost.Number)(&l.Bytes), (*cost.Number)(&l.Batch)}
	fmt.Fprintf(out, "%s in %s: %s events a month of %s bytes, %s in a request, at the peak %.4g requests/s\n\n", env.Name, env.Region, numbers[0], numbers[1], numbers[2], l.PeakRequests())
	estimate := cost.Of(env, l)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, line := range estimate {
		fmt.Fprintf(table, "%s\t%s\t%s\n", line.Service, dollars(line.Dollars), line.Formula)
	}
	fmt.Fprintf(table, "a month\t%s\t$%.2f a million events\n", dollars(estimate.Dollars()), estimate.Dollars()/l.Events*1e6)
	_ = table.Flush() // as a print to out
	fmt.Fprintf(out, "\nWhat is met first, in requests/s:\n\n")
	for _, w := range cost.Walls(env, l) {
		at := "  "
		if w.Requests < l.PeakRequests() {
			at = "! "
		}
		fmt.Fprintf(table, "%s%.0f\t%s\t%s\n", at, w.Requests, w.Limit, w.Past)
	}
	_ = table.Flush() // as above
	fmt.Fprintf(out, "\nA ! is below the peak. List prices of %s as noted on %s, without free tiers; quotas are AWS's defaults: infra/cost/prices.json.\n", cost.Region(), cost.Date())
}

// dollars is an amount, aligned to the right.
func dollars(amount float64) string { return fmt.Sprintf("%12s", fmt.Sprintf("$%.2f", amount)) }
