package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"global-ingest/infra/cost"
)

// costs says what a month of an environment costs before and after a change, by the goldens;
// nothing if they do not say.
func costs(base, head, env string) string {
	after, load := month(head, env)
	before, _ := month(base, env)
	switch {
	case after == "":
		return ""
	case before == "" || before == after:
		return fmt.Sprintf("%s a month (%s)", after, load)
	}
	return fmt.Sprintf("<b>%s a month, before %s</b> (%s)", after, before, load)
}

// month reads the sum and its load.
func month(folder, env string) (sum, load string) {
	text, err := os.ReadFile(filepath.Join(folder, strings.ToLower(env), "cost.txt"))
	if err != nil {
		return "", "" // a revision without cost.txt, or a new environment
	}
	title, rest, _ := strings.Cut(string(text), "\n")
	_, load, _ = strings.Cut(title, ": ")
	for line := range strings.Lines(rest) {
		if amount, found := strings.CutPrefix(line, cost.Sum); found {
			sum = strings.Fields(amount)[0]
		}
	}
	return sum, load
}
