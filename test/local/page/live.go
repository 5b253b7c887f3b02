package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"global-ingest/test/world"
)

// state is one message to an open page.
type state struct {
	About   *Pipeline `json:"about,omitempty"` // in the first message
	Resets  int       `json:"resets"`          // rises when a mark was set: then the page forgets too
	Counts  Counts    `json:"counts"`
	Kept    int       `json:"kept"`
	Events  []Event   `json:"events"`  // new or changed, the newest first
	Waiting []Event   `json:"waiting"` // the newest of them
	Seconds [][3]int  `json:"seconds"` // valid, rejected and failed of each, the oldest first

	Regions []world.State `json:"regions"` // null when there is one
}

// Pauses between two messages. Each event costs a message some 300 bytes, and the browser
// a row, so that a flood of them is shown once a second.
const (
	leastPause    = 50 * time.Millisecond
	pausePerEvent = time.Millisecond
	longestSilent = time.Second // the chart moves on
)

// maxWaitingShown is how many requests that wait a message names.
const maxWaitingShown = 20

// serveLive sends the page what changes, as server-sent events, until it leaves.
func (p *Page) serveLive(w http.ResponseWriter, r *http.Request) {
	params := parametersOf(r.URL.Query(), filterNames...)
	q := filterOf(params)
	if params.problem != nil {
		refuse(w, params.problem)
		return
	}
	select {
	case p.live <- struct{}{}:
		defer func() { <-p.live }()
	default:
		refuse(w, fail(http.StatusServiceUnavailable, "%d pages are open, which is the limit: close one", maxLive))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	p.stream(w, r, q)
}

func (p *Page) stream(w http.ResponseWriter, r *http.Request, q query) {
	about := &p.pipeline
	for version, resets := int64(0), -1; ; {
		changed := p.tap.change()
		v := p.tap.look(version)
		if v.resets != resets {
			v = p.tap.look(0)
		}
		message := p.state(v, q)
		message.About, about = about, nil
		if err := send(w, message); err != nil {
			return
		}
		version, resets = v.version, v.resets
		if !sleep(r, max(leastPause, time.Duration(len(v.items))*pausePerEvent), nil) || !sleep(r, longestSilent, changed) {
			return
		}
	}
}

// sleep waits, or until something happens, and returns whether the client is still there.
func sleep(r *http.Request, pause time.Duration, until <-chan struct{}) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-until:
	case <-r.Context().Done():
		return false
	}
	return true
}

func (p *Page) state(v view, q query) state {
	s := state{
		Resets: v.resets, Counts: p.countsOf(v), Kept: kept, Events: []Event{}, Waiting: []Event{},
		Seconds: v.chart(time.Now()), Regions: p.regions(),
	}
	for _, i := range q.judged(v) {
		s.Events = append(s.Events, i.summary())
	}
	unjudged := q.unjudged(v)
	for _, request := range unjudged[:min(len(unjudged), maxWaitingShown)] {
		s.Waiting = append(s.Waiting, request.event())
	}
	return s
}

// chart returns what was judged in each of the last seconds, the oldest first.
func (v view) chart(now time.Time) (bars [][3]int) {
	for at := now.Unix() - chartSeconds + 1; at <= now.Unix(); at++ {
		bar := [3]int{}
		if s := v.seconds[at%chartSeconds]; s.at == at {
			bar = [3]int{s.valid, s.rejected, s.failed}
		}
		bars = append(bars, bar)
	}
	return bars
}

// send writes one server-sent event.
func send(w http.ResponseWriter, message state) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "data: %s\n\n", text)
	return errors.Join(err, http.NewResponseController(w).Flush())
}
