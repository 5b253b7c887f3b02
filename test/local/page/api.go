package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"global-ingest/test/world"
)

// Found is the answer of GET /events.
type Found struct {
	Events    []Event `json:"events"`    // the newest first, at most as many as the limit
	Matched   int     `json:"matched"`   // how many match, those beyond the limit included
	Last      int64   `json:"last"`      // for the parameter after: what comes next is newer
	Forgotten int64   `json:"forgotten"` // events since the last reset that are not kept, whatever they were
}

func (p *Page) serveEvents(w http.ResponseWriter, r *http.Request) {
	q, err := queryOf(r.URL.Query())
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	over := time.After(q.wait)
	for {
		changed := p.tap.change()
		found := p.find(q)
		if found.Matched >= q.count {
			answer(w, found)
			return
		}
		select {
		case <-changed:
		case <-over:
			answer(w, p.find(q))
			return
		case <-r.Context().Done():
			return
		}
		time.Sleep(2 * time.Millisecond) // under load there is a change each microsecond
	}
}

// find returns what q chooses. What is not judged is found by its id, or when asked for.
func (p *Page) find(q query) Found {
	v := p.tap.look(0)
	found := Found{Events: []Event{}, Last: v.seq, Forgotten: v.forgotten}
	if q.id != "" || q.verdict == string(waiting) {
		for _, request := range q.unjudged(v) {
			found.Events = append(found.Events, request.event())
		}
	}
	judged := q.judged(v)
	found.Matched = len(found.Events) + len(judged)
	for _, i := range judged[:min(len(judged), q.limit)] {
		found.Events = append(found.Events, i.whole())
	}
	found.Events = found.Events[:min(len(found.Events), q.limit)]
	return found
}

// Counts is the answer of GET /counts: since the last reset, but for what waits now.
type Counts struct {
	counts
	Waiting   int               `json:"waiting"`   // requests that are not judged
	Forgotten int64             `json:"forgotten"` // events that are counted and not kept
	Faults    map[string]string `json:"faults"`    // in force
}

func (p *Page) countsOf(v view) Counts {
	return Counts{counts: v.counts, Waiting: v.waiting, Forgotten: v.forgotten, Faults: p.faults.now()}
}

func (p *Page) serveCounts(w http.ResponseWriter, r *http.Request) {
	if err := parametersOf(r.URL.Query()).problem; err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	answer(w, p.countsOf(p.tap.look(1<<62)))
}

// serveReset ends every fault, flushes, and sets a mark.
func (p *Page) serveReset(w http.ResponseWriter, r *http.Request) {
	p.faults.end()
	for _, region := range p.regions() {
		_ = p.pipeline.Front.Down(region.Region, false) // it is one of the regions
	}
	if p.flush(w, r) {
		answer(w, map[string]int64{"after": p.tap.reset()})
	}
}

func (p *Page) serveFlush(w http.ResponseWriter, r *http.Request) {
	if p.flush(w, r) {
		answer(w, p.countsOf(p.tap.look(1<<62)))
	}
}

// flush returns once all that was answered 200 is judged and in the lake. It answers
// itself when that does not come to be.
func (p *Page) flush(w http.ResponseWriter, r *http.Request) bool {
	parameters := parametersOf(r.URL.Query(), "wait")
	wait := parameters.duration("wait", 10*time.Second, maxWait)
	if parameters.problem != nil {
		refuse(w, http.StatusBadRequest, parameters.problem)
		return false
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	if err := p.pipeline.Flush(ctx); err != nil {
		refuse(w, http.StatusServiceUnavailable, fmt.Errorf("not everything is judged and stored after %s: %w", wait, err))
		return false
	}
	p.tap.reading.Wait()
	return true
}

func (p *Page) serveFault(w http.ResponseWriter, r *http.Request) {
	how, lasts, err := faultOf(parametersOf(r.URL.Query(), append(services(), "for")...))
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	for service, way := range how {
		p.faults.set(service, way, lasts)
	}
	p.tap.changed()
	answer(w, map[string]any{"faults": p.faults.now()})
}

// regions is what is known of each region, and nothing when there is one.
func (p *Page) regions() []world.State {
	if p.pipeline.Front == nil {
		return nil
	}
	return p.pipeline.Front.States()
}

func (p *Page) serveRegions(w http.ResponseWriter, r *http.Request) {
	if err := parametersOf(r.URL.Query()).problem; err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	if p.pipeline.Front == nil {
		refuse(w, http.StatusNotFound, errors.New(
			"this environment has one region: `make local REGIONS=eu-central-1,ap-southeast-1` adds two"))
		return
	}
	answer(w, map[string][]world.State{"regions": p.regions()})
}

// serveRegion takes a region down, or brings it up again.
func (p *Page) serveRegion(w http.ResponseWriter, r *http.Request) {
	way := r.PathValue("way")
	switch {
	case way != "down" && way != "up":
		refuse(w, http.StatusNotFound, fmt.Errorf("%q is not known: a region goes down or up", way))
		return
	case p.pipeline.Front != nil:
		if err := p.pipeline.Front.Down(r.PathValue("region"), way == "down"); err != nil {
			refuse(w, http.StatusNotFound, err)
			return
		}
		p.tap.changed()
	}
	p.serveRegions(w, r)
}

func answer(w http.ResponseWriter, v any) { reply(w, http.StatusOK, v) }

func refuse(w http.ResponseWriter, status int, err error) {
	reply(w, status, map[string]string{"error": err.Error()})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // a client that has left hears nothing
}
