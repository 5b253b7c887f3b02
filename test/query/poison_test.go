package query

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/query"
)

// poisons are members that are legal JSON and stop readers of JSON lines: OpenX, DuckDB's
// own, pandas, polars or jq.
var poisons = []string{
	`"x":"\ud800"`, `"\udc00":1`, `"a":1,"A":2`, `"url":"u","URL":"v"`, `"n":1e400`, `"n":-1e400`, `"n":1e-400`,
	`"n":18446744073709551616`, `"n":-9223372036854775809`, `"n":` + strings.Repeat("9", 1_500), `"n":` + strings.Repeat("9", 5_000),
	`"page":"a string"`, `"page":["a"]`, `"n":-0`, `"n":1E+2`, `"":0`, `"\u0000":"\u0000"`, `"x":"\u2028\u2029\ufeff"`,
	`"x":"'; DROP TABLE lines; --"`, `"x":",\"event\":{\"type\":\"page_view\"}"`, `"event":{"type":"page_view"}`,
	`"x":` + strings.Repeat("[", 500) + strings.Repeat("]", 500), `"x":"` + strings.Repeat("a", 1<<20) + `"`, `"x" : "` + "\u0001" + `"`,
	`"id":"not ours","received_at":"never","day":"2020-01-01","request_id":[],"source":"s"`,
}

const click = `{"type":"click","event_id":"1","occurred_at":"2026-11-23T12:00:00.5+02:00","session":"s","page":{"url":"app://home"},"element":{"id":"e"}`

// hostile are bodies of one event each, as a click, as a type of its own, and with a
// type that is odd itself.
func hostile() (bodies [][]byte) {
	for i, poison := range poisons {
		bodies = append(bodies,
			fmt.Appendf(nil, "%s,%s}", click, poison),
			fmt.Appendf(nil, `{"type":"poison-%d",%s}`, i, poison))
	}
	for _, kind := range []string{`"cl\"ick"`, `"\\"`, `"cl\u0069ck"`, `""`, `"\ud800"`, `"type"`, `null`, `"Click"`, `"weird/../type name"`} {
		bodies = append(bodies, fmt.Appendf(nil, `{"type":%s}`, kind))
	}
	return bodies
}

// TestNoEventBreaksAQuery: whatever was acknowledged, every view and every question answers.
func TestNoEventBreaksAQuery(t *testing.T) {
	l := newLake(t)
	l.send(receivedAt, hostile()...)
	l.object("failed/processing-failed/", receivedAt, []byte(`{"attemptsMade":4,"arrivalTimestamp":1763892000123,`+
		`"errorCode":"Lambda.FunctionError","errorMessage":"m","rawData":"e30="}`+"\n"))
	everyQueryAnswers(t, l)
	// A lone surrogate hides its event's members from DuckDB's functions, and no other event's.
	got := l.ask("SELECT count(*) >= 15, count(*) - count(DISTINCT id), min(occurred_at), max(occurred_at) FROM click" +
		" WHERE event NOT LIKE '%\\ud%' AND page_url = 'app://home' AND element_id = 'e' AND session = 's'" +
		" UNION ALL SELECT count(*) = 2, count(page_url), NULL, NULL FROM click WHERE event LIKE '%\\ud%'" +
		" UNION ALL SELECT count(*) = 0, 0, NULL, NULL FROM click WHERE event NOT LIKE '%\\ud%' AND page_url IS NULL")
	want := [][]string{
		{"true", "0", "2026-11-23 10:00:00.5", "2026-11-23 10:00:00.5"},
		{"true", "0", "NULL", "NULL"},
		{"true", "0", "NULL", "NULL"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("clicks (-want +got)\n%s", diff)
	}
	want = [][]string{
		{"processing-failed", "2025-11-23 10:00:00.123", "Lambda.FunctionError", "4", "2026-11-23", "10"},
	}
	got = l.ask("SELECT error_type, arrived_at, error_code, attempts, day, hour FROM failed")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("failed (-want +got)\n%s", diff)
	}
}

