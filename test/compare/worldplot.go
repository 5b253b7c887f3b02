package main

import (
	"fmt"
	"slices"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/world/geo"
)

// Measures of the plot of the world, in its own units.
const (
	worldLeft  = 190
	worldWidth = 620
	worldTop   = 66
	cityHeight = 15
	partGap    = 30
)

// dots are the colours of the sets, again from the first after the last.
var dots = []string{"#b5651d", "#4f93b0", "#1f5f7a", "#7fa650"}

// plot draws how long a client of each city waits over an open connection: a dot for each set of
// regions, and a line from the slowest to the fastest.
func (w *world) plot() *figures.Drawing {
	bottom := worldTop + len(geo.Continents)*partGap + len(geo.Cities())*cityHeight
	longest := 0
	for _, set := range w.sets {
		longest = max(longest, int(figures.Quantile(w.waits(w.way(openWay), geo.Cities(), set), 1).Milliseconds()))
	}
	longest = (longest/50 + 1) * 50
	x := func(d time.Duration) float64 { return worldLeft + worldWidth*figures.Milliseconds(d)/float64(longest) }

	d := figures.NewDrawing(worldLeft+worldWidth+30, bottom+30, `font-family="sans-serif" font-size="12"`, "white")
	d.Text(10, 18, "", "What a client waits for over an open connection, ms; a new one takes "+
		whole(time.Duration(w.handshakes())*w.clientEdge)+" more, as locations of the edge answer it")
	d.Legend(10, 40, "", w.keys())
	for ms := 0; ms <= longest; ms += 50 {
		at := x(time.Duration(ms) * time.Millisecond)
		d.Line(at, worldTop-8, at, float64(bottom), `stroke="#ddd"`)
		d.Text(at, float64(bottom+14), `text-anchor="middle" fill="#666"`, fmt.Sprint(ms))
	}
	y := float64(worldTop)
	for _, continent := range geo.Continents {
		y += partGap
		d.Text(worldLeft-8, y-12, `text-anchor="end" font-weight="bold"`, continent.String())
		for _, city := range w.bySlowness(continent) {
			w.drawCity(d, city, y, x)
			y += cityHeight
		}
	}
	return d
}

// keys say which colour stands for which set, and its median.
func (w *world) keys() (keys []figures.Key) {
	for i, set := range w.sets {
		p50 := whole(figures.Quantile(w.waits(w.way(openWay), geo.Cities(), set), 0.5))
		keys = append(keys, figures.Key{Colour: dots[i%len(dots)], Name: w.label(set) + ", p50 " + p50})
	}
	return keys
}

// bySlowness returns the cities of a continent, that which waits longest for the first set first.
func (w *world) bySlowness(continent geo.Continent) []geo.City {
	wait := func(c geo.City) time.Duration { return w.takes(w.way(openWay), c, w.sets[0]) }
	cities := on(continent)
	slices.SortStableFunc(cities, func(a, b geo.City) int { return int(wait(b) - wait(a)) })
	return cities
}

// drawCity draws the first set last and largest, so that equal dots show as rings.
func (w *world) drawCity(d *figures.Drawing, city geo.City, y float64, x func(time.Duration) float64) {
	d.Text(worldLeft-8, y+4, `text-anchor="end" font-size="11"`, city.Name)
	var all []time.Duration
	for _, set := range w.sets {
		all = append(all, w.takes(w.way(openWay), city, set))
	}
	d.Line(x(slices.Min(all)), y, x(slices.Max(all)), y, `stroke="#bbb"`)
	for i, took := range all {
		d.Dot(x(took), y, 3+1.5*float64(len(all)-1-i), `fill="`+dots[i%len(dots)]+`"`)
	}
}
