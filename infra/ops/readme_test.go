package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
)

// TestThePagesAreUpToDate with what is generated into them.
func TestThePagesAreUpToDate(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	for page := range pages {
		old, text, err := generate(page)
		if err != nil {
			t.Fatal(err)
		}
		if string(old) != string(text) {
			t.Errorf("%s is stale: `make readme` brings it up to date", page)
		}
	}
}

// TestTheREADMEIsAWalk that a stranger finishes.
func TestTheREADMEIsAWalk(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if words := len(strings.Fields(string(text))); err != nil || words > 1_600 {
		t.Errorf("README.md has %d words, want at most 1,600: %v", words, err)
	}
}

// TestEverySettingIsExplained, or its row is empty.
func TestEverySettingIsExplained(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	table, err := settingsTable()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(table) {
		if strings.HasSuffix(line, "|  |\n") || strings.Count(line, "|") != 5 {
			t.Errorf("row is %q", line)
		}
	}
	for _, want := range []string{
		"| `Ingest.MemoryMiB` | `512` | 128 to 10,240 MiB |",
		"| `Delivery.BufferFor` | `1m0s` | 0s to 15m in whole seconds |",
		"| `Strict` | `false` |", "| `ClientIP` | `truncated` | one of [none truncated full] |",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("%s is missing in\n%s", want, table)
		}
	}
}

// clientsTable returns the cells of the first column, and the rows, of a table of
// infra/docs/clients.md below a heading.
func clientsTable(t *testing.T, heading string) (names, rows []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "clients.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for line := range strings.Lines(section) {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| ---") {
			names = append(names, strings.TrimSpace(strings.Split(line, "|")[1]))
			rows = append(rows, line)
		}
	}
	if len(rows) < 2 {
		t.Fatalf("no table below %q", heading)
	}
	return names[1:], rows[1:]
}

// TestClientsAreToldEveryReason, and no other.
func TestClientsAreToldEveryReason(t *testing.T) {
	names, _ := clientsTable(t, "Reasons of a reject")
	var want []string
	for _, reason := range record.Reasons() {
		want = append(want, "`"+string(reason)+"`")
	}
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("documented are %v, there are %v", names, want)
	}
}

// TestClientsAreToldEveryLimit as the code has it.
func TestClientsAreToldEveryLimit(t *testing.T) {
	_, rows := clientsTable(t, "Limits")
	for _, limit := range []struct {
		row    string
		value  int
		reason record.Reason
	}{
		{"body of gzip, inflated", record.MaxInflated, record.TooLargeInflated},
		{"one event", record.MaxBytes, record.TooLarge},
		{"one event", record.MaxInflated, record.TooLarge},
		{"events of one body", event.MaxEvents, record.TooManyEvents},
		{"levels of an event", event.MaxDepth, record.TooDeep},
		{"values of an event", schema.MaxValues, record.TooComplex},
		{"significant digits", schema.MaxDigits, record.TooComplex},
	} {
		i := slices.IndexFunc(rows, func(row string) bool { return strings.HasPrefix(row, "| "+limit.row) })
		for _, want := range []string{" " + withCommas(limit.value) + " ", "`" + string(limit.reason) + "`"} {
			if i < 0 || !strings.Contains(rows[i], want) {
				t.Errorf("no row %q says %s", limit.row, want)
			}
		}
	}
}

func withCommas(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", withCommas(n/1000), n%1000)
}
