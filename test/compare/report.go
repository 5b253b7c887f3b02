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
		for i, got := range r.medians() {
			atMost := i == ofFunction && r.number == "2" // the article says: less than 1 ms
			off := got/want[i] - 1
			if want[i] > 0 && (off > tolerance || off < -tolerance && !atMost) {
				all = append(all, disagreement{r.number, names[i], got, want[i]})
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
		took[r.number] = r.medians()[ofFunction]
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
		line := []string{r.number, r.name, short(f[ofFunction]), short(f[ofAPI])}
		for _, samples := range [][]sample{r.kept, r.fresh} {
			for _, share := range []float64{0.5, 0.9, 0.99} {
				line = append(line, short(quantile(samples, share, client)))
			}
		}
		cells = append(cells, append(line, short(want[ofFunction]), short(want[ofAPI]), short(want[ofClient])))
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
handler does. %[2]s is the time that no parameter explains: that of the handler, its SDK, and this machine. A
location of the edge counts from the handshake's first byte, over a new connection: what its client waits, less two
round trips. Every handler makes one client for its sandbox, which keeps its connection. The model's numbers are from
the article's wirings 1, 4 and 5, each for all wirings; 2, 3, and every figure of a client follow from the model.
Trust store: %[1]d certificates.
`, s.certificates, "`"+codeLeg+"`")
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
	report := &figures.Report{}
	for _, r := range rows {
		subject := r.number + " " + r.name
		addClients(report, "new connection", subject, r.fresh)
		addClients(report, "kept connection", subject, r.kept)
		addMedians(report, "model", subject, r.medians())
		addMedians(report, "article", subject, published[r.number])
		for _, s := range r.shares(p) {
			report.Add("legs", subject, s.leg, "ms", s.ms)
		}
	}
	return report
}

func addClients(report *figures.Report, table, subject string, samples []sample) {
	for _, percent := range []int{50, 90, 99} {
		report.Figures = append(report.Figures, figures.Figure{
			Table: table, Subject: subject, Metric: fmt.Sprintf("client p%d", percent), Unit: "ms",
			Value: quantile(samples, float64(percent)/100, client), Low: quantile(samples, 0, client),
			High: quantile(samples, 1, client),
		})
	}
}

func addMedians(report *figures.Report, table, subject string, all medians) {
	for i, ms := range all {
		if ms > 0 {
			report.Add(table, subject, names[i], "ms", ms)
		}
	}
}
