package page

import (
	"errors"
	"net/http"

	"global-ingest/lambdas/record"
)

// detail is what the page shows of one event.
type detail struct {
	Event
	Lines   []line    `json:"lines"`
	Rest    []finding `json:"rest"` // what was found and has no place in the lines
	Curl    string    `json:"curl,omitempty"`
	Example *example  `json:"example,omitempty"`
}

func (p *Page) serveDetail(w http.ResponseWriter, r *http.Request) {
	parameters := parametersOf(r.URL.Query(), "seq")
	if !parameters.values.Has("seq") {
		parameters.fail(`parameter "seq" is missing: of which event`)
	}
	seq := parameters.number("seq", 0, 1, 1<<53)
	if parameters.problem != nil {
		refuse(w, http.StatusBadRequest, parameters.problem)
		return
	}
	for _, i := range p.tap.look(0).items {
		if i.seq == seq {
			answer(w, p.detail(i))
			return
		}
	}
	refuse(w, http.StatusNotFound, errors.New("the event is not kept any more: only the newest are"))
}

func (p *Page) detail(i item) detail {
	c := i.read()
	d := detail{Event: i.summary(), Rest: []finding{}, Curl: curl(p.pipeline.URL, c), Example: exampleOf(i.verdict, c)}
	var rest []record.Finding
	d.Lines, rest = pretty(c.Payload, c.Errors)
	d.Errors = findings(c.Errors)
	d.Rest = append(d.Rest, findings(rest)...)
	return d
}
