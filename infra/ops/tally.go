package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// tally is what was found. It is safe for concurrent use.
type tally struct {
	sync.Mutex
	kinds          [outcomes]map[string]kind // by the rule that their events broke
	typeless       atomic.Int64              // rejects that name no type
	objects, bytes atomic.Int64
	lists, gets    atomic.Int64 // requests
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

// note counts an event. The first of a kind is the one with the smallest id, which is the oldest,
// so that the order of reading does not matter.
func (t *tally) note(v outcome, rule string, e sample) {
	t.Lock()
	defer t.Unlock()
	if t.kinds[v] == nil {
		t.kinds[v] = map[string]kind{}
	}
	k, again := t.kinds[v][rule]
	if !again || e.id < k.first.id {
		k.first = e
	}
	k.events++
	t.kinds[v][rule] = k
}

func (t *tally) events(v outcome) (sum int) {
	for _, k := range t.kinds[v] {
		sum += k.events
	}
	return sum
}

// print writes how many events have each outcome, and what those broke whose verdict changes.
func (j *judging) print(paid bool) {
	price := ""
	if paid {
		lists, gets := int(j.lists.Load()), int(j.gets.Load())
		price = fmt.Sprintf(", %d requests of S3, $%.5f", lists+gets, cost.Reads(lists, gets))
	}
	fmt.Fprintf(j.out, "%s, %s: %d objects, %s read%s\n",
		j.eventType, j.span(), j.objects.Load(), megabytes(j.bytes.Load()), price)
	table := tabwriter.NewWriter(j.out, 0, 0, 0, ' ', tabwriter.AlignRight)
	for v, title := range titles {
		fmt.Fprintf(table, "%d\t  %s\n", j.events(outcome(v)), title)
	}
	_ = table.Flush()
	if n := j.typeless.Load(); n > 0 {
		fmt.Fprintf(j.out, "rejects without a type, on which no schema decides: %d\n", n)
	}
	for _, v := range []outcome{nowRefused, nowAccepted, unjudged} {
		j.printKinds(v)
	}
}

// maxKinds is how many kinds of an outcome are shown.
const maxKinds = 20

// printKinds writes what the events of an outcome broke, the most frequent first.
func (j *judging) printKinds(v outcome) {
	kinds := j.kinds[v]
	if len(kinds) == 0 {
		return
	}
	fmt.Fprintf(j.out, "\n%s:\n", titles[v])
	order := slices.SortedFunc(maps.Keys(kinds), func(a, b string) int {
		return cmp.Or(cmp.Compare(kinds[b].events, kinds[a].events), cmp.Compare(a, b))
	})
	for _, rule := range order[:min(len(order), maxKinds)] {
		k := kinds[rule]
		fmt.Fprintf(j.out, "- %d × %s\n  %s: %s\n", k.events, rule, k.first.id, k.first.says)
	}
	if more := len(order) - maxKinds; more > 0 {
		fmt.Fprintf(j.out, "- and %d more rules\n", more)
	}
}
