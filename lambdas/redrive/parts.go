package redrive

import (
	"iter"

	"global-ingest/lambdas/event"
)

// part is a run of a body's events that is a body of its own.
type part struct {
	first int         // index of its first event in the body
	body  []byte      // of the part: an array of its events, or their lines
	only  event.Event // its first event, which is all there is in a part that is too large
	whole bool        // whether the body as a whole is rejected, and only says why
}

// parts yields body in parts of at most limit bytes, cut between events; an event
// that is larger is a part alone. The events of an array become arrays, lines stay
// lines; no byte of an event changes, and none of them is left out.
func parts(b event.Body, body []byte, limit int) iter.Seq[part] {
	return func(yield func(part) bool) {
		for from := 0; from < len(b.Events); {
			to := from + 1
			for to < len(b.Events) && span(b, from, to+1) <= limit {
				to++
			}
			if !yield(cut(b, body, from, to)) {
				return
			}
			from = to
		}
	}
}

// span returns the bytes of the part of events from up to to, brackets included.
func span(b event.Body, from, to int) int {
	last := b.Events[to-1]
	return last.Offset + len(last.Raw) - b.Events[from].Offset + len("[]")
}

func cut(b event.Body, body []byte, from, to int) part {
	first, last := b.Events[from], b.Events[to-1]
	text := body[first.Offset : last.Offset+len(last.Raw)]
	if b.Form == event.Array {
		text = append(append([]byte{'['}, text...), ']')
	}
	return part{first: from, body: text, only: first, whole: b.Form == event.Rejected}
}
