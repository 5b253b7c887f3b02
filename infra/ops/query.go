package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"global-ingest/infra/environment"
	"global-ingest/infra/query"
	"global-ingest/lambdas/validate/schema"
)

// ask answers a query: over the lake of this machine, by DuckDB, or over an environment's,
// by Athena. The SQL is the same.
func ask(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("query")
	sql := flags.String("sql", "", "`SQL` to run, such as \"select type, count(*) from events group by 1\"; required")
	var w where
	flags.StringVar(&w.environment, "environment", "", "`name` of the environment; default none: the lake of this machine")
	regionFlag(flags, &w.region, "each, one after another")
	lake := flags.String("lake", ".local/lake/buckets", "`folder` of the buckets on this machine")
	format := formatFlag(flags)
	if err := t.parse(flags, args); err != nil {
		return err
	}
	if strings.TrimSpace(*sql) == "" {
		return errors.New(`there is no question: add SQL="select type, count(*) from events group by 1"`)
	}
	var result query.Result
	var err error
	if w.environment == "" {
		result, err = onLaptop(ctx, *lake, *sql)
	} else {
		result, err = t.everywhere(ctx, w, *sql)
	}
	if err != nil {
		return err
	}
	return format.write(t.out, result)
}

// onLaptop answers over the objects in a folder.
func onLaptop(ctx context.Context, lake, sql string) (query.Result, error) {
	set, err := schema.Load(schema.Options{Formats: true, TypeFrom: environment.Default("").TypeFrom})
	if err != nil {
		return query.Result{}, err
	}
	tables, err := set.Tables()
	if err != nil {
		return query.Result{}, err
	}
	return query.Laptop{Infra: "infra", Lake: lake, Views: query.Views(tables)}.Run(ctx, sql)
}

// format is how a result is written.
type format string

func formatFlag(flags *flag.FlagSet) *format {
	f := format("table")
	flags.Func("format", "table, csv or json; default table", func(text string) error {
		if text != "table" && text != "csv" && text != "json" {
			return errors.New("want table, csv or json")
		}
		f = format(text)
		return nil
	})
	return &f
}

func (f format) write(out io.Writer, r query.Result) error {
	switch f {
	case "csv":
		return writeCSV(out, r)
	case "json":
		return writeJSON(out, r)
	}
	return writeTable(out, r)
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
	w := csv.NewWriter(out)
	return w.WriteAll(append([][]string{r.Names()}, r.Texts("")...))
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
