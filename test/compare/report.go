package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// tolerance is how far a figure may be from the article's before it is listed.
const tolerance = 0.2

// disagreement is a figure that is further than tolerance from the article's.
type disagreement struct {
	wiring, what     string
	model, published float64
}

// disagreements compares what the article gives as well.
func disagreements(rows []row) (all []disagreement) {
	for _, r := range rows {
		want, found := published[r.number]
		if !found {
			continue
		}
		got := r.figures()
		for _, pair := range []disagreement{
			{r.number, "function", got.function, want.function},
			{r.number, "API or edge", got.api, want.api},
			{r.number, "client", got.client, want.client},
		} {
			atMost := pair.what == "function" && r.number == "2" // the article says: less than 1 ms
			off := pair.model/pair.published - 1
			if pair.published > 0 && (off > tolerance || off < -tolerance && !atMost) {
				all = append(all, pair)
			}
		}
	}
	return all
}

// misordered says where the functions' order is not the article's: 2 before 4, 5
// before 1, 3 last.
func misordered(rows []row) (wrong []string) {
	took := map[string]float64{}
	for _, r := range rows {
		took[r.number] = r.figures().function
	}
	for _, pair := range [][2]string{{"2", "4"}, {"5", "1"}, {"1", "3"}, {"2", "3"}, {"4", "3"}, {"5", "3"}} {
		a, hasA := took[pair[0]]
		b, hasB := took[pair[1]]
		if hasA && hasB && a >= b {
			wrong = append(wrong, fmt.Sprintf("wiring %s takes %s ms, %s takes %s", pair[0], short(a), pair[1], short(b)))
		}
	}
	return wrong
}

// markdown writes the tables and how to read them.
func markdown(out io.Writer, l *lab, rows []row) {
	writeTable(out, rows)
	writeLegs(out, l, rows)
	writeReading(out, l, rows)
}

// writeTable writes the wirings, beside the article's figures.
func writeTable(out io.Writer, rows []row) {
	fmt.Fprintf(out, "### The wirings, in ms\n\n")
	fmt.Fprintln(out, "| | wiring | function | API or edge | client p50 | p90 | p99 | new connection p50 | p90 | p99 | article: function | API or edge | client |")
	fmt.Fprintln(out, "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	for _, r := range rows {
		f, want := r.figures(), published[r.number]
		cells := []string{r.number, r.name, short(f.function), short(f.api)}
		for _, samples := range [][]sample{r.kept, r.fresh} {
			for _, share := range []float64{0.5, 0.9, 0.99} {
				cells = append(cells, short(quantile(samples, share, client)))
			}
		}
		cells = append(cells, short(want.function), short(want.api), short(want.client))
		fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	}
}

// writeLegs writes what each wiring's time is made of.
func writeLegs(out io.Writer, l *lab, rows []row) {
	fmt.Fprintf(out, "\n### What the client waits for, by leg, over a connection that stays open\n\n| | legs, ms |\n|---|---|\n")
	for _, r := range rows {
		var parts []string
		for _, s := range r.shares(&l.parameters) {
			text := s.leg + " " + short(s.ms)
			if s.times > 1 {
				text = fmt.Sprintf("%s %d × %s", s.leg, s.times, short(s.ms/float64(s.times)))
			}
			parts = append(parts, text)
		}
		fmt.Fprintf(out, "| %s | %s |\n", r.number, strings.Join(parts, " + "))
	}
	fmt.Fprintf(out, "\n### The model, the same for every wiring\n\n| parameter | now | default and its source |\n|---|--:|---|\n")
	for _, leg := range l.legs() {
		fmt.Fprintf(out, "| %s, `%s` | %s | %s; %s |\n", leg.name, leg.variable, *leg.value, leg.def, leg.source)
	}
	fmt.Fprintf(out, "| TLS, `TLS` | %s | 1.3; a new connection takes %d round trips before its first request |\n", l.tls, l.handshakes())
}

func writeReading(out io.Writer, l *lab, rows []row) {
	fmt.Fprintf(out, `
How to read it: the handlers are the real ones, as processes under a Runtime API on this machine, and talk TLS; every byte
between them travels as long as the model says, so what a connection costs follows from what the handler does. %[2]s is
all that no parameter explains: the handler, its SDK, and this machine. %[3]s counts from the handshake's first byte at a location of
the edge, over a new connection. Every handler makes one client for its environment, which keeps its connection. The article's 1, 4
and 5 gave the model its numbers, each for all wirings; 2, 3, and every figure of a client are what follows from it. Trust store: %[1]d certificates.
`, l.certificates(), "`"+codeLeg+"`", "`edge`")
	for _, note := range l.notes {
		fmt.Fprintf(out, "\n%s\n", note)
	}
	if !l.articles() {
		fmt.Fprintf(out, "\nThe network is not the article's: its figures are for another one.\n")
		return
	}
	for _, d := range disagreements(rows) {
		fmt.Fprintf(out, "\nMore than %.0f %% from the article: wiring %s, %s: %s ms here, %s there%s.\n",
			tolerance*100, d.wiring, d.what, short(d.model), short(d.published), reason(d))
	}
	for _, wrong := range misordered(rows) {
		fmt.Fprintf(out, "\nNot the article's order: %s.\n", wrong)
	}
}

func reason(d disagreement) string {
	if why := because[d.wiring+" "+d.what]; why != "" {
		return ": " + why
	}
	return ""
}

// short writes milliseconds; nothing for what is not there.
func short(ms float64) string {
	switch {
	case ms == 0:
		return ""
	case ms < 10:
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.0f", ms)
}

// save writes the figures as JSON, in the shape of the benchmarks' results.
func save(path string, p *parameters, rows []row) error {
	type result struct {
		Table   string  `json:"table"`
		Subject string  `json:"subject"`
		Metric  string  `json:"metric"`
		Value   float64 `json:"value"`
		Unit    string  `json:"unit"`
		Low     float64 `json:"low"`
		High    float64 `json:"high"`
	}
	results := []result{}
	add := func(table string, r row, metric string, value, low, high float64) {
		results = append(results, result{table, r.number + " " + r.name, metric, value, "ms", low, high})
	}
	for _, r := range rows {
		for name, samples := range map[string][]sample{"new connection": r.fresh, "kept connection": r.kept} {
			low, high := quantile(samples, 0, client), quantile(samples, 1, client)
			add(name, r, "client p50", quantile(samples, 0.5, client), low, high)
			add(name, r, "client p90", quantile(samples, 0.9, client), low, high)
			add(name, r, "client p99", quantile(samples, 0.99, client), low, high)
		}
		f, want := r.figures(), published[r.number]
		for _, x := range []struct {
			metric           string
			value, published float64
		}{{"function", f.function, want.function}, {"API or edge", f.api, want.api}, {"client", f.client, want.client}} {
			if x.value > 0 {
				add("model", r, x.metric, x.value, x.value, x.value)
			}
			if x.published > 0 {
				add("article", r, x.metric, x.published, x.published, x.published)
			}
		}
		for _, s := range r.shares(p) {
			add("legs", r, s.leg, s.ms, s.ms, s.ms)
		}
	}
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
