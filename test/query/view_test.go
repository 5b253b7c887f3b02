package query

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"global-ingest/infra/query"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schema"
	"global-ingest/lambdas/validate/schema/column"
)

// draw returns a click as somebody's program writes it: members left out, in any order,
// with blanks, escapes, offsets and exponents.
func draw(r *rand.Rand) []byte {
	texts := []string{`"a"`, `"Größe 🙂"`, `"\u00e9\n\"\\"`, `""`, `" "`, `"null"`, `"[1]"`, `"a\u0000b"`}
	text := func() string { return texts[r.IntN(len(texts))] }
	at := []string{`"2026-11-23T10:00:00Z"`, `"2026-11-23t23:59:59.123456+01:00"`, `"2026-02-28T00:00:00.5-23:59"`, `"2024-02-29T12:30:00.1z"`}
	number := []string{"0", "12", "360.5", "1e3", "0.1e1", "999999.999", "-0"}
	members := []string{
		`"type":"click"`, `"event_id":"1"`, `"session":"s"`, `"occurred_at": ` + at[r.IntN(len(at))],
		fmt.Sprintf(`"page":{"url":"app://%d", "title":%s}`, r.IntN(1000), text()), `"element": {"id":"e","text":` + text() + `}`,
	}
	for _, optional := range []string{
		fmt.Sprintf(`"position":{"x":%s,"y":%s}`, number[r.IntN(len(number))], number[r.IntN(len(number))]),
		`"tags": ["a", "b\u0063"]`, `"button":"left"`, `"more":{"deep":[` + text() + `]}`,
	} {
		if r.IntN(2) == 0 {
			members = append(members, optional)
		}
	}
	r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return []byte("{" + strings.Join(members, []string{",", " , ", ",\t"}[r.IntN(3)]) + "}")
}

// TestViewsSayWhatWasSent: each column is the member, and event the bytes, of 5,000 drawn
// events.
func TestViewsSayWhatWasSent(t *testing.T) {
	l := newLake(t)
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	var bodies [][]byte
	sent := map[string]int{}
	for range 100 {
		var batch [][]byte
		for range 50 {
			batch = append(batch, draw(r))
			sent[string(batch[len(batch)-1])]++
		}
		bodies = append(bodies, fmt.Appendf(nil, "[%s]", bytes.Join(batch, []byte(","))))
	}
	l.send(receivedAt, bodies...)
	tables, err := l.set.Tables()
	if err != nil {
		t.Fatal(err)
	}
	columns := tables[1].Columns
	names := []string{"event"}
	for _, c := range columns {
		names = append(names, c.Name)
	}
	rows := l.ask("SELECT " + strings.Join(names, ", ") + " FROM click")
	if len(rows) != 5_000 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		if sent[row[0]]--; sent[row[0]] < 0 {
			t.Fatalf("nobody sent %s", row[0])
		}
		for i, c := range columns {
			if want := member(t, row[0], c); !same(c, row[i+1], want) {
				t.Fatalf("%s is %q, want %q in\n%s", c.Name, row[i+1], want, row[0])
			}
		}
	}
}

// member returns what a column must be, by Go's own reading of the event.
func member(t *testing.T, event string, c column.Column) string {
	t.Helper()
	value := json.RawMessage(event)
	for _, name := range c.Path {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(value, &object); err != nil {
			t.Fatal(err)
		}
		if value = object[name]; value == nil {
			return "NULL"
		}
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return string(value)
	}
	return text
}

func same(c column.Column, got, want string) bool {
	switch {
	case got == want:
		return true
	case c.Kind == column.Instant:
		at, err := time.Parse(time.RFC3339Nano, strings.ToUpper(want))
		return err == nil && got == at.UTC().Format("2006-01-02 15:04:05.999999")
	case c.Kind == column.Double:
		a, errA := strconv.ParseFloat(got, 64)
		b, errB := strconv.ParseFloat(want, 64)
		return errA == nil && errB == nil && a == b
	case c.Kind == column.JSON:
		var a, b any
		errA, errB := json.Unmarshal([]byte(got), &a), json.Unmarshal([]byte(want), &b)
		return errA == nil && errB == nil && reflect.DeepEqual(a, b)
	}
	return false
}

// TestAViewReadsOnlyItsHours, one without copies too.
func TestAViewReadsOnlyItsHours(t *testing.T) {
	l := newLake(t)
	for hour := range 6 {
		l.send(receivedAt.Add(time.Duration(hour)*time.Hour), []byte(click+"}"))
	}
	for _, view := range []string{"events", "click", "click_once", "events_once"} {
		plan := fmt.Sprint(l.ask("EXPLAIN ANALYZE SELECT * FROM " + view +
			" WHERE day = '2026-11-23' AND hour BETWEEN '11' AND '12'"))
		if !strings.Contains(plan, "Total Files Read: 2") {
			t.Errorf("%s reads other files than those of its two hours:\n%s", view, plan)
		}
	}
}

