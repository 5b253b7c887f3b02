package redrive

import (
	"iter"

	"global-ingest/lambdas/event"
)

// part is a body with some of a body's events, or one event that is rejected here.
type part struct {
	first int        // index of its first event in the body
	body  []byte     // an array of its events, unless the body was one event or had none
	only  event.Item // its first event: the only one of a part that is too large
	whole bool       // whether the body as a whole is rejected, and only says why
}

// parts yields body in parts of at most limit bytes, cut between events. A larger event
// is a part alone. No byte of an event changes, and no event is left out. Lines become
// arrays, because a line that is an array would be split into its elements if it stood
// alone. A line that is not JSON is a part alone with its reason, because without good
// lines beside it such lines would be one reject.
func parts(b event.Body, body []byte, limit int) iter.Seq[part] {
	return func(yield func(part) bool) {
		if b.Form == event.Rejected || b.Form == event.Single {
			yield(part{body: body, only: b.Events[0], whole: b.Form == event.Rejected})
			return
		}
		for from := 0; from < len(b.Events); {
			to, size := from+1, len("[]")+len(b.Events[from].Raw)
			for to < len(b.Events) && joins(b.Events[from], b.Events[to]) {
				if size += len(",") + len(b.Events[to].Raw); size > limit {
					break
				}
				to++
			}
			if !yield(array(b.Events[from:to], from, size)) {
				return
			}
			from = to
		}
	}
}

// joins says whether two events may stand in one part.
func joins(a, b event.Item) bool { return a.Reason == "" && b.Reason == "" }

// array returns the part of these events, the first of which has this index.
func array(events []event.Item, first, size int) part {
	p := part{first: first, only: events[0]}
	if events[0].Reason != "" {
		return p
	}
	p.body = append(make([]byte, 0, size), '[')
	for n, e := range events {
		if n > 0 {
			p.body = append(p.body, ',')
		}
		p.body = append(p.body, e.Raw...)
	}
	p.body = append(p.body, ']')
	return p
}
