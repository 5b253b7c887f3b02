package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"global-ingest/infra/cost"
	"global-ingest/lambdas/record"
)

// outcome is what became of an event and what would become of it.
type outcome int

const (
	stillAccepted outcome = iota
	stillRefused
	nowRefused
	nowAccepted
	unjudged
	outcomes // how many
)

var titles = [outcomes]string{
	"accepted before, accepted now", "rejected before, refused now",
	"accepted before, refused now", "rejected before, accepted now", "not judged",
}

// tally is what was found.
type tally struct {
	events   [outcomes]int
	kinds    [outcomes]map[string]kind
	typeless int // rejects that name no type
	objects  int
	bytes    int64
	lists    int // requests
	gets     int
}

// kind is the events that broke one rule, and the first of them.
type kind struct {
	events int
	first  sample
}

// sample is an event, or an object, and what was found.
type sample struct{ id, says string }

// ruleOf names what a reject broke first: a rule of a schema, or else the reason. There are
// no more of them than rules in the schemas.
func ruleOf(r record.Reject) string {
	if len(r.Errors) > 0 && r.Errors[0].Schema != "" {
		return r.Errors[0].Schema
	}
	return string(r.Reason)
}

func exampleOf(id string, r record.Reject) sample {
	if len(r.Errors) == 0 {
		return sample{id, string(r.Reason)}
	}
	return sample{id, strings.TrimSpace(r.Errors[0].Instance + " " + r.Errors[0].Message)}
}

// note counts an event that is worth a line.
func (t *tally) note(v outcome, rule string, e sample) {
	t.events[v]++
	t.merge(v, rule, kind{1, e})
}

// merge adds events to a kind. The first is the one with the smallest id, which is the
// oldest, so that the order of reading does not matter.
func (t *tally) merge(v outcome, rule string, more kind) {
	if t.kinds[v] == nil {
		t.kinds[v] = map[string]kind{}
	}
	known, again := t.kinds[v][rule]
	if !again || more.first.id < known.first.id {
		known.first = more.first
	}
	known.events += more.events
	t.kinds[v][rule] = known
}

func (t *tally) add(other tally) {
	for v := range outcomes {
		t.events[v] += other.events[v]
		for rule, more := range other.kinds[v] {
			t.merge(v, rule, more)
		}
	}
	t.typeless += other.typeless
	t.objects += other.objects
	t.bytes += other.bytes
	t.lists += other.lists
	t.gets += other.gets
}

// print writes how many events have each outcome, and what those broke whose verdict changes.
func (j *judging) print(out io.Writer, paid bool) {
	f := &j.found
	price := ""
	if paid {
		price = fmt.Sprintf(", %d requests of S3, $%.5f", f.lists+f.gets, cost.Reads(f.lists, f.gets))
	}
	fmt.Fprintf(out, "%s, %s: %d objects, %s read%s\n", j.eventType, j.span(), f.objects, megabytes(f.bytes), price)
	table := tabwriter.NewWriter(out, 0, 0, 0, ' ', tabwriter.AlignRight)
	for v, title := range titles {
		fmt.Fprintf(table, "%d\t  %s\n", f.events[v], title)
	}
	_ = table.Flush()
	if f.typeless > 0 {
		fmt.Fprintf(out, "rejects without a type, on which no schema decides: %d\n", f.typeless)
	}
	for _, v := range []outcome{nowRefused, nowAccepted, unjudged} {
		f.printKinds(out, v)
	}
}

// maxKinds is how many kinds of a outcome are shown.
const maxKinds = 20

// printKinds writes what the events of a outcome broke, the most frequent first.
func (t *tally) printKinds(out io.Writer, v outcome) {
	kinds := t.kinds[v]
	if len(kinds) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s:\n", titles[v])
	order := slices.SortedFunc(maps.Keys(kinds), func(a, b string) int {
		return cmp.Or(cmp.Compare(kinds[b].events, kinds[a].events), cmp.Compare(a, b))
	})
	for _, rule := range order[:min(len(order), maxKinds)] {
		k := kinds[rule]
		fmt.Fprintf(out, "- %d × %s\n  %s: %s\n", k.events, rule, k.first.id, k.first.says)
	}
	if more := len(order) - maxKinds; more > 0 {
		fmt.Fprintf(out, "- and %d more rules\n", more)
	}
}
