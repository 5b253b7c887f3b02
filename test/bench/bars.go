package main

import (
	"fmt"
	"io"

	"global-ingest/test/figures"
)

// Tables.
const (
	tableCold      = "Ingest: cold start, certificates from bundle and directories"
	tableBundle    = "Ingest: cold start, certificates from the bundle alone"
	tableWarm      = "Ingest: warm, Firehose takes %d ms"
	tableValidator = "Validator: batches of 1 MiB"
	tableAnswers   = "Validator: answers to 1 MiB of compressed bodies"
	tablePipeline  = "Pipeline on this machine"
	tablePage      = "The live page beside the pipeline"
	tableRedrive   = "Redrive: spilled records brought back"
	tableFaults    = "Ingest: what a client waits for while something is broken"
)

func warmTable(milliseconds int) string { return fmt.Sprintf(tableWarm, milliseconds) }

// bar is a goal for a ratio of one run.
type bar struct {
	name  string
	ratio func(*figures.Report) (float64, error)
	most  float64 // 0: no upper limit
	least float64 // 0: no lower limit
}

// bars are the goals of the product.
func bars() []bar {
	return []bar{
		{"Immediate to empty, 0 ms, p50", over(warmTable(0), immediate, empty, "p50"), 1.3, 0},
		{"Immediate to empty, 5 ms, p50", over(warmTable(5), immediate, empty, "p50"), 1.5, 0},
		{"Immediate to empty, 15 ms, p50", over(warmTable(15), immediate, empty, "p50"), 1.5, 0},
		{"Durable to empty and a bare put, 0 ms, p50", toEmptyAndPut(warmTable(0), durable), 1.2, 0},
		{"Durable to empty and a bare put, 5 ms, p50", toEmptyAndPut(warmTable(5), durable), 1.05, 0},
		{"the pipeline without its page to the page open, events/s", over(tablePage, noPage, pageOpen, inS3), 1.05, 0},
		{"Durable to idiomatic, 0 ms, p50", over(warmTable(0), durable, idiomatic, "p50"), 1, 0},
		{"start to first question, Durable to empty, bundle", over(tableBundle, durable, empty, "start to first question"), 1.4, 0},
		{"start to first answer, Durable to empty, bundle", over(tableBundle, durable, empty, "start to first answer"), 2.5, 0},
		{"start to first answer, Durable as deployed to idiomatic with directories", across(tableBundle, durable, tableCold, idiomatic, "start to first answer"), 0.4, 0},
		{"Python client per call to Durable, 0 ms, p50", over(warmTable(0), pythonCall, durable, "p50"), 0, 50},
		{"Python client per call to Immediate, 5 ms, p50", over(warmTable(5), pythonCall, immediate, "p50"), 0, 100},
		{"Validator with schema, 200 B, to naive", figureOf(tableValidator, "schema/200B/ours", "to naive with schema"), 0, 2},
		{"Validator with schema, 500 B, to naive", figureOf(tableValidator, "schema/500B/ours", "to naive with schema"), 0, 2},
		{"Validator with schema, 5,000 B, to naive", figureOf(tableValidator, "schema/5000B/ours", "to naive with schema"), 0, 2},
		{"Validator without schema, 200 B, to naive with", figureOf(tableValidator, "syntax/200B/ours", "to naive with schema"), 0, 8},
		{"Validator without schema, 500 B, to naive with", figureOf(tableValidator, "syntax/500B/ours", "to naive with schema"), 0, 8},
		{"Validator without schema, 5,000 B, to naive with", figureOf(tableValidator, "syntax/5000B/ours", "to naive with schema"), 0, 8},
		{"healthy to the same without spill, p50", over(tableFaults, "healthy", bare, "p50"), 1.05, 0},
		{"breaker open, added to the S3 put, ms", added(tableFaults, "503, breaker open", object), 5, 0},
		{"503 before the breaker opens, added, ms", added(tableFaults, "503, breaker closed", "healthy"), 60, 0},
		{"hang, added, ms", added(tableFaults, "hang", "healthy"), 1200, 0},
	}
}

func over(table, subject, base, metric string) func(*figures.Report) (float64, error) {
	return across(table, subject, table, base, metric)
}

func across(table, subject, baseTable, base, metric string) func(*figures.Report) (float64, error) {
	return func(r *figures.Report) (float64, error) {
		value, err := figureOf(table, subject, metric)(r)
		if err != nil {
			return 0, err
		}
		of, err := figureOf(baseTable, base, metric)(r)
		return value / of, err
	}
}

func figureOf(table, subject, metric string) func(*figures.Report) (float64, error) {
	return func(r *figures.Report) (float64, error) {
		value, found := r.Value(table, subject, metric)
		if !found {
			return 0, fmt.Errorf("%s: %s has no %s", table, subject, metric)
		}
		return value, nil
	}
}

// toEmptyAndPut compares a subject with a function that does nothing and one put. The cost
// of a put is the difference between the bare loop with a put and the one without.
func toEmptyAndPut(table, subject string) func(*figures.Report) (float64, error) {
	return func(r *figures.Report) (float64, error) {
		var p50 [4]float64
		for i, name := range []string{subject, empty, floorPut, floor} {
			var err error
			if p50[i], err = figureOf(table, name, "p50")(r); err != nil {
				return 0, err
			}
		}
		return p50[0] / (p50[1] + p50[2] - p50[3]), nil
	}
}

// added is the difference between the p99 of a subject and that of its base, in ms.
func added(table, subject, base string) func(*figures.Report) (float64, error) {
	return func(r *figures.Report) (float64, error) {
		value, err := figureOf(table, subject, "p99")(r)
		if err != nil {
			return 0, err
		}
		of, err := figureOf(table, base, "p99")(r)
		return (value - of) / 1000, err
	}
}

// writeBars writes whether each goal is met, or which figure is missing.
func writeBars(out io.Writer, r *figures.Report) {
	fmt.Fprint(out, "\n### Goals\n\n| | goal | measured | |\n|---|--:|--:|---|\n")
	for _, b := range bars() {
		goal := fmt.Sprintf("at most %s", figures.Short(b.most))
		if b.most == 0 {
			goal = fmt.Sprintf("at least %s", figures.Short(b.least))
		}
		value, err := b.ratio(r)
		switch {
		case err != nil:
			fmt.Fprintf(out, "| %s | %s | | not measured: %v |\n", b.name, goal, err)
		case b.most > 0 && value > b.most || b.least > 0 && value < b.least:
			fmt.Fprintf(out, "| %s | %s | %s | **missed** |\n", b.name, goal, figures.Short(value))
		default:
			fmt.Fprintf(out, "| %s | %s | %s | met |\n", b.name, goal, figures.Short(value))
		}
	}
}
