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
// logarithmic scale: from 100 µs to 100 ms, each step ten times the one before.
func plot(r *report, path string) error {
	var out strings.Builder
	subjects := r.distinct(warmTable(0), func(f figure) string { return f.Subject })
	height := 60 + len(subjects)*(len(serviceTimes)*barHeight+groupGap)
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", plotLeft+plotWidth+70, height)
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" fill="white"/><text x="10" y="18">Warm answer, p50, by what Firehose takes: %s</text>`+"\n", legend())
	for exponent := 2; exponent <= 5; exponent++ {
		x := position(math.Pow10(exponent))
		fmt.Fprintf(&out, `<line x1="%.0f" y1="30" x2="%.0f" y2="%d" stroke="#ddd"/><text x="%.0f" y="%d" text-anchor="middle" fill="#666">%s</text>`+"\n",
			x, x, height-20, x, height-6, []string{"100 µs", "1 ms", "10 ms", "100 ms"}[exponent-2])
	}
	y := 40
	for _, subject := range subjects {
		fmt.Fprintf(&out, `<text x="%d" y="%d" text-anchor="end">%s</text>`+"\n", plotLeft-8, y+len(serviceTimes)*barHeight/2+4, html.EscapeString(subject))
		for i, service := range serviceTimes {
			if value, found := r.value(warmTable(service), subject, "p50"); found {
				fmt.Fprintf(&out, `<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/><text x="%.1f" y="%d" font-size="10">%s µs</text>`+"\n",
					plotLeft, y, position(value)-plotLeft, barHeight-2, shades[i], position(value)+4, y+barHeight-4, short(value))
			}
			y += barHeight
		}
		y += groupGap
	}
	out.WriteString("</svg>\n")
	return os.WriteFile(path, []byte(out.String()), 0o644)
}

func legend() string {
	var parts []string
	for i, service := range serviceTimes {
		parts = append(parts, fmt.Sprintf(`<tspan fill="%s">■</tspan> %d ms`, shades[i], service))
	}
	return strings.Join(parts, " ")
}

// position is where a time in µs stands.
func position(microseconds float64) float64 {
	share := (math.Log10(microseconds) - 2) / 3
	return plotLeft + plotWidth*math.Max(0, math.Min(1, share))
}
