package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/traffic"
)

// sample is what one request took.
type sample struct {
	function time.Duration
	api      time.Duration // the API with its integration; at the edge a location with its handshake, if that is new
	client   time.Duration

	opened, puts, invokes int64 // connections and calls of the function, or of the API, before it answered
}

// since is what was counted after before.
func (s sample) since(before sample) sample {
	return sample{opened: s.opened - before.opened, puts: s.puts - before.puts, invokes: s.invokes - before.invokes}
}

// row is what was measured of one wiring.
type row struct {
	wiring
	fresh []sample // of requests over connections of their own
	kept  []sample // of requests over one that stays open
}

// asked is a wiring that can be asked.
type asked struct {
	row
	ask func(context.Context, *http.Client) (sample, error)
}

// takeTurns has each wiring answer rounds times over a new connection and twice as often
// over one that stays open, in turns. pool is whom the clients trust; nil: what the system trusts.
func takeTurns(ctx context.Context, all []*asked, rounds int, pool *x509.CertPool) (rows []row, err error) {
	open := map[*asked]*http.Client{}
	for _, a := range all {
		open[a] = newClient(pool)
		defer open[a].CloseIdleConnections()
		for range 3 { // cold starts are not compared
			if _, err := a.ask(ctx, open[a]); err != nil {
				return nil, err
			}
		}
	}
	err = figures.Turns(rounds, all, func(a *asked) error {
		fresh := newClient(pool)
		defer fresh.CloseIdleConnections()
		s, err := a.ask(ctx, fresh)
		a.fresh = append(a.fresh, s)
		for range 2 {
			if err != nil {
				return err
			}
			s, err = a.ask(ctx, open[a])
			a.kept = append(a.kept, s)
		}
		return err
	})
	for _, a := range all {
		rows = append(rows, a.row)
	}
	return rows, err
}

func newClient(pool *x509.CertPool) *http.Client {
	trust := &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	return &http.Client{Timeout: time.Minute, Transport: &http.Transport{TLSClientConfig: trust}}
}

// post sends an event and returns how long the client waited for the whole answer. An
// answer that breaks the contract is an error; the form of an id is each wiring's own.
func post(ctx context.Context, client *http.Client, url string, event []byte) (time.Duration, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(event))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	began := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	took := time.Since(began)
	if err != nil {
		return 0, err
	}
	if err := traffic.Acknowledges(response.StatusCode, response.Header, text); err != nil {
		return 0, err
	}
	var answer struct{ ID string }
	if json.Unmarshal(text, &answer) != nil || len(answer.ID) != 36 {
		return 0, fmt.Errorf("answer is %.500s, want JSON with an id", text)
	}
	return took, nil
}

// measure measures the wirings on this machine. Those that it cannot run become notes.
func (s *setup) measure(ctx context.Context, rounds int) ([]row, error) {
	var all []*asked
	for _, w := range wirings() {
		p, err := s.newPipeline(w)
		if missing := figures.Missing(""); errors.As(err, &missing) {
			s.notes = append(s.notes, fmt.Sprintf("Left out: wiring %s, for %s.", w.number, missing))
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("starting wiring %s: %w", w.number, err)
		}
		defer p.close()
		all = append(all, &asked{row{wiring: w}, func(ctx context.Context, client *http.Client) (sample, error) {
			return p.request(ctx, client, []byte(figures.Click))
		}})
	}
	rows, err := takeTurns(ctx, all, rounds, s.pool)
	for _, r := range rows {
		for i := range r.fresh {
			if r.place == atEdge { // without TCP, and the ways of the handshake's first byte and the answer's last
				r.fresh[i].api = r.fresh[i].client - 2*s.clientEdge
			}
		}
	}
	return rows, err
}

// quantile returns the value that a share of the samples does not exceed, in ms.
func quantile(samples []sample, share float64, of func(sample) time.Duration) float64 {
	var all []time.Duration
	for _, s := range samples {
		all = append(all, of(s))
	}
	return figures.Milliseconds(figures.Quantile(all, share))
}

func client(s sample) time.Duration { return s.client }

// medians are the figures that the article gives as well.
func (r *row) medians() medians {
	locations := r.kept
	if r.place == atEdge {
		locations = r.fresh
	}
	return medians{
		ofFunction: quantile(r.kept, 0.5, func(s sample) time.Duration { return s.function }),
		ofAPI:      quantile(locations, 0.5, func(s sample) time.Duration { return s.api }),
		ofClient:   quantile(r.kept, 0.5, client),
	}
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
	rest := figures.Milliseconds(s.client)
	for _, l := range p.legs() {
		n := times[l.name]
		ms := float64(n) * figures.Milliseconds(*l.value)
		if n > 0 {
			all = append(all, share{l.name, n, ms})
		}
		rest -= ms
	}
	return append(all, share{codeLeg, 1, rest})
}
