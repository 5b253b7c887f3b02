package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"global-ingest/test/world"
)

// api answers what it returns as JSON: a value, or an error with its status.
type api func(r *http.Request, p *parameters) (any, error)

// failure is an error with a status. Any other error is about the parameters: 400.
type failure struct {
	status int
	error
}

func fail(status int, format string, args ...any) error {
	return failure{status, fmt.Errorf(format, args...)}
}

// taking serves a with these parameters, and refuses others.
func (a api) taking(names ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var v any
		p := parametersOf(r.URL.Query(), names...)
		err := p.problem
		if err == nil {
			v, err = a(r, p)
		}
		if err != nil {
			refuse(w, err)
			return
		}
		reply(w, http.StatusOK, v)
	}
}

func refuse(w http.ResponseWriter, err error) {
	status := http.StatusBadRequest
	if f, ok := errors.AsType[failure](err); ok {
		status = f.status
	}
	reply(w, status, map[string]string{"error": err.Error()})
}

func reply(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // a client that has left hears nothing
}

// Found is the answer of GET /events.
type Found struct {
	Events    []Event `json:"events"`    // the newest first, at most as many as the limit
	Matched   int     `json:"matched"`   // how many match, those beyond the limit included
	Last      int64   `json:"last"`      // for the parameter after: what comes next is newer
	Forgotten int64   `json:"forgotten"` // events since the last reset that are not kept, whatever they were
}

// events waits until as many match as are asked for, or until the time is over.
func (p *Page) events(r *http.Request, params *parameters) (any, error) {
	q, err := queryOf(params)
	if err != nil {
		return nil, err
	}
	over := time.After(q.wait)
	for {
		changed := p.tap.change()
		if found := p.find(q); found.Matched >= q.count {
			return found, nil
		}
		select {
		case <-changed:
		case <-over:
			return p.find(q), nil
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		time.Sleep(2 * time.Millisecond) // under load there is a change each microsecond
	}
}

// find returns what q chooses. What is not judged is found by its id, or when asked for.
func (p *Page) find(q query) Found {
	v := p.tap.look(0)
	found := Found{Events: []Event{}, Last: v.seq, Forgotten: v.forgotten}
	if q.id != "" || q.verdict == waiting {
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

func (p *Page) counts(*http.Request, *parameters) (any, error) {
	return p.countsOf(p.tap.look(math.MaxInt64)), nil
}

// reset ends every fault, flushes, and sets a mark.
func (p *Page) reset(r *http.Request, params *parameters) (any, error) {
	if _, err := waitOf(params); err != nil {
		return nil, err
	}
	p.faults.end()
	for _, region := range p.regions() {
		_ = p.pipeline.Front.Down(region.Region, false) // it is one of the regions
	}
	if _, err := p.flush(r, params); err != nil {
		return nil, err
	}
	return map[string]int64{"after": p.tap.reset()}, nil
}

// flush returns once all that was answered 200 is judged and in the lake.
func (p *Page) flush(r *http.Request, params *parameters) (any, error) {
	wait, err := waitOf(params)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	if err := p.pipeline.Flush(ctx); err != nil {
		return nil, fail(http.StatusServiceUnavailable, "not everything is judged and stored after %s: %w", wait, err)
	}
	p.tap.reading.Lock() // every object that was written is read
	defer p.tap.reading.Unlock()
	return p.counts(r, params)
}

// waitOf is how long a flush may take.
func waitOf(params *parameters) (time.Duration, error) {
	wait := params.duration("wait", 10*time.Second, maxWait)
	return wait, params.problem
}

func (p *Page) fault(_ *http.Request, params *parameters) (any, error) {
	how, lasts, err := faultOf(params)
	if err != nil {
		return nil, err
	}
	for service, way := range how {
		p.faults.set(service, way, lasts)
	}
	p.tap.changed()
	return map[string]any{"faults": p.faults.now()}, nil
}

// regions is what is known of each region, and nothing when there is one.
func (p *Page) regions() []world.State {
	if p.pipeline.Front == nil {
		return nil
	}
	return p.pipeline.Front.States()
}

func (p *Page) states(*http.Request, *parameters) (any, error) {
	if p.pipeline.Front == nil {
		return nil, fail(http.StatusNotFound,
			"this environment has one region: `make local REGIONS=eu-central-1,ap-southeast-1` adds two")
	}
	return map[string][]world.State{"regions": p.regions()}, nil
}

// move takes a region down, or brings it up again.
func (p *Page) move(r *http.Request, params *parameters) (any, error) {
	way := r.PathValue("way")
	if way != "down" && way != "up" {
		return nil, fail(http.StatusNotFound, "%q is not known: a region goes down or up", way)
	}
	if p.pipeline.Front != nil {
		if err := p.pipeline.Front.Down(r.PathValue("region"), way == "down"); err != nil {
			return nil, failure{http.StatusNotFound, err}
		}
		p.tap.changed()
	}
	return p.states(r, params)
}
