package main

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"global-ingest/test/figures"
)

// measurement is one line of go test -bench, such as
// BenchmarkValidate/schema/500B/ours-2  20  21349214 ns/op  49.12 MB/s  23940588 B/op  388761 allocs/op
var measurement = regexp.MustCompile(`(?m)^BenchmarkValidate(Ratio|Answer|/\S+?)(?:-\d+)?\s+\d+\s+(.+)$`)

// validator runs the Validator's benchmarks a number of times and adds their figures.
func validator(r *figures.Report, table string, times int) error {
	command := exec.Command("go", "test", "-run", "^$", "-bench", "^BenchmarkValidate(Ratio|Answer)?$",
		"-benchmem", "-benchtime", "5x", "-count", strconv.Itoa(times), "./lambdas/validate")
	output, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("running %s: %w\n%s", command, err, output)
	}
	type key struct{ subject, unit string }
	runs, order := map[key][]float64{}, []key(nil)
	for _, line := range measurement.FindAllStringSubmatch(string(output), -1) {
		fields := strings.Fields(line[2])
		for i := 0; i+1 < len(fields); i += 2 {
			value, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return fmt.Errorf("reading %q: %w", line[0], err)
			}
			k := key{line[1], fields[i+1]}
			if runs[k] == nil {
				order = append(order, k)
			}
			runs[k] = append(runs[k], value)
		}
	}
	for _, k := range order {
		switch ratio, metric, _ := strings.Cut(strings.TrimPrefix(k.unit, "ratio-"), "-"); {
		case k.subject == "Ratio" && strings.HasSuffix(k.unit, ratioUnit):
			subject := strings.ReplaceAll(strings.TrimSuffix(k.unit, ratioUnit), "-", "/") + "/ours"
			r.Add(table, subject, "to naive with schema", "times as fast", runs[k]...)
		case k.subject == "Answer" && answers[metric] != [2]string{}:
			name, unit := answers[metric][0], answers[metric][1]
			r.Add(tableAnswers, "ratio "+strings.TrimLeft(ratio, "0"), name, unit, runs[k]...)
		case strings.HasPrefix(k.subject, "/") && k.unit == "MB/s":
			r.Add(table, k.subject[1:], "events", "MB/s", runs[k]...)
		case strings.HasPrefix(k.subject, "/") && k.unit == "allocs/op":
			r.Add(table, k.subject[1:], "allocations", "a batch of 1 MiB", runs[k]...)
		}
	}
	return nil
}

// answers are the metrics of BenchmarkValidateAnswer.
var answers = map[string][2]string{
	"answer-MB":  {"answer", "MB"},
	"objects-MB": {"objects beside it, compressed", "MB"},
	"times":      {"time", "times the first"},
}

const ratioUnit = "-x-naive"
