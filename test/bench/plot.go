package main

import (
	"fmt"
	"math"

	"global-ingest/test/figures"
)

// Measures of the plot, in its own units.
const (
	plotLeft  = 190
	plotWidth = 560
	barHeight = 14
	groupGap  = 18
)

var (
	serviceTimes = []int{0, 5, 15} // ms that Firehose takes
	shades       = []string{"#1f6f8b", "#5fa8c4", "#b5d8e6"}
)

// plot draws the time to a warm answer of each subject at each service time, on a
// logarithmic scale from 100 µs to 100 ms.
func plot(r *figures.Report, path string) error {
	subjects := r.Subjects(warmTable(0))
	height := 60 + len(subjects)*(len(serviceTimes)*barHeight+groupGap)
	d := figures.NewDrawing(plotLeft+plotWidth+70, height, `font-family="sans-serif" font-size="12"`, "white")
	var keys []figures.Key
	for i, service := range serviceTimes {
		keys = append(keys, figures.Key{Colour: shades[i], Name: fmt.Sprintf("%d ms", service)})
	}
	d.Legend(10, 18, "Warm answer, p50, by what Firehose takes:", keys)
	for i, tick := range []string{"100 µs", "1 ms", "10 ms", "100 ms"} {
		x := position(100 * math.Pow10(i))
		d.Line(x, 30, x, float64(height-20), `stroke="#ddd"`)
		d.Text(x, float64(height-6), `text-anchor="middle" fill="#666"`, tick)
	}
	y := 40.0
	for _, subject := range subjects {
		d.Text(plotLeft-8, y+float64(len(serviceTimes))*barHeight/2+4, `text-anchor="end"`, subject)
		for i, service := range serviceTimes {
			if value, found := r.Value(warmTable(service), subject, "p50"); found {
				d.Rect(plotLeft, y, position(value)-plotLeft, barHeight-2, `fill="`+shades[i]+`"`)
				d.Text(position(value)+4, y+barHeight-4, `font-size="10"`, figures.Short(value)+" µs")
			}
			y += barHeight
		}
		y += groupGap
	}
	return d.Save(path)
}

// position returns the x of a time in µs.
func position(microseconds float64) float64 {
	share := (math.Log10(microseconds) - 2) / 3
	return plotLeft + plotWidth*math.Max(0, math.Min(1, share))
}
