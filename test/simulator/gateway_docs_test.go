package simulator

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestTheTableOfRefusalsIsTrue: infra/docs/clients.md lists what the API answers instead of
// an acknowledgement, and each row's Retry-After and readability are what a page meets.
func TestTheTableOfRefusalsIsTrue(t *testing.T) {
	documented := refusalsDocumented(t)
	refused := map[string]string{} // by status: Retry-After
	for _, c := range []struct {
		method         string // default POST
		path, encoding string
		body           io.Reader
		function       Invoker
		throttled      bool
	}{
		{method: "PUT", path: "/events"},
		{path: "/events", body: strings.NewReader(strings.Repeat(" ", maxBodyBytes+1))},
		{path: "/events", encoding: "br", body: strings.NewReader("{}")},
		{path: "/events", throttled: true},
		{path: "/events", function: failing(ErrThrottled)},
		{path: "/events", function: failing(errors.New("ended"))},
		{path: "/events", function: failing(context.DeadlineExceeded)},
	} {
		if c.function == nil {
			c.function = failing(errors.New("is not asked"))
		}
		g := devGateway(t, c.function)
		if g.Throttled = c.throttled; c.throttled {
			g.bucket.Throttle = Throttle{}
			g.bucket.tokens = 0
		}
		got := ask(g, cmp.Or(c.method, "POST"), c.path, c.body, "Content-Encoding", c.encoding, "Origin", page)
		if got.Header.Get("Access-Control-Allow-Origin") != page ||
			got.Header.Get("Access-Control-Allow-Credentials") != "true" {
			t.Errorf("a page cannot read %d", got.StatusCode)
		}
		refused[strconv.Itoa(got.StatusCode)] = got.Header.Get("Retry-After")
	}
	refused["403"] = ""  // the firewall's, which is not simulated, is one of DEFAULT_4XX
	refused["503"] = "5" // the function's own: TestWhenNothingCanBeStoredTheAnswerIs503 in test/local
	if !maps.Equal(refused, documented) {
		t.Errorf("statuses and their Retry-After are %v, documented are %v", refused, documented)
	}
}

// refusalsDocumented reads the table: Retry-After by status. Each row says that a page can
// read it.
func refusalsDocumented(t *testing.T) map[string]string {
	t.Helper()
	rows := map[string]string{}
	for _, line := range strings.Split(section(t, "../../infra/docs/clients.md", "## What the gateway turns away"), "\n") {
		cells := strings.Split(line, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) != 8 || cells[1] == "status" || cells[1] == "---" {
			continue
		}
		if cells[5] != "yes" {
			t.Errorf("row %s says %q of pages", cells[1], cells[5])
		}
		rows[cells[1]] = cells[4]
	}
	return rows
}

// section is the part of a page under a heading, up to the next one of that depth.
func section(t *testing.T, path, heading string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, below, found := strings.Cut(string(text), heading+"\n")
	if !found {
		t.Fatalf("%s has no %s", path, heading)
	}
	depth, _, _ := strings.Cut(heading, " ")
	below, _, _ = strings.Cut(below, "\n"+depth+" ")
	return below
}

// TestTheRunbookKnowsEveryRefusal: the person whom the alarm wakes finds the status there.
func TestTheRunbookKnowsEveryRefusal(t *testing.T) {
	text := section(t, "../../infra/runbook.md", "### ClientErrors")
	for _, status := range slices.Sorted(maps.Keys(refusalsDocumented(t))) {
		if status < "500" && !strings.Contains(text, status) {
			t.Errorf("ClientErrors says nothing of %s", status)
		}
	}
}
