package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// row is what was measured of one wiring.
type row struct {
	wiring
	fresh []sample // of requests over connections of their own
	kept  []sample // of requests over one that stays open
}

// click is the event that is sent.
const click = `{"type":"click","event_id":"0198c6a2-7b1e-7000-8000-000000000001","occurred_at":"2026-11-23T10:00:00.123Z","session":"s-0000162e",` +
	`"page":{"url":"https://shop.example/products/17?ref=mail","title":"Größe und Farbe wählen"},"element":{"id":"buy-now","tag":"button"}}`

// measure has each wiring answer rounds times over a new connection and twice as often
// over one that stays open, in turns and another order each time. Wirings that this
// machine cannot run become notes.
func (l *lab) measure(ctx context.Context, rounds int) ([]row, error) {
	var worlds []*world
	for _, w := range wirings() {
		running, missing, err := l.newWorld(w)
		switch {
		case err != nil:
			return nil, fmt.Errorf("starting wiring %s: %w", w.number, err)
		case missing != "":
			l.notes = append(l.notes, fmt.Sprintf("Left out: wiring %s, for %s.", w.number, missing))
			continue
		}
		defer running.close()
		worlds = append(worlds, running)
	}
	rows := make([]row, len(worlds))
	for i, w := range worlds {
		rows[i].wiring = w.wiring
		client := l.newClient()
		defer client.CloseIdleConnections()
		for range 3 { // starts are not compared here
			if _, err := w.request(ctx, client, []byte(click)); err != nil {
				return nil, err
			}
		}
		w.kept = client
	}
	for range rounds {
		for _, i := range rand.Perm(len(worlds)) {
			if err := rows[i].add(ctx, worlds[i]); err != nil {
				return nil, err
			}
		}
	}
	return rows, nil
}

// add measures one round of a wiring.
func (r *row) add(ctx context.Context, w *world) error {
	s, err := w.fresh(ctx, []byte(click))
	if err != nil {
		return err
	}
	r.fresh = append(r.fresh, s)
	for range 2 {
		if s, err = w.request(ctx, w.kept, []byte(click)); err != nil {
			return err
		}
		r.kept = append(r.kept, s)
	}
	return nil
}

// quantile returns what a share of samples is at most, in ms.
func quantile(samples []sample, share float64, of func(sample) time.Duration) float64 {
	if len(samples) == 0 {
		return 0
	}
	var all []time.Duration
	for _, s := range samples {
		all = append(all, of(s))
	}
	slices.Sort(all)
	return float64(all[min(int(share*float64(len(all))), len(all)-1)]) / float64(time.Millisecond)
}

func function(s sample) time.Duration { return s.function }

func client(s sample) time.Duration { return s.client }

// figures are the medians that the article gives as well.
func (r *row) figures() figures {
	f := figures{function: quantile(r.kept, 0.5, function), client: quantile(r.kept, 0.5, client)}
	if r.place == atEdge {
		f.api = quantile(r.fresh, 0.5, func(s sample) time.Duration { return s.edge })
	} else {
		f.api = quantile(r.kept, 0.5, func(s sample) time.Duration { return s.api })
	}
	return f
}

// share is what one leg adds to what a client waits for.
type share struct {
	leg   string
	times int
	ms    float64
}

// codeLeg is what no parameter says: the handlers' own time, and this machine's.
const codeLeg = "code"

// shares splits the median of what a client waits for, over a connection that stays
// open. How often a function crosses a leg was counted, not assumed.
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
	rest := float64(s.client) / float64(time.Millisecond)
	for _, l := range p.legs() {
		n := times[l.name]
		ms := float64(n) * float64(*l.value) / float64(time.Millisecond)
		if n > 0 {
			all = append(all, share{l.name, n, ms})
		}
		rest -= ms
	}
	return append(all, share{codeLeg, 1, rest})
}