func everyQueryAnswers(t *testing.T, l *lake) {
	t.Helper()
	tables, err := l.set.Tables()
	if err != nil {
		t.Fatal(err)
	}
	var queries []string
	for _, v := range l.Views {
		queries = append(queries, "SELECT * FROM "+v.Name)
	}
	for _, q := range query.Questions(tables) {
		queries = append(queries, q.SQL)
	}
	answers, err := l.RunAll(t.Context(), queries...)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		if a.Err() != nil {
			t.Errorf("%v\n%s", a.Err(), queries[i])
		}
	}
}

// TestEveryLineIsARow, with the event's own bytes, poison included.
func TestEveryLineIsARow(t *testing.T) {
	l := newLake(t)
	bodies := hostile()
	l.send(receivedAt, bodies...)
	rows := l.ask("SELECT event FROM events UNION ALL SELECT payload FROM rejected")
	stored := map[string]bool{}
	for _, row := range rows {
		stored[row[0]] = true
	}
	if len(rows) != len(bodies) {
		t.Errorf("%d rows of %d events", len(rows), len(bodies))
	}
	for _, body := range bodies {
		if !stored[string(body)] {
			t.Errorf("no row is %.100s", body)
		}
	}
	want := [][]string{{"Click"}, {`\`}, {`cl"ick`}, {"weird/../type name"}}
	got := l.ask("SELECT type FROM events WHERE type NOT LIKE 'poison%'" +
		" AND type NOT IN ('click', 'type', '', '\ufffd') ORDER BY type")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types (-want +got)\n%s", diff)
	}
}

// suite returns the files of JSONTestSuite that a parser must take, or may, in the copy that
// smithy-go tests itself with.
// https://github.com/nst/JSONTestSuite
func suite(t *testing.T) []string {
	t.Helper()
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/smithy-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	const tests = "transport/http/protocol/internal/json/testdata/test_parsing/[yi]_*.json"
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(folder)), filepath.FromSlash(tests)))
	if err != nil || len(files) != 95+35 {
		t.Fatalf("%d files, error %v, want the suite's 95 and 35: look where smithy-go has it now", len(files), err)
	}
	return files
}

// TestNoValidJSONBreaksAQuery: as a member of an event, and as a body of its own.
func TestNoValidJSONBreaksAQuery(t *testing.T) {
	files := suite(t)
	l := newLake(t)
	var bodies [][]byte
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, bytes.Join([][]byte{[]byte(click), []byte(`,"x":`), text, []byte("}")}, nil), text)
	}
	l.send(receivedAt, bodies...)
	if l.lines < 95 {
		t.Errorf("only %d lines of %d bodies", l.lines, len(bodies))
	}
	everyQueryAnswers(t, l)
}

// TestWhatStopsReadersIsCountedAmongTheRejects, where Portable is on as it is by default,
// and DuckDB's own reader of JSON lines then reads what is left.
func TestWhatStopsReadersIsCountedAmongTheRejects(t *testing.T) {
	l := newLake(t)
	l.portable = true
	for _, rest := range []string{`,"x":"\ud800"}`, `,"n":1e400}`, `,"n":18446744073709551616}`, "}"} {
		l.send(receivedAt, []byte(click+rest))
	}
	got := l.ask("(SELECT reason, instance, message FROM rejected ORDER BY message) UNION ALL " +
		"SELECT type, event.event_id, NULL FROM read_json_auto('" + filepath.ToSlash(l.Lake) +
		"/*/events/**/*.jsonl.gz')")
	want := [][]string{
		{"not_portable", "/n", "a number beyond what a double holds, 1.8e308"},
		{"not_portable", "/n", "an integer beyond 64 bits"},
		{"not_portable", "/x", "half of a surrogate pair, which no text can hold"},
		{"click", "1", "NULL"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
