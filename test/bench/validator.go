package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// measurement is one line of go test -bench, such as
// BenchmarkValidate/schema/500B/ours-2  20  21349214 ns/op  49.12 MB/s  23940588 B/op  388761 allocs/op
var measurement = regexp.MustCompile(`(?m)^BenchmarkValidate(Answer|(?:Ratio)?/\S+?)(?:-\d+)?\s+\d+\s+(.+)$`)

// validator runs the Validator's benchmarks a number of times and adds their figures.
func (b *bench) validator() error {
	command := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkValidate(Ratio|Answer)?$",
		"-benchmem", "-benchtime", "5x", "-count", strconv.Itoa(b.benchmarks), "./lambdas/validate")
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("running %s: %w\n%s", command, err, output)
	}
	for _, line := range measurement.FindAllStringSubmatch(string(output), -1) {
		for pair := range slices.Chunk(strings.Fields(line[2]), 2) {
			value, err := strconv.ParseFloat(pair[0], 64)
			if err != nil {
				return fmt.Errorf("reading %q: %w", line[0], err)
			}
			b.addBenchmark(line[1], pair[1], value)
		}
	}
	return nil
}

// addBenchmark adds one metric of a benchmark, which it names by its unit.
func (b *bench) addBenchmark(name, unit string, value float64) {
	ratio, metric, _ := strings.Cut(strings.TrimPrefix(unit, "ratio-"), "-")
	size, isRatio := strings.CutPrefix(name, "Ratio/")
	kind, isTimes := strings.CutSuffix(unit, "-x-naive")
	subject, isCell := strings.CutPrefix(name, "/")
	switch {
	case isRatio && isTimes:
		b.report.Add(tableValidator, kind+"/"+size+"/ours", toNaiveMetric, "times as fast", value)
	case name == "Answer" && answers[metric] != [2]string{}:
		b.report.Add(tableAnswers, "ratio "+strings.TrimLeft(ratio, "0"), answers[metric][0], answers[metric][1], value)
	case isCell && unit == "MB/s":
		b.report.Add(tableValidator, subject, "events", "MB/s", value)
	case isCell && unit == "allocs/op":
		b.report.Add(tableValidator, subject, "allocations", "a batch of 1 MiB", value)
	}
}

// answers are the metrics of BenchmarkValidateAnswer.
var answers = map[string][2]string{
	"answer-MB":  {"answer", "MB"},
	"objects-MB": {"objects beside it, compressed", "MB"},
	"times":      {"time", "times the first"},
}

const toNaiveMetric = "to naive with schema"
