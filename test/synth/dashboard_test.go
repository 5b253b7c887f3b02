package synth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A unit of a dashboard's grid, and the text in it, in pixels of the drawing.
const (
	unitWidth   = 56
	unitHeight  = 29
	gap         = 4
	titleLine   = 16
	metricLine  = 12
	charsOfUnit = 9
)

// palette are the colours that CloudWatch gives to lines, in its order.
var palette = []string{"#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"}

// board is what is drawn of a dashboard's body.
type board struct {
	Widgets []struct {
		Type                string
		X, Y, Width, Height int
		Properties          struct {
			Title, Markdown string
			Alarms          []string
			Metrics         [][]any
			YAxis           struct{ Left struct{ Label string } }
			Annotations     struct{ Horizontal []struct{ Value float64 } }
		}
	}
}

// TestGoldensAreDrawn keeps infra/dashboard.svg the picture of what Prod's template
// deploys: where each graph stands and what it draws, without any data.
func TestGoldensAreDrawn(t *testing.T) {
	s := stackOf(t, "Prod", "Pipeline")
	var b board
	if err := json.Unmarshal([]byte(s.text(at(s.the(t, "WatchDashboard").Properties, "DashboardBody"))), &b); err != nil {
		t.Fatal(err)
	}
	got, path := b.draw(), filepath.Join(root, "infra", "dashboard.svg")
	if *update {
		write(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: `make golden` draws it", err)
	}
	if changes := diff(lines(want), lines(got)); changes != "" {
		t.Errorf("%s is not what would be deployed (-drawn +now); `make golden` draws it:\n%s", path, changes)
	}
}

// TestDashboardFits: widgets neither overlap nor leave the grid, and a graph draws something.
func TestDashboardFits(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		var b board
		if err := json.Unmarshal([]byte(s.text(at(s.the(t, "WatchDashboard").Properties, "DashboardBody"))), &b); err != nil {
			t.Fatal(err)
		}
		taken := map[[2]int]bool{}
		for _, w := range b.Widgets {
			if w.X+w.Width > 24 || w.Type == "metric" && len(w.Properties.Metrics) == 0 {
				t.Errorf("%q is empty, or ends at %d of 24", w.Properties.Title, w.X+w.Width)
			}
			for x := w.X; x < w.X+w.Width; x++ {
				for y := w.Y; y < w.Y+w.Height; y++ {
					if taken[[2]int{x, y}] {
						t.Fatalf("%q covers another widget at %d, %d", w.Properties.Title, x, y)
					}
					taken[[2]int{x, y}] = true
				}
			}
		}
	})
}

func (b board) draw() []byte {
	bottom := 0
	for _, w := range b.Widgets {
		bottom = max(bottom, w.Y+w.Height)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="10" fill="#16191f">`+"\n", 24*unitWidth, bottom*unitHeight)
	fmt.Fprintln(&out, `<rect width="100%" height="100%" fill="#f2f3f3"/>`)
	for _, w := range b.Widgets {
		x, y := w.X*unitWidth, w.Y*unitHeight
		if w.Type == "text" {
			fmt.Fprintf(&out, `<text x="%d" y="%d" font-size="15" font-weight="bold">%s</text>`+"\n", x+gap, y+unitHeight-gap*2, html.EscapeString(strings.TrimPrefix(w.Properties.Markdown, "## ")))
			continue
		}
		fmt.Fprintf(&out, `<rect x="%d" y="%d" width="%d" height="%d" rx="3" fill="#fff" stroke="#d5dbdb"/>`+"\n", x+gap/2, y+gap/2, w.Width*unitWidth-gap, w.Height*unitHeight-gap)
		title := w.Properties.Title
		if unit := w.Properties.YAxis.Left.Label; unit != "" {
			title += ", " + unit
		}
		at := y + titleLine
		fmt.Fprintf(&out, `<text x="%d" y="%d" font-size="12" font-weight="bold">%s</text>`+"\n", x+2*gap, at, html.EscapeString(title))
		for n, legend := range append(alarms(w.Properties.Alarms, w.Width), legends(w.Properties.Metrics)...) {
			at += metricLine
			colour := palette[n%len(palette)]
			if w.Type == "alarm" {
				colour = "none"
			}
			fmt.Fprintf(&out, `<rect x="%d" y="%d" width="7" height="7" fill="%s"/><text x="%d" y="%d">%s</text>`+"\n", x+2*gap, at-7, colour, x+2*gap+11, at, html.EscapeString(legend))
		}
		for _, line := range w.Properties.Annotations.Horizontal {
			at += metricLine
			fmt.Fprintf(&out, `<path d="M%d %dh9" stroke="#d13212" stroke-width="2"/><text x="%d" y="%d" fill="#d13212">alarm at %v</text>`+"\n", x+2*gap-1, at-3, x+2*gap+11, at, line.Value)
		}
	}
	fmt.Fprintln(&out, "</svg>")
	return out.Bytes()
}

// alarms returns the names of alarms, as many on a line as fit.
func alarms(arns []string, width int) (rows []string) {
	row := ""
	for _, arn := range arns {
		name := strings.TrimSuffix(strings.TrimPrefix(arn, "Watch"), ".Arn")
		if len(row)+len(name) > width*charsOfUnit {
			rows, row = append(rows, row), ""
		}
		row += name + "  "
	}
	if row != "" {
		rows = append(rows, row)
	}
	return rows
}

// legends returns "label: metric statistic" of each line that is drawn.
func legends(metrics [][]any) (found []string) {
	for _, line := range metrics {
		drawn, _ := line[len(line)-1].(map[string]any)
		if drawn["visible"] == false {
			continue
		}
		what := fmt.Sprint(drawn["expression"])
		if len(line) > 1 {
			what = fmt.Sprintf("%s %s", line[1], drawn["stat"])
		}
		found = append(found, fmt.Sprintf("%s: %s", drawn["label"], what))
	}
	return found
}
