package main

import (
	"fmt"
	"html"
	"math"
	"os"
	"strings"
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

// plot draws what the client of each wiring waits for, by leg, and the article's
// figures below.
func plot(path string, p *parameters, rows []row) error {
	longest := 0.0
	for _, r := range rows {
		longest = max(longest, r.figures().client, published[r.number].client)
	}
	longest = math.Ceil(longest/20) * 20
	x := func(ms float64) float64 { return plotLeft + plotWidth*ms/longest }
	height := plotTop + len(rows)*rowHeight + 24

	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotLeft+plotWidth+60, height)
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" fill="white"/><text x="10" y="18">What a client waits for, ms, over a connection that stays open; `+
		`grey: the article's function, API and client</text><text x="10" y="40">%s</text>`+"\n", legend(p))
	for ms := 0.0; ms <= longest; ms += 20 {
		fmt.Fprintf(&out, `<line x1="%.0f" y1="%d" x2="%.0f" y2="%d" stroke="#ddd"/><text x="%.0f" y="%d" text-anchor="middle" fill="#666">%.0f</text>`+"\n",
			x(ms), plotTop-8, x(ms), height-20, x(ms), height-6, ms)
	}
	for i, r := range rows {
		y := plotTop + i*rowHeight
		fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="end">%s  %s</text>`+"\n", plotLeft-8, y+barHeight-4, r.number, html.EscapeString(r.name))
		at := 0.0
		for _, s := range r.shares(p) {
			fmt.Fprintf(&out, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="%s"/>`+"\n", x(at), y, x(at+max(s.ms, 0))-x(at), barHeight, shade[s.leg])
			at += max(s.ms, 0)
		}
		fmt.Fprintf(&out, `<text x="%.1f" y="%d" font-size="11">%s</text>`+"\n", x(at)+4, y+barHeight-4, short(at))
		want := published[r.number]
		for j, ms := range []float64{want.client, want.api, want.function} {
			if ms > 0 {
				fmt.Fprintf(&out, `<rect x="%d" y="%d" width="%.1f" height="7" fill="%s"/>`+"\n", plotLeft, y+barHeight+2, x(ms)-plotLeft, []string{"#ddd", "#bbb", "#777"}[j])
			}
		}
	}
	out.WriteString("</svg>\n")
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

func legend(p *parameters) string {
	var parts []string
	for _, l := range p.legs() {
		parts = append(parts, fmt.Sprintf(`<tspan fill="%s">■</tspan> %s`, shade[l.name], l.name))
	}
	return strings.Join(append(parts, fmt.Sprintf(`<tspan fill="%s">■</tspan> %s`, shade[codeLeg], codeLeg)), "  ")
}
