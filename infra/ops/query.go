package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"global-ingest/infra/query"
)

// ask answers a query: over the lake of this machine, by DuckDB, or over an environment's,
// by Athena. The SQL is the same.
func ask(ctx context.Context, t terminal, f *flags) error {
	c, lake := f.where(here, "each, one after another"), f.lake()
	sql := f.String("sql", "", "`SQL` to run, such as \"select type, count(*) from events group by 1\"; required")
	format := f.String("format", "table", "table, csv or json")
	if err := f.parse(); err != nil {
		return err
	}
	if strings.TrimSpace(*sql) == "" {
		return errors.New(`there is no question: add SQL="select type, count(*) from events group by 1"`)
	}
	write, known := formats[*format]
	if !known {
		return fmt.Errorf("format is %q, must be table, csv or json", *format)
	}
	var result query.Result
	var err error
	if c.Name == "" {
		result, err = onLaptop(ctx, *lake, *sql)
	} else {
		result, err = t.everywhere(ctx, *c, *sql)
	}
	if err != nil {
		return err
	}
	return write(t.out, result)
}

// onLaptop answers over the objects in a folder.
func onLaptop(ctx context.Context, lake, sql string) (query.Result, error) {
	tables, err := tables()
	if err != nil {
		return query.Result{}, err
	}
	return query.Laptop{Infra: "infra", Lake: lake, Views: query.Views(tables)}.Run(ctx, sql)
}

// formats are how a result is written.
var formats = map[string]func(io.Writer, query.Result) error{
	"table": writeTable, "csv": writeCSV, "json": writeJSON,
}

// writeTable aligns the columns. A cell is one line, whatever it holds.
func writeTable(out io.Writer, r query.Result) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(cells []string) { fmt.Fprintln(table, strings.Join(cells, "\t")) }
	names := r.Names()
	row(names)
	lines := make([]string, len(names))
	for i, name := range names {
		lines[i] = strings.Repeat("-", len(name))
	}
	row(lines)
	for _, cells := range r.Texts("NULL") {
		for i, cell := range cells {
			if strings.ContainsFunc(cell, func(c rune) bool { return c < ' ' }) {
				cells[i] = fmt.Sprintf("%q", cell)
			}
		}
		row(cells)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	rows := "rows"
	if len(r.Rows) == 1 {
		rows = "row"
	}
	_, err := fmt.Fprintf(out, "(%d %s)\n", len(r.Rows), rows)
	return err
}

func writeCSV(out io.Writer, r query.Result) error {
	return csv.NewWriter(out).WriteAll(append([][]string{r.Names()}, r.Texts("")...))
}

// writeJSON writes one object a line. A number stays as exact as it is.
func writeJSON(out io.Writer, r query.Result) error {
	for _, row := range r.Rows {
		members := make([]string, len(row))
		for i, cell := range row {
			name, err := json.Marshal(r.Columns[i].Name)
			if err != nil {
				return err
			}
			value, err := r.Columns[i].JSON(cell)
			if err != nil {
				return err
			}
			members[i] = string(name) + ":" + string(value)
		}
		if _, err := fmt.Fprintf(out, "{%s}\n", strings.Join(members, ",")); err != nil {
			return err
		}
	}
	return nil
}
