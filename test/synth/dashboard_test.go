package synth

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"global-ingest/test/figures"
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
var palette = []string{
	"#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf",
}

// board is the part of a dashboard's body that is drawn.
type board struct{ Widgets []widget }

type widget struct {
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

// boardOf is the dashboard of a Pipeline stack.
func boardOf(t *testing.T, s *stack) (b board) {
	t.Helper()
	body := s.text(at(s.the(t, "WatchDashboard").Properties, "DashboardBody"))
	if err := json.Unmarshal([]byte(body), &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGoldensAreDrawn keeps infra/dashboard.svg the picture of what Prod's template
// deploys: where each graph stands and what it draws, without any data.
func TestGoldensAreDrawn(t *testing.T) {
	keep(t, filepath.Join(root, "infra", "dashboard.svg"), boardOf(t, stackOf(t, "Prod", "Pipeline")).draw())
}

// TestDashboardFits: widgets neither overlap nor leave the grid, and a graph draws something.
func TestDashboardFits(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		taken := map[[2]int]bool{}
		for _, w := range boardOf(t, s).Widgets {
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
	d := figures.NewDrawing(24*unitWidth, bottom*unitHeight,
		`font-family="Helvetica, Arial, DejaVu Sans, sans-serif" font-size="10" fill="#16191f"`, "#f2f3f3")
	for _, w := range b.Widgets {
		if x, y := float64(w.X*unitWidth), float64(w.Y*unitHeight); w.Type == "text" {
			d.Text(x+gap, y+unitHeight-gap*2, `font-size="15" font-weight="bold"`,
				strings.TrimPrefix(w.Properties.Markdown, "## "))
		} else {
			w.draw(d, x, y)
		}
	}
	return d.Bytes()
}

// draw draws a graph, or a list of alarms, in a frame.
func (w widget) draw(d *figures.Drawing, x, y float64) {
	d.Rect(x+gap/2, y+gap/2, float64(w.Width*unitWidth-gap), float64(w.Height*unitHeight-gap),
		`rx="3" fill="#fff" stroke="#d5dbdb"`)
	title := w.Properties.Title
	if unit := w.Properties.YAxis.Left.Label; unit != "" {
		title += ", " + unit
	}
	at := y + titleLine
	d.Text(x+2*gap, at, `font-size="12" font-weight="bold"`, title)
	for n, legend := range append(alarms(w.Properties.Alarms, w.Width), legends(w.Properties.Metrics)...) {
		at += metricLine
		if w.Type != "alarm" {
			d.Rect(x+2*gap, at-7, 7, 7, `fill="`+palette[n%len(palette)]+`"`)
		}
		d.Text(x+2*gap+11, at, "", legend)
	}
	for _, line := range w.Properties.Annotations.Horizontal {
		at += metricLine
		d.Line(x+2*gap-1, at-3, x+2*gap+8, at-3, `stroke="#d13212" stroke-width="2"`)
		d.Text(x+2*gap+11, at, `fill="#d13212"`, fmt.Sprintf("alarm at %v", line.Value))
	}
}

// alarms returns lines of alarms' names, each with as many as fit.
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