// TestOnceLeavesOutTheCopiesOfAnHour, and only those.
func TestOnceLeavesOutTheCopiesOfAnHour(t *testing.T) {
	l := newLake(t)
	line := strings.Repeat(`{"id":"a/0","type":"click","received_at":"2026-11-23T10:00:00.000Z","event":{}}`+"\n", 3)
	l.object("events/", receivedAt, []byte(line))
	l.object("events/", receivedAt.Add(time.Hour), []byte(line))
	got := fmt.Sprint(l.ask("SELECT (SELECT count(*) FROM click), (SELECT count(*) FROM click_once), " +
		"(SELECT count(DISTINCT id) FROM click)"))
	if got != "[[6 2 1]]" {
		t.Errorf("copies, once an hour and ids are %s", got)
	}
}

// TestAViewReadsTheSourceOfALine, where ingest says one, and no member of the event.
func TestAViewReadsTheSourceOfALine(t *testing.T) {
	l := newLake(t)
	const head = `{"id":"a/0","type":"t","received_at":"2026-11-23T10:00:00.000Z","ua":"x \"y\"",`
	l.object("events/", receivedAt, []byte(
		head+`"source":{"route":"segment","context":{"ip":"i"}},"event":{"n":1}}`+"\n"+
			head+`"event":{"n":2,"source":{"mine":1}}}`+"\n"))
	got := fmt.Sprint(l.ask("SELECT ua, json_extract_scalar(source, '$.route'), " +
		"json_extract_scalar(source, '$.context.ip'), event FROM events ORDER BY event"))
	want := `[[x "y" segment i {"n":1}] [x "y" NULL NULL {"n":2,"source":{"mine":1}}]]`
	if got != want {
		t.Errorf("rows are %s, want %s", got, want)
	}
}

// TestAMemberBesideTheEventsIsNotTakenForTheEvent: an envelope may have one of the name.
func TestAMemberBesideTheEventsIsNotTakenForTheEvent(t *testing.T) {
	l := newLake(t)
	for _, envelope := range []string{
		`{"n":1,"event":{"type":"a"}}`, `{"n":1 , "event":2}`, `{"event":",\"event\":"}`, `{"":"","event" :3}`,
	} {
		source := record.Source{Client: "c", Envelope: record.JSON(envelope)}
		header := record.Header{ID: "a", ReceivedAt: receivedAt, Source: source}
		l.object(record.EventsPrefix, receivedAt, record.AppendLine(nil, header, 0, "t", []byte(`{"sent":true}`)))
	}
	got := fmt.Sprint(l.ask("SELECT count(*), count(source), min(event), max(event) FROM events WHERE type = 't'"))
	if want := `[[4 4 {"sent":true} {"sent":true}]]`; got != want {
		t.Errorf("rows, sources and events are %s, want %s", got, want)
	}
}

// everyKind is a schema with a column of each kind.
const everyKind = `{"properties": {"t": {"type": "string"}, "i": {"type": "string", "format": "date-time"}, "d": {"type": "string", "format": "date"},
	"b": {"type": "boolean"}, "w": {"type": "integer", "minimum": 0, "maximum": 9}, "n": {"type": "integer"},
	"m": {"type": "number", "multipleOf": 0.01, "minimum": 0, "maximum": 999}, "f": {"type": "number"}, "j": {}}}`

// TestColumnTypesAreDeclared: what Athena is told is what the engine computes.
func TestColumnTypesAreDeclared(t *testing.T) {
	l := newLake(t)
	set, err := schema.Compile(fstest.MapFS{"every.json": {Data: []byte(everyKind)}}, validate.Default().Options())
	if err != nil {
		t.Fatal(err)
	}
	every, err := set.Tables()
	if err != nil {
		t.Fatal(err)
	}
	ours, err := l.set.Tables()
	if err != nil {
		t.Fatal(err)
	}
	l.Views = query.Views(append(ours, every...))
	var queries []string
	for _, v := range l.Views {
		queries = append(queries, "SELECT column_name, column_type FROM (DESCRIBE "+v.Name+")")
	}
	answers, err := l.RunAll(t.Context(), queries...)
	if err != nil {
		t.Fatal(err)
	}
	for n, v := range l.Views {
		if answers[n].Err() != nil || len(answers[n].Rows) != len(v.Columns) {
			t.Fatalf("%s has %d columns, declared are %d: %v", v.Name, len(answers[n].Rows), len(v.Columns),
				answers[n].Err())
		}
		for i, row := range answers[n].Rows {
			declared := strings.ToUpper(strings.TrimSuffix(v.Columns[i].Type, "(3)"))
			if *row[0] != v.Columns[i].Name || *row[1] != declared {
				t.Errorf("%s: column %s %s is declared %v", v.Name, *row[0], *row[1], v.Columns[i])
			}
		}
	}
}

// TestNoViewIsCalledAsAWordOfDuckDB, whose list of words is longer than Athena's.
func TestNoViewIsCalledAsAWordOfDuckDB(t *testing.T) {
	words := newLake(t).ask("SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'")
	if len(words) < 50 {
		t.Errorf("only %d words", len(words))
	}
	for _, word := range words {
		if _, err := column.View(word[0], nil); err == nil {
			t.Errorf("a view may be called %s", word[0])
		}
	}
}

// TestACopyLiesWhereItWasAskedFor: infra/docs/query.md copies a view to a file.
func TestACopyLiesWhereItWasAskedFor(t *testing.T) {
	l := newLake(t)
	var err error
	if l.Infra, err = filepath.Abs(l.Infra); err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if _, err := l.Run(t.Context(), "copy (select * from click) to 'click.parquet'"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("click.parquet"); err != nil {
		t.Error(err)
	}
}
