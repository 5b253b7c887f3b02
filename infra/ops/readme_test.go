package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/event"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
	"global-ingest/lambdas/validate/schema/column"
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

// TestTheREADMENamesEveryRoom: where things are is a line of its tree.
func TestTheREADMENamesEveryRoom(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tree, _ := strings.Cut(string(text), "\n## Where things are\n")
	tree, _, _ = strings.Cut(tree, "\n## ")
	for _, floor := range []string{"infra", "lambdas", "test"} {
		rooms, err := os.ReadDir(floor)
		if err != nil {
			t.Fatal(err)
		}
		for _, room := range rooms {
			if room.IsDir() && room.Name() != "node_modules" && !strings.Contains(tree, floor+"/"+room.Name()) {
				t.Errorf("README.md does not say what is in %s/%s", floor, room.Name())
			}
		}
	}
	for _, room := range regexp.MustCompile(`(?:infra|lambdas|test)/[a-z]+`).FindAllString(tree, -1) {
		if info, err := os.Stat(room); room != "infra/runbook" && (err != nil || !info.IsDir()) {
			t.Errorf("README.md tells of %s, which is no folder", room)
		}
	}
}

func TestContributingSendsToFilesThatExist(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	text, err := os.ReadFile(filepath.Join(".github", "CONTRIBUTING.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range regexp.MustCompile("`((?:infra|lambdas|test)/[a-z_./*-]+)`").FindAllSubmatch(text, -1) {
		if found, err := filepath.Glob(string(path[1])); len(found) == 0 {
			t.Errorf("CONTRIBUTING.md sends to %s, which is not there: %v", path[1], err)
		}
	}
}

// TestEveryLinkOfThePagesLeadsSomewhere, to a heading too, and every test that they name exists.
func TestEveryLinkOfThePagesLeadsSomewhere(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	listed, err := exec.Command("git", "ls-files", "*.md", "*_test.go").Output()
	if err != nil {
		t.Skipf("git does not list the files here: %v", err)
	}
	texts := map[string]string{}
	var tests strings.Builder
	for _, path := range strings.Fields(string(listed)) {
		text, err := os.ReadFile(path)
		switch {
		case err != nil:
			t.Error(err)
		case strings.HasSuffix(path, ".md"):
			texts[path] = string(text)
		default:
			tests.Write(text)
		}
	}
	for page, text := range texts {
		for _, link := range regexp.MustCompile(`\]\(([^):]+)\)`).FindAllStringSubmatch(text, -1) {
			path, heading, _ := strings.Cut(link[1], "#")
			if path = filepath.Join(filepath.Dir(page), path); strings.HasPrefix(link[1], "#") {
				path = page
			}
			if _, err := os.Stat(path); err != nil || heading != "" && !slices.Contains(anchors(texts[path]), heading) {
				t.Errorf("%s links to %s, which is not there", page, link[1])
			}
		}
		for _, name := range regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)").FindAllStringSubmatch(text, -1) {
			if !strings.Contains(tests.String(), "func "+name[1]+"(") {
				t.Errorf("%s names %s, which is no test", page, name[1])
			}
		}
	}
}

// anchors are the headings of a page, as GitHub makes links of them.
func anchors(page string) (all []string) {
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(page, -1) {
		words := regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		all = append(all, strings.ReplaceAll(words, " ", "-"))
	}
	return all
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

// TestEveryClientHasAGuide to point its SDK here.
func TestEveryClientHasAGuide(t *testing.T) {
	_, rows := clientsTable(t, "Clients that you already have")
	for _, name := range clients.Names() {
		guides := func(row string) bool { return strings.HasPrefix(strings.SplitN(row, " | ", 3)[1], "`"+name+"`") }
		if !slices.ContainsFunc(rows, guides) {
			t.Errorf("no row has the client %s and what to set", name)
		}
	}
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

// TestClientsAreToldEveryHeader that is on every answer, but for those of CORS.
func TestClientsAreToldEveryHeader(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "clients.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range ingest.Headers {
		told := strings.Contains(string(text), "`"+h.Name+": "+h.Value+"`")
		if !told && !strings.HasPrefix(h.Name, "Access-Control-") {
			t.Errorf("clients.md does not tell of %s", h.Name)
		}
	}
}

// TestReadersAreToldTheColumnsOfEveryView on the page of the event types.
func TestReadersAreToldTheColumnsOfEveryView(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "events.md"))
	last := len(column.Envelope) - 1
	want := "has `" + strings.Join(column.Envelope[:last], "`, `") + "` and `" + column.Envelope[last] + "`."
	if err != nil || !strings.Contains(string(text), want) {
		t.Errorf("events.md does not say %q: %v", want, err)
	}
}

// TestTheRunbookQuotesTheLogs of the functions: what it says to look for in them is written there.
func TestTheRunbookQuotesTheLogs(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "runbook.md"))
	if err != nil {
		t.Fatal(err)
	}
	sources, err := filepath.Glob(filepath.Join("..", "..", "lambdas", "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, path := range sources {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(source)
	}
	quoted := regexp.MustCompile("[`']\"([a-z][a-z/ ]+)\"[`']").FindAllStringSubmatch(string(text), -1)
	if len(quoted) < 4 {
		t.Errorf("the runbook quotes %q", quoted)
	}
	for _, line := range quoted {
		if !strings.Contains(code.String(), `"`+line[1]) {
			t.Errorf("the runbook looks for %q, which no function logs", line[1])
		}
	}
}

func withCommas(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", withCommas(n/1000), n%1000)
}
