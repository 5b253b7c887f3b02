package query

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"global-ingest/lambdas/record"
)

// macros are the functions of Trino in the views that DuckDB lacks, or has otherwise: it
// fails on text that is no JSON where Trino returns NULL.
var macros = []string{
	"SET TimeZone = 'UTC'",
	`CREATE MACRO json_extract_scalar(j, p) AS CASE WHEN json_valid(j)
		THEN CASE WHEN json_type(j, p) IN ('OBJECT', 'ARRAY', 'NULL') THEN NULL ELSE json_extract_string(j, p) END END`,
	"CREATE MACRO json_extract(j, p) AS CASE WHEN json_valid(j) THEN system.main.json_extract(j, p) END",
	"CREATE MACRO json_format(j) AS CAST(j AS VARCHAR)",
	"CREATE MACRO from_iso8601_timestamp(x) AS CAST(upper(x) AS TIMESTAMPTZ)",
}

// maxLineBytes is more than any line has: an event of record.MaxInflated, each of its
// bytes escaped in a reject, would have 6 times as many.
const maxLineBytes = 8 * record.MaxInflated

// Laptop is DuckDB over a lake that lies in files, with the SQL that Athena has.
type Laptop struct {
	Infra string // the folder infra, below which npm has installed DuckDB
	Lake  string // the folder of the buckets
	Views []View
}

// Run answers a query.
func (l Laptop) Run(ctx context.Context, sql string) (Result, error) {
	answers, err := l.RunAll(ctx, sql)
	if err != nil {
		return Result{}, err
	}
	return answers[0].Result, answers[0].Err()
}

// Answer is the result of one query, or its error.
type Answer struct {
	Result
	Seconds float64 // that DuckDB took
	Error   string
}

// Err is the reason why there is no result, in one line.
func (a Answer) Err() error {
	if a.Error == "" {
		return nil
	}
	return errors.New(strings.Join(strings.Fields(a.Error), " "))
}

// RunAll answers several queries. One that fails does not stop the others.
func (l Laptop) RunAll(ctx context.Context, queries ...string) (answers []Answer, err error) {
	if _, err := os.Stat(filepath.Join(l.Infra, "node_modules", "@duckdb")); err != nil {
		return nil, fmt.Errorf("DuckDB is not installed: run `npm ci --prefix %s`", filepath.ToSlash(l.Infra))
	}
	setup, err := l.setup()
	if err != nil {
		return nil, err
	}
	questions, err := json.Marshal(map[string]any{"setup": setup, "queries": queries})
	if err != nil {
		return nil, err
	}
	var notes bytes.Buffer
	command := exec.CommandContext(ctx, "node", filepath.Join(l.Infra, "query", "engine.mjs"))
	command.Stdin, command.Stderr = bytes.NewReader(questions), &notes
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("running DuckDB: %w: %s", err, strings.Join(strings.Fields(notes.String()), " "))
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		return nil, fmt.Errorf("reading DuckDB's answers: %w", err)
	}
	return answers, nil
}

// setup defines the macros, the tables over files and the views.
func (l Laptop) setup() ([]string, error) {
	setup := append([]string{}, macros...)
	for _, table := range []struct{ name, prefix string }{
		{"lines", record.EventsPrefix}, {"rejected_lines", record.RejectedPrefix}, {"failed_lines", record.FailedPrefix},
	} {
		files, err := l.files(table.prefix)
		if err != nil {
			return nil, err
		}
		setup = append(setup, "CREATE VIEW "+table.name+" AS "+files)
	}
	for _, v := range l.Views {
		setup = append(setup, "CREATE VIEW "+v.Name+" AS "+v.SQL)
	}
	return setup, nil
}

// files reads the objects below a prefix of every bucket, a line a row. DuckDB refuses a
// pattern that meets no file.
func (l Laptop) files(prefix string) (string, error) {
	const columns = `line, day, hour, filename AS "$path"`
	if found, err := hasObject(l.Lake, prefix); err != nil {
		return "", err
	} else if !found {
		return "SELECT " + columns + " FROM (SELECT '' AS line, '' AS day, '' AS hour, '' AS filename) WHERE false", nil
	}
	lake, err := filepath.Abs(l.Lake)
	if err != nil {
		return "", err
	}
	pattern := filepath.ToSlash(filepath.Join(lake, "*", prefix, "**", "*"+record.LinesExtension))
	const read = "SELECT %s FROM read_csv(%s, columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', escape = '', " +
		"header = false, auto_detect = false, filename = true, hive_partitioning = true, " +
		"hive_types = {'day': VARCHAR, 'hour': VARCHAR}, max_line_size = %d, buffer_size = %[3]d)"
	return fmt.Sprintf(read, columns, literal(pattern), maxLineBytes), nil
}

// hasObject says whether a bucket below the folder lake has an object of lines below prefix.
func hasObject(lake, prefix string) (found bool, err error) {
	buckets, err := os.ReadDir(lake)
	if err != nil {
		return false, fmt.Errorf("there is no lake in %s: run `make local` and send it events", filepath.ToSlash(lake))
	}
	for _, bucket := range buckets {
		// An error means that the folder is not there, or has gone: it has nothing.
		_ = filepath.WalkDir(filepath.Join(lake, bucket.Name(), prefix), func(path string, _ fs.DirEntry, err error) error {
			found = err == nil && strings.HasSuffix(path, record.LinesExtension)
			if found {
				return fs.SkipAll
			}
			return nil
		})
		if found {
			return true, nil
		}
	}
	return false, nil
}
