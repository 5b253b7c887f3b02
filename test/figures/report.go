// Package figures is what the measurements of bench and compare share: what every function
// that is measured gets, and how figures are kept, printed and drawn.
package figures

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Figure is one number of one subject: as a rule the median of its runs, and their spread.
type Figure struct {
	Table   string  `json:"table"`
	Subject string  `json:"subject"`
	Metric  string  `json:"metric"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`
}

// Report holds every figure of one run, in the order in which they were added.
type Report struct {
	Figures []Figure
	Notes   map[string][]string // how to read a table, by its name
}

// Add adds the median and the spread of the runs of one number. Without a run it adds
// nothing.
func (r *Report) Add(table, subject, metric, unit string, runs ...float64) {
	if len(runs) == 0 {
		return
	}
	sorted := slices.Sorted(slices.Values(runs))
	r.Figures = append(r.Figures,
		Figure{table, subject, metric, sorted[len(sorted)/2], unit, sorted[0], sorted[len(sorted)-1]})
}

// Note adds a sentence below a table.
func (r *Report) Note(table, format string, args ...any) {
	if r.Notes == nil {
		r.Notes = map[string][]string{}
	}
	r.Notes[table] = append(r.Notes[table], fmt.Sprintf(format, args...))
}

// Value returns a number, and whether it was measured.
func (r *Report) Value(table, subject, metric string) (float64, bool) {
	for _, f := range r.Figures {
		if f.Table == table && f.Subject == subject && f.Metric == metric {
			return f.Value, true
		}
	}
	return 0, false
}

// Subjects returns the subjects of a table.
func (r *Report) Subjects(table string) []string {
	return r.distinct(table, func(f Figure) string { return f.Subject })
}

// distinct returns each value of a property of a table's figures once, in order. An empty
// table stands for all.
func (r *Report) distinct(table string, of func(Figure) string) (all []string) {
	for _, f := range r.Figures {
		if (table == "" || f.Table == table) && !slices.Contains(all, of(f)) {
			all = append(all, of(f))
		}
	}
	return all
}

// Markdown writes each table: a row for each subject, a column for each metric.
func (r *Report) Markdown(out io.Writer) {
	for _, table := range r.distinct("", func(f Figure) string { return f.Table }) {
		metrics := r.distinct(table, func(f Figure) string { return f.Metric + ", " + f.Unit })
		fmt.Fprintf(out, "\n### %s\n\n| | %s |\n|---|%s\n", table, strings.Join(metrics, " | "),
			strings.Repeat("--:|", len(metrics)))
		for _, subject := range r.Subjects(table) {
			fmt.Fprintf(out, "| %s |", subject)
			for _, metric := range metrics {
				fmt.Fprintf(out, " %s |", r.cell(table, subject, metric))
			}
			fmt.Fprintln(out)
		}
		for _, note := range r.Notes[table] {
			fmt.Fprintf(out, "\n%s\n", note)
		}
	}
}

func (r *Report) cell(table, subject, metric string) string {
	for _, f := range r.Figures {
		if f.Table != table || f.Subject != subject || f.Metric+", "+f.Unit != metric {
			continue
		}
		if f.Low == f.High {
			return Short(f.Value)
		}
		return fmt.Sprintf("%s (%s to %s)", Short(f.Value), Short(f.Low), Short(f.High))
	}
	return ""
}

// Short writes a number with three significant digits, and large numbers without a fraction.
func Short(value float64) string {
	switch {
	case value >= 100 || value == float64(int(value)):
		return fmt.Sprintf("%.0f", value)
	case value >= 10:
		return fmt.Sprintf("%.1f", value)
	}
	return fmt.Sprintf("%.2f", value)
}

// Save writes the figures as JSON to a file.
func (r *Report) Save(path string) error { return SaveJSON(path, r.Figures) }

// SaveJSON writes a value as indented JSON to a file, whose folder it makes.
func SaveJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
