package main

import (
	"cmp"
	"context"

	"global-ingest/infra/cost"
)

// price prints what an environment costs a month under a load, the formula of each line,
// and which quota the load meets first.
func price(_ context.Context, args []string, t terminal) error {
	l := cost.DefaultLoad()
	flags := newFlags("cost")
	name := environmentFlag(flags)
	flags.Var((*cost.Number)(&l.Events), "events", "events a month, such as 100M")
	flags.Var((*cost.Number)(&l.Bytes), "bytes", "bytes of an event")
	flags.Var((*cost.Number)(&l.Batch), "batch", "events of a request")
	flags.Var((*cost.Number)(&l.Peak), "peak", "times the average rate at the peak")
	flags.Var((*cost.Number)(&l.Rejects), "rejects", "share of events that are invalid, 0 to 1")
	flags.Var((*cost.Number)(&l.Scans), "scans", "times that queries read every event of the month")
	if err := t.parse(flags, args); err != nil {
		return err
	}
	if err := l.Validate(); err != nil {
		return err
	}
	env, err := named(*name)
	if err != nil {
		return err
	}
	env.Region = cmp.Or(env.Region, cost.Region())
	return cost.Print(t.out, env, l)
}
