package main

import (
	"fmt"
	"io"
	"strings"

	"global-ingest/test/figures"
)

// tolerance is how far a figure may be from the article's before it is listed.
const tolerance = 0.2

// disagreement is a figure that is further than tolerance from the article's.
type disagreement struct {
	wiring, what     string
	model, published float64
}

// disagreements compares the figures that the article gives as well.
func disagreements(rows []row) (all []disagreement) {
	for _, r := range rows {
		want, found := published[r.number]
		if !found {
			continue
		}
		got := r.medians()
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

// misordered says where the functions are not in the article's order: 2 is faster than 4,
// 5 faster than 1, and 3 the slowest.
func misordered(rows []row) (wrong []string) {
	took := map[string]float64{}
	for _, r := range rows {
		took[r.number] = r.medians().function
	}
	for _, pair := range [][2]string{{"2", "4"}, {"5", "1"}, {"1", "3"}, {"2", "3"}, {"4", "3"}, {"5", "3"}} {
		a, hasA := took[pair[0]]
		b, hasB := took[pair[1]]
		if hasA && hasB && a >= b {
			wrong = append(wrong,
				fmt.Sprintf("wiring %s takes %s ms, %s takes %s", pair[0], short(a), pair[1], short(b)))
		}
	}
	return wrong
}

// markdown writes the tables and how to read them.
func markdown(out io.Writer, s *setup, rows []row) {
	writeWirings(out, rows)
	writeLegs(out, s, rows)
	writeModel(out, &s.parameters)
	writeReading(out, s, rows)
}

// writeWirings writes what each wiring takes, beside the article's figures.
func writeWirings(out io.Writer, rows []row) {
	var cells [][]string
	for _, r := range rows {
		f, want := r.medians(), published[r.number]
		line := []string{r.number, r.name, short(f.function), short(f.api)}
		for _, samples := range [][]sample{r.kept, r.fresh} {
			for _, share := range []float64{0.5, 0.9, 0.99} {
				line = append(line, short(quantile(samples, share, client)))
			}
		}
		cells = append(cells, append(line, short(want.function), short(want.api), short(want.client)))
	}
	figures.WriteTable(out, "The wirings, in ms", "llr", []string{
		"", "wiring", "function", "API or edge", "client p50", "p90", "p99", "new connection p50", "p90", "p99",
		"article: function", "API or edge", "client",
	}, cells)
}

// writeLegs writes the parts of each wiring's time.
func writeLegs(out io.Writer, s *setup, rows []row) {
	var cells [][]string
	for _, r := range rows {
		var parts []string
		for _, part := range r.shares(&s.parameters) {
			text := part.leg + " " + short(part.ms)
			if part.times > 1 {
				text = fmt.Sprintf("%s %d × %s", part.leg, part.times, short(part.ms/float64(part.times)))
			}
			parts = append(parts, text)
		}
		cells = append(cells, []string{r.number, strings.Join(parts, " + ")})
	}
	figures.WriteTable(out, "What the client waits for, by leg, over a connection that stays open", "l",
		[]string{"", "legs, ms"}, cells)
}

// writeModel writes the parameters.
func writeModel(out io.Writer, p *parameters) {
	var cells [][]string
	for _, leg := range p.legs() {
		cells = append(cells, []string{
			leg.name + ", `" + leg.variable + "`", leg.value.String(), leg.def.String() + "; " + leg.source,
		})
	}
	trips := fmt.Sprintf("1.3; a new connection takes %d round trips before its first request", p.handshakes())
	figures.WriteTable(out, "The model, the same for every wiring", "lrl",
		[]string{"parameter", "now", "default and its source"}, append(cells, []string{"TLS, `TLS`", p.tls, trips}))
}

func writeReading(out io.Writer, s *setup, rows []row) {
	fmt.Fprintf(out, `
How to read it: the handlers are the real ones. They run as processes under a Runtime API on this machine, and talk
TLS. Every byte between them travels as long as the model says, so the cost of a connection follows from what the
handler does. %[2]s is the time that no parameter explains: that of the handler, its SDK, and this machine. %[3]s
counts from the handshake's first byte at a location of the edge, over a new connection. Every handler makes one
client for its sandbox, which keeps its connection. The model's numbers are from the article's wirings 1, 4 and 5,
each for all wirings; 2, 3, and every figure of a client follow from the model. Trust store: %[1]d certificates.
`, s.certificates, "`"+codeLeg+"`", "`edge`")
	for _, note := range s.notes {
		fmt.Fprintf(out, "\n%s\n", note)
	}
	if !s.articles() {
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

// short writes milliseconds, and nothing for 0, which stands for an unknown time.
func short(ms float64) string {
	switch {
	case ms == 0:
		return ""
	case ms < 10:
		return fmt.Sprintf("%.1f", ms)
	}
	return fmt.Sprintf("%.0f", ms)
}

// results are all figures, in the shape of the benchmarks' results.
func results(p *parameters, rows []row) *figures.Report {
	r := &figures.Report{}
	for _, row := range rows {
		row.addTo(r, p)
	}
	return r
}

// addTo adds all that is known of a wiring.
func (r *row) addTo(report *figures.Report, p *parameters) {
	subject := r.number + " " + r.name
	quantiles := func(table string, samples []sample) {
		for _, percent := range []int{50, 90, 99} {
			report.Figures = append(report.Figures, figures.Figure{
				Table: table, Subject: subject, Metric: fmt.Sprintf("client p%d", percent), Unit: "ms",
				Value: quantile(samples, float64(percent)/100, client), Low: quantile(samples, 0, client),
				High: quantile(samples, 1, client),
			})
		}
	}
	known := func(table, metric string, ms float64) {
		if ms > 0 {
			report.Add(table, subject, metric, "ms", ms)
		}
	}
	quantiles("new connection", r.fresh)
	quantiles("kept connection", r.kept)
	got, want := r.medians(), published[r.number]
	known("model", "function", got.function)
	known("model", "API or edge", got.api)
	known("model", "client", got.client)
	known("article", "function", want.function)
	known("article", "API or edge", want.api)
	known("article", "client", want.client)
	for _, s := range r.shares(p) {
		report.Add("legs", subject, s.leg, "ms", s.ms)
	}
}
