package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// figure is one number of one subject: the median of its runs, and their spread.
type figure struct {
	Table   string  `json:"table"`
	Subject string  `json:"subject"`
	Metric  string  `json:"metric"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
}

// report is every figure of one run, in the order in which they came.
type report struct {
	figures []figure
	notes   map[string][]string // how to read a table, by its name
}

// add notes the median and the spread of the runs of one number.
func (r *report) add(table, subject, metric, unit string, runs ...float64) {
	if len(runs) == 0 {
		return
	}
	sorted := slices.Sorted(slices.Values(runs))
	r.figures = append(r.figures, figure{table, subject, metric, sorted[len(sorted)/2], unit, sorted[0], sorted[len(sorted)-1]})
}

// note says below a table how to read it.
func (r *report) note(table, format string, args ...any) {
	if r.notes == nil {
		r.notes = map[string][]string{}
	}
	r.notes[table] = append(r.notes[table], fmt.Sprintf(format, args...))
}

// value returns a number, and whether it was measured.
func (r *report) value(table, subject, metric string) (float64, bool) {
	for _, f := range r.figures {
		if f.Table == table && f.Subject == subject && f.Metric == metric {
			return f.Value, true
		}
	}
	return 0, false
}

// distinct returns what of finds in the figures of a table, each once, in order.
func (r *report) distinct(table string, of func(figure) string) (all []string) {
	for _, f := range r.figures {
		if (table == "" || f.Table == table) && !slices.Contains(all, of(f)) {
			all = append(all, of(f))
		}
	}
	return all
}

// markdown writes each table: a row a subject, a column a metric.
func (r *report) markdown(out io.Writer) {
	for _, table := range r.distinct("", func(f figure) string { return f.Table }) {
		metrics := r.distinct(table, func(f figure) string { return f.Metric + ", " + f.Unit })
		fmt.Fprintf(out, "\n### %s\n\n| | %s |\n|---|%s\n", table, strings.Join(metrics, " | "), strings.Repeat("--:|", len(metrics)))
		for _, subject := range r.distinct(table, func(f figure) string { return f.Subject }) {
			fmt.Fprintf(out, "| %s |", subject)
			for _, metric := range metrics {
				fmt.Fprintf(out, " %s |", r.cell(table, subject, metric))
			}
			fmt.Fprintln(out)
		}
		for _, note := range r.notes[table] {
			fmt.Fprintf(out, "\n%s\n", note)
		}
	}
}

func (r *report) cell(table, subject, metric string) string {
	for _, f := range r.figures {
		if f.Table != table || f.Subject != subject || f.Metric+", "+f.Unit != metric {
			continue
		}
		if f.Low == f.High {
			return short(f.Value)
		}
		return fmt.Sprintf("%s (%s to %s)", short(f.Value), short(f.Low), short(f.High))
	}
	return ""
}

// short writes a number with three significant digits, and no fraction of what is large.
func short(value float64) string {
	switch {
	case value >= 100 || value == float64(int(value)):
		return fmt.Sprintf("%.0f", value)
	case value >= 10:
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.2f", value)
}

// save writes the figures as JSON.
func (r *report) save(path string) error {
	text, err := json.MarshalIndent(r.figures, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
