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

// Figure is one number of one subject: the median of its runs, and their spread.
type Figure struct {
	Table   string  `json:"table"`
	Subject string  `json:"subject"`
	Metric  string  `json:"metric"`
	Value   float64 `json:"value"`
	Unit    string  `json:"unit"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`

	runs []float64 // sorted
}

// Report holds every figure of one run, in the order in which they were first added.
type Report struct {
	Figures []Figure
	Notes   map[string][]string // how to read a table, by its name
}

// Add adds runs of one number, all at once or one after another. Without a run it adds nothing.
func (r *Report) Add(table, subject, metric, unit string, runs ...float64) {
	if len(runs) == 0 {
		return
	}
	f := r.find(table, subject, metric)
	if f == nil {
		r.Figures = append(r.Figures, Figure{Table: table, Subject: subject, Metric: metric, Unit: unit})
		f = &r.Figures[len(r.Figures)-1]
	}
	f.runs = slices.Sorted(slices.Values(append(f.runs, runs...)))
	f.Value, f.Low, f.High = f.runs[len(f.runs)/2], f.runs[0], f.runs[len(f.runs)-1]
}

// find returns the figure, or nil.
func (r *Report) find(table, subject, metric string) *Figure {
	for i := range r.Figures {
		if f := &r.Figures[i]; f.Table == table && f.Subject == subject && f.Metric == metric {
			return f
		}
	}
	return nil
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
	if f := r.find(table, subject, metric); f != nil {
		return f.Value, true
	}
	return 0, false
}

// distinct returns each value of a property once, in order, of a table's figures or of all for "".
func (r *Report) distinct(table string, of func(Figure) string) (all []string) {
	for _, f := range r.Figures {
		if (table == "" || f.Table == table) && !slices.Contains(all, of(f)) {
			all = append(all, of(f))
		}
	}
	return all
}

// Subjects returns the subjects of a table.
func (r *Report) Subjects(table string) []string {
	return r.distinct(table, func(f Figure) string { return f.Subject })
}

// Markdown writes each table: a row for each subject, a column for each metric.
func (r *Report) Markdown(out io.Writer) {
	for _, table := range r.distinct("", func(f Figure) string { return f.Table }) {
		columns, rows := []string{""}, [][]string(nil)
		metrics := r.distinct(table, func(f Figure) string { return f.Metric })
		for _, subject := range r.Subjects(table) {
			row := []string{subject}
			for _, metric := range metrics {
				row = append(row, r.find(table, subject, metric).cell())
			}
			rows = append(rows, row)
		}
		columns = append(columns, r.distinct(table, func(f Figure) string { return f.Metric + ", " + f.Unit })...)
		WriteTable(out, table, "lr", columns, rows)
		for _, note := range r.Notes[table] {
			fmt.Fprintf(out, "\n%s\n", note)
		}
	}
}

func (f *Figure) cell() string {
	switch {
	case f == nil:
		return ""
	case f.Low == f.High:
		return Short(f.Value)
	}
	return fmt.Sprintf("%s (%s to %s)", Short(f.Value), Short(f.Low), Short(f.High))
}

// WriteTable writes a table in Markdown. align has l for a column of text and r for one of numbers;
// its last letter also stands for the columns that follow.
func WriteTable(out io.Writer, title, align string, columns []string, rows [][]string) {
	fmt.Fprintf(out, "\n### %s\n\n| %s |\n|", title, strings.Join(columns, " | "))
	for i := range columns {
		fmt.Fprint(out, map[byte]string{'l': "---|", 'r': "--:|"}[align[min(i, len(align)-1)]])
	}
	fmt.Fprintln(out)
	for _, row := range rows {
		fmt.Fprintf(out, "| %s |\n", strings.Join(row, " | "))
	}
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

// SaveJSON writes a value as indented JSON to a file.
func SaveJSON(path string, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return write(path, append(text, '\n'))
}

// write writes a file, and makes its folder first: a fresh clone has no .local.
func write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
