package main

import (
	"fmt"
	"math"
	"slices"

	"global-ingest/test/figures"
)

// Measures of the plot, in its own units.
const (
	plotLeft  = 350
	plotWidth = 560
	barHeight = 16
	rowHeight = 44
	plotTop   = 64
)

// shade is the colour of each leg.
var shade = map[string]string{
	"client–edge": "#9dc3d4", "edge–region": "#4f93b0", "in region": "#1f5f7a", "gateway": "#e0b55a",
	"put": "#7fa650", "invoke": "#b5651d", codeLeg: "#8a5a83",
}

// plot draws how long the client of each wiring waits, by leg, with the article's figures
// below.
func plot(path string, p *parameters, rows []row) error {
	longest := 0.0
	for _, r := range rows {
		longest = max(longest, r.medians()[ofClient], published[r.number][ofClient])
	}
	longest = math.Ceil(longest/20) * 20
	x := func(ms float64) float64 { return plotLeft + plotWidth*ms/longest }
	bottom := plotTop + len(rows)*rowHeight + 4

	d := figures.NewDrawing(plotLeft+plotWidth+60, bottom+20, `font-family="sans-serif" font-size="12"`, "white")
	d.Text(10, 18, "",
		"What a client waits for, ms, over a connection that stays open; grey: the article's function, API and client")
	d.Legend(10, 40, "", legend(p))
	for ms := 0.0; ms <= longest; ms += 20 {
		d.Line(x(ms), plotTop-8, x(ms), float64(bottom), `stroke="#ddd"`)
		d.Text(x(ms), float64(bottom+14), `text-anchor="middle" fill="#666"`, fmt.Sprint(ms))
	}
	for i, r := range rows {
		y := float64(plotTop + i*rowHeight)
		d.Text(plotLeft-8, y+barHeight-4, `text-anchor="end"`, r.number+"  "+r.name)
		at := 0.0
		for _, s := range r.shares(p) {
			d.Rect(x(at), y, x(at+max(s.ms, 0))-x(at), barHeight, `fill="`+shade[s.leg]+`"`)
			at += max(s.ms, 0)
		}
		d.Text(x(at)+4, y+barHeight-4, `font-size="11"`, short(at))
		want := published[r.number]
		for j, ms := range slices.Backward(want[:]) { // the longest is drawn first
			if ms > 0 {
				d.Rect(plotLeft, y+barHeight+2, x(ms)-plotLeft, 7, `fill="`+[]string{"#777", "#bbb", "#ddd"}[j]+`"`)
			}
		}
	}
	return d.Save(path)
}

func legend(p *parameters) (keys []figures.Key) {
	for _, l := range p.legs() {
		keys = append(keys, figures.Key{Colour: shade[l.name], Name: l.name})
	}
	return append(keys, figures.Key{Colour: shade[codeLeg], Name: codeLeg})
}
