// Command estimate prints what an environment costs a month under a load, how that is
// reckoned, and which quota the load meets first.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"os"

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
	return cost.Print(out, env, l)
}
