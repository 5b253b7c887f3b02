package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"global-ingest/test/figures"
)

// row is what was measured of one wiring.
type row struct {
	wiring
	fresh []sample // of requests over connections of their own
	kept  []sample // of requests over one that stays open
}

// measure has each wiring answer rounds times over a new connection and twice as often
// over one that stays open, in turns and each time in another order. Wirings that this
// machine cannot run become notes.
func (s *setup) measure(ctx context.Context, rounds int) ([]row, error) {
	var pipelines []*pipeline
	for _, w := range wirings() {
		running, missing, err := s.newPipeline(w)
		switch {
		case err != nil:
			return nil, fmt.Errorf("starting wiring %s: %w", w.number, err)
		case missing != "":
			s.notes = append(s.notes, fmt.Sprintf("Left out: wiring %s, for %s.", w.number, missing))
			continue
		}
		defer running.close()
		pipelines = append(pipelines, running)
	}
	rows := make([]row, len(pipelines))
	for i, p := range pipelines {
		rows[i].wiring = p.wiring
		client := s.newClient()
		defer client.CloseIdleConnections()
		for range 3 { // cold starts are not compared
			if _, err := p.request(ctx, client, []byte(figures.Click)); err != nil {
				return nil, err
			}
		}
		p.kept = client
	}
	for range rounds {
		for _, i := range rand.Perm(len(pipelines)) {
			if err := rows[i].add(ctx, pipelines[i]); err != nil {
				return nil, err
			}
		}
	}
	return rows, nil
}

// add measures one round of a wiring.
func (r *row) add(ctx context.Context, p *pipeline) error {
	s, err := p.fresh(ctx, []byte(figures.Click))
	if err != nil {
		return err
	}
	r.fresh = append(r.fresh, s)
	for range 2 {
		if s, err = p.request(ctx, p.kept, []byte(figures.Click)); err != nil {
			return err
		}
		r.kept = append(r.kept, s)
	}
	return nil
}

// quantile returns the value that a share of the samples does not exceed, in ms.
func quantile(samples []sample, share float64, of func(sample) time.Duration) float64 {
	var all []time.Duration
	for _, s := range samples {
		all = append(all, of(s))
	}
	return milliseconds(rank(all, share))
}

// rank returns the time that a share of all does not exceed, and 0 of none.
func rank(all []time.Duration, share float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[min(int(share*float64(len(all))), len(all)-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func function(s sample) time.Duration { return s.function }

func client(s sample) time.Duration { return s.client }

// medians are the figures that the article gives as well.
func (r *row) medians() medians {
	f := medians{function: quantile(r.kept, 0.5, function), client: quantile(r.kept, 0.5, client)}
	if r.place == atEdge {
		f.api = quantile(r.fresh, 0.5, func(s sample) time.Duration { return s.edge })
	} else {
		f.api = quantile(r.kept, 0.5, func(s sample) time.Duration { return s.api })
	}
	return f
}

// share is the part of one leg in the time that a client waits.
type share struct {
	leg   string
	times int
	ms    float64
}

// codeLeg is the time that no parameter explains: that of the handlers on this machine.
const codeLeg = "code"

// shares splits the median of the time that a client waits, over a connection that stays
// open. How often a function crosses a leg was counted.
func (r *row) shares(p *parameters) []share {
	sorted := slices.SortedFunc(slices.Values(r.kept), func(a, b sample) int { return int(a.client - b.client) })
	s := sorted[len(sorted)/2]
	calls := int(s.puts+s.invokes) + int(s.opened)*p.handshakes()
	times := map[string]int{"client–edge": 1, "put": int(s.puts), "invoke": int(s.invokes)}
	switch r.place {
	case atEdge:
		times["edge–region"] = calls
	case behindAPI, inRegion:
		times["edge–region"], times["gateway"], times["in region"] = 1, 1, calls
	}
	var all []share
	rest := milliseconds(s.client)
	for _, l := range p.legs() {
		n := times[l.name]
		ms := float64(n) * milliseconds(*l.value)
		if n > 0 {
			all = append(all, share{l.name, n, ms})
		}
		rest -= ms
	}
	return append(all, share{codeLeg, 1, rest})
}
