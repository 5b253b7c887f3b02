package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/test/figures"
)

// defaults are the model as it stands when nothing is set.
func defaults() (p parameters) {
	p.define(flag.NewFlagSet("", flag.PanicOnError))
	return p
}

// TestTheArticlesOrder runs every wiring with the model's defaults: each answers as the
// contract says, and the functions take as long as the article's, one beside another.
func TestTheArticlesOrder(t *testing.T) {
	l, err := newSetup(defaults(), filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	rows, err := l.measure(t.Context(), 5)
	if err != nil {
		t.Fatal(err)
	}
	if wrong := misordered(rows); len(wrong) > 0 {
		t.Errorf("not the article's order: %v", wrong)
	}
	for _, note := range l.notes {
		t.Log(note)
	}
	if len(rows) < len(wirings()) {
		t.Skipf("%d of %d wirings run here", len(rows), len(wirings()))
	}
}

// TestEveryWiringStoresWhatItAnswersFor but the one that does nothing.
func TestEveryWiringStoresWhatItAnswersFor(t *testing.T) {
	fast := parameters{tls: "1.3"}
	l, err := newSetup(fast, filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	defer l.close()
	for _, row := range wirings() {
		t.Run(row.number, func(t *testing.T) {
			w, err := l.newPipeline(row)
			if missing := figures.Missing(""); errors.As(err, &missing) {
				t.Skip(missing)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer w.close()
			event := `{"type":"wiring-` + row.number + `","text":"Größe"}`
			if _, err := w.request(t.Context(), newClient(l.pool), []byte(event)); err != nil {
				t.Fatal(err)
			}
			stored := strings.Contains(stored(t, l), event)
			if want := row.number != "2"; stored != want {
				t.Errorf("the event is stored: %v, want %v", stored, want)
			}
		})
	}
}

// stored is everything that was put on the stream.
func stored(t *testing.T, l *setup) string {
	t.Helper()
	if err := l.firehose.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys, err := l.lake.List("lake", record.EventsPrefix)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, key := range keys {
		text, err := l.lake.Get("lake", key)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

func TestTablesAndPlot(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	rows := []row{
		{wiring: wiring{number: "3", place: atEdge}, kept: []sample{{function: ms(85), client: ms(105), invokes: 1}}},
		{wiring: wiring{number: "5", place: behindAPI}, kept: []sample{{function: ms(12), api: ms(32), client: ms(75), puts: 1}}},
	}
	l := &setup{parameters: defaults()}
	var out bytes.Buffer
	markdown(&out, l, rows)
	for _, want := range []string{
		"| 3 | client–edge 20 + edge–region 20 + invoke 50 + code 15 |",
		"| 5 | client–edge 20 + edge–region 20 + in region 1.0 + gateway 20 + put 10 + code 4.0 |",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	rows[0].kept[0].function = ms(10)
	if wrong := misordered(rows); !slices.Equal(wrong, []string{"wiring 5 takes 12 ms, 3 takes 10"}) {
		t.Errorf("misordered: %q", wrong)
	}
	if got := disagreements(rows); len(got) != 1 || got[0].what != "function" || got[0].wiring != "3" {
		t.Errorf("disagreements: %+v", got)
	}
	path := filepath.Join(t.TempDir(), "compare.svg")
	if err := plot(path, &l.parameters, rows); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || bytes.Count(text, []byte("<rect")) != 1+4+6+1+2 {
		t.Errorf("plot has %d rectangles, %v", bytes.Count(text, []byte("<rect")), err)
	}
	if err := results(&l.parameters, rows).Save(filepath.Join(t.TempDir(), "results.json")); err != nil {
		t.Error(err)
	}
}

func TestParametersThatCannotBe(t *testing.T) {
	if _, err := newSetup(parameters{tls: "1.1"}, "."); err == nil ||
		err.Error() != `TLS is "1.1", must be 1.2 or 1.3` {
		t.Errorf("got %v", err)
	}
}
