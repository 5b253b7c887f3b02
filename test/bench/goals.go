package main

import (
	"fmt"
	"io"
	"math"

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

// goal is a limit of the product for something that is worked out of a run's figures.
type goal struct {
	name  string
	value value
	most  float64 // 0: no upper limit
	least float64 // 0: no lower limit
}

// value works something out of figures.
type value func(lookup) float64

// lookup returns a figure, or NaN where there is none.
type lookup func(table, subject, metric string) float64

var goals = []goal{
	{"Immediate to empty, 0 ms, p50", over(warmTable(0), immediate, empty, "p50"), 1.3, 0},
	{"Immediate to empty, 5 ms, p50", over(warmTable(5), immediate, empty, "p50"), 1.5, 0},
	{"Immediate to empty, 15 ms, p50", over(warmTable(15), immediate, empty, "p50"), 1.5, 0},
	{"Durable to empty and a bare put, 0 ms, p50", toEmptyAndPut(warmTable(0), durable), 1.2, 0},
	{"Durable to empty and a bare put, 5 ms, p50", toEmptyAndPut(warmTable(5), durable), 1.05, 0},
	{"the pipeline without its page to the page open, events/s", over(tablePage, noPage, pageOpen, inS3), 1.05, 0},
	{"Durable to idiomatic, 0 ms, p50", over(warmTable(0), durable, idiomatic, "p50"), 1, 0},
	{"start to first question, Durable to empty, bundle", over(tableBundle, durable, empty, firstQuestion), 1.4, 0},
	{"start to first answer, Durable to empty, bundle", over(tableBundle, durable, empty, firstAnswer), 2.5, 0},
	{"start to first answer, Durable as deployed to idiomatic with directories", across(tableBundle, durable, tableCold, idiomatic, firstAnswer), 0.4, 0},
	{"Python client per call to Durable, 0 ms, p50", over(warmTable(0), pythonCall, durable, "p50"), 0, 50},
	{"Python client per call to Immediate, 5 ms, p50", over(warmTable(5), pythonCall, immediate, "p50"), 0, 100},
	{"Validator with schema, 200 B, to naive", toNaive("schema/200B/ours"), 0, 3},
	{"Validator with schema, 500 B, to naive", toNaive("schema/500B/ours"), 0, 3},
	{"Validator with schema, 5,000 B, to naive", toNaive("schema/5000B/ours"), 0, 3},
	{"Validator without schema, 200 B, to naive with", toNaive("syntax/200B/ours"), 0, 8},
	{"Validator without schema, 500 B, to naive with", toNaive("syntax/500B/ours"), 0, 8},
	{"Validator without schema, 5,000 B, to naive with", toNaive("syntax/5000B/ours"), 0, 8},
	{"healthy to the same without spill, p50", over(tableFaults, "healthy", bare, "p50"), 1.05, 0},
	{"breaker open, added to the S3 put, ms", added("503, breaker open", object), 5, 0},
	{"503 before the breaker opens, added, ms", added("503, breaker closed", "healthy"), 60, 0},
	{"hang, added, ms", added("hang", "healthy"), 1200, 0},
}

// over compares a metric of two subjects of a table.
func over(table, subject, base, metric string) value {
	return across(table, subject, table, base, metric)
}

func across(table, subject, baseTable, base, metric string) value {
	return func(of lookup) float64 { return of(table, subject, metric) / of(baseTable, base, metric) }
}

func toNaive(subject string) value {
	return func(of lookup) float64 { return of(tableValidator, subject, toNaiveMetric) }
}

// toEmptyAndPut compares a subject with a function that does nothing and one put. The cost
// of a put is the difference between the bare loop with a put and the one without.
func toEmptyAndPut(table, subject string) value {
	return func(of lookup) float64 {
		put := of(table, floorPut, "p50") - of(table, floor, "p50")
		return of(table, subject, "p50") / (of(table, empty, "p50") + put)
	}
}

// added is the difference between the p99 of a subject and that of its base, in ms.
func added(subject, base string) value {
	return func(of lookup) float64 {
		return (of(tableFaults, subject, "p99") - of(tableFaults, base, "p99")) / 1000
	}
}

// writeGoals writes whether each goal is met, or which figure is missing.
func writeGoals(out io.Writer, r *figures.Report) {
	var rows [][]string
	for _, g := range goals {
		missing := ""
		value := g.value(func(table, subject, metric string) float64 {
			if value, found := r.Value(table, subject, metric); found {
				return value
			}
			missing = fmt.Sprintf("not measured: %s: %s has no %s", table, subject, metric)
			return math.NaN()
		})
		row := []string{g.name, "at most " + figures.Short(g.most), figures.Short(value), "met"}
		if g.most == 0 {
			row[1] = "at least " + figures.Short(g.least)
		}
		switch {
		case missing != "":
			row[2], row[3] = "", missing
		case g.most > 0 && value > g.most, g.least > 0 && value < g.least:
			row[3] = "**missed**"
		}
		rows = append(rows, row)
	}
	figures.WriteTable(out, "Goals", "lrrl", []string{"", "goal", "measured", ""}, rows)
}
