package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/world/geo"
)

// label names a set of regions, for the head of its column.
func (w *world) label(set []string) string {
	for _, other := range w.sets {
		if len(other) == len(set) && !slices.Equal(other, set) {
			return strings.Join(set, ", ")
		}
	}
	if len(set) == 1 {
		return "1 region"
	}
	return fmt.Sprintf("%d regions", len(set))
}

// labels are those of every set, with what stands before each.
func (w *world) labels(before string) (all []string) {
	for _, set := range w.sets {
		all = append(all, before+w.label(set))
	}
	return all
}

// markdown writes the tables and how to read them.
func (w *world) markdown(out io.Writer) {
	w.writeCities(out)
	w.summary(out)
}

// summary is all but the table of cities, whose place on a page the plot takes.
func (w *world) summary(out io.Writer) {
	w.writeWays(out)
	w.writeContinents(out)
	writeBest(out)
	w.writeLosses(out)
	w.writeReading(out)
}

func (w *world) writeWays(out io.Writer) {
	var rows [][]string
	for _, g := range w.ways() {
		row := []string{g.name}
		for _, set := range w.sets {
			row = append(row, spread(w.waits(g, geo.Cities(), set)))
		}
		rows = append(rows, row)
	}
	title := fmt.Sprintf("Around the world: what a client waits for, p50 / p90 of %d cities, ms", len(geo.Cities()))
	figures.WriteTable(out, title, "lr", append([]string{""}, w.labels("")...), rows)
	for _, set := range w.sets {
		if names := strings.Join(set, ", "); names != w.label(set) {
			fmt.Fprintf(out, "\n%s: %s.\n", w.label(set), names)
		}
	}
}

func (w *world) writeContinents(out io.Writer) {
	var rows [][]string
	for _, continent := range geo.Continents {
		cities := on(continent)
		row := []string{fmt.Sprintf("%s, %d cities", continent, len(cities))}
		for _, name := range []string{openWay, newWay} {
			for _, set := range w.sets {
				row = append(row, spread(w.waits(w.way(name), cities, set)))
			}
		}
		rows = append(rows, row)
	}
	columns := slices.Concat([]string{""}, w.labels("open: "), w.labels("new: "))
	figures.WriteTable(out, "By continent, p50 / p90, ms", "lr", columns, rows)
}

func (w *world) writeCities(out io.Writer) {
	var rows [][]string
	for _, city := range geo.Cities() {
		row := []string{city.Name + " → " + geo.Nearest(city, w.sets[len(w.sets)-1])}
		for _, name := range []string{openWay, newWay, checkWay} {
			for _, set := range w.sets {
				row = append(row, whole(w.takes(w.way(name), city, set)))
			}
		}
		rows = append(rows, row)
	}
	columns := slices.Concat([]string{"city → its region of the last set"}, w.labels("open: "), w.labels("new: "),
		w.labels("new, preflight: "))
	figures.WriteTable(out, "By city, ms; the location answers a preflight", "lr", columns, rows)
}

// writeBest says what each further region brings, however they are chosen.
func writeBest(out io.Writer) {
	var rows [][]string
	for n := 1; n <= 6; n++ {
		regions, mean := best(n)
		rows = append(rows, []string{strings.Join(regions, ", "), whole(mean)})
	}
	figures.WriteTable(out, "The best 1 to 6 regions, of every choice", "lr",
		[]string{"", "mean round trip from a location to its region, ms"}, rows)
}

func (w *world) writeLosses(out io.Writer) {
	var rows [][]string
	for _, set := range w.sets {
		if len(set) == 1 {
			continue // nobody takes over
		}
		for _, region := range set {
			l := without(region, set)
			var heirs []string
			for _, h := range l.heirs {
				heirs = append(heirs, fmt.Sprintf("%s %d → %d", h.region, h.before, h.after))
			}
			rows = append(rows, []string{
				w.label(set) + " without " + region + ": " + strings.Join(heirs, ", "),
				fmt.Sprint(l.cities), whole(l.longer),
			})
		}
	}
	if len(rows) > 0 {
		figures.WriteTable(out, "Without one of the regions", "lr",
			[]string{"who takes over, cities before → after", "cities", "wait longer, p50, ms"}, rows)
	}
}

func (w *world) writeReading(out io.Writer) {
	fmt.Fprintf(out, `
How to read it: this is a model, and none of it was measured. A client is %[1]s from its edge location (CLIENT_EDGE).
The round trip between its city and the nearest region stands for EDGE_REGION. A new connection takes %[2]d round trips
before its first request. The services take %[3]s: GATEWAY, IN_REGION, PUT, and %[4]s of Ingest's code. A location
answers a preflight in %[5]s. With one region the locations may be API Gateway's, with several they are CloudFront's:
the model treats them alike. Plain DNS has no location: a latency record sends a client to the region that is nearest
over the public Internet, and the client opens its connection there. When a region is lost, each neighbour needs quotas
for its own cities and those that it takes over.

results.json has every way of every city.

Limits: the round trips of cities were measured between servers on 2018-11-10 (WonderNetwork), those between regions in
2025 (cloudping.co). The way of a location to a region is derived from both. Pune stands for Mumbai. The ways of cities
to eu-west-3 and ap-northeast-3 were not measured: their figures are derived, and they are not among the best regions.
One last mile stands for all clients. Each city counts once, however many clients it has. No packet is lost, no queue is
full, and CloudFront takes no time of its own.
`, w.clientEdge, w.handshakes(), w.way(openWay).own, ownCode, atLocation)
}

// spread writes p50 and p90.
func spread(all []time.Duration) string {
	return whole(figures.Quantile(all, 0.5)) + " / " + whole(figures.Quantile(all, 0.9))
}

// whole writes whole milliseconds.
func whole(d time.Duration) string { return fmt.Sprintf("%.0f", figures.Milliseconds(d)) }

// addTo adds what the tables by way and by city say.
func (w *world) addTo(report *figures.Report) {
	for _, g := range w.ways() {
		for _, set := range w.sets {
			all := w.waits(g, geo.Cities(), set)
			report.Add("world p50", g.name, w.label(set), "ms", figures.Milliseconds(figures.Quantile(all, 0.5)))
			report.Add("world p90", g.name, w.label(set), "ms", figures.Milliseconds(figures.Quantile(all, 0.9)))
			for i, city := range geo.Cities() {
				report.Add("world by city, "+g.name, city.Name, w.label(set), "ms", figures.Milliseconds(all[i]))
			}
		}
	}
}
