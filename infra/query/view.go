// Package query is the lake as SQL: the views that are deployed as Glue tables, and that
// DuckDB runs, unchanged, over the lake of a laptop. A line is read as text and its event
// by JSON functions, never by a reader of JSON lines: one hostile event stops such a
// reader for its whole object.
package query

import (
	"strings"

	"global-ingest/lambdas/validate/schema"
	"global-ingest/lambdas/validate/schema/column"
)

// Column is a column of a view: its name, its type in Trino, and how it is computed.
type Column struct {
	Name string `json:"name"`
	Type string `json:"type"`
	SQL  string `json:"-"`
}

// GlueType is the column's type in the Glue catalog.
func (c Column) GlueType() string { return column.GlueType(c.Type) }

// View is a query with a name.
type View struct {
	Name    string
	Says    string // what a row is
	Columns []Column
	SQL     string
}

// Views returns the views over the tables lines, rejected_lines and failed_lines, each
// after those that it reads.
func Views(types []schema.Table) []View {
	events := newView("events", "an event, whatever its type", lineColumns, lineParts)
	views := []View{
		events, once(events),
		newView("rejected", "a reject of the Validator", rejectedColumns, "FROM rejected_lines"),
		newView("failed", "a record that Firehose could not have validated", failedColumns, "FROM failed_lines"),
	}
	for _, t := range types {
		v := newView(t.View, t.Title, typedColumns(t), "FROM events\nWHERE type = "+literal(t.Type))
		views = append(views, v, once(v))
	}
	return views
}

func newView(name, says string, columns []Column, from string) View {
	selected := make([]string, len(columns))
	for i, c := range columns {
		selected[i] = "  " + c.SQL
		if c.SQL != c.Name {
			selected[i] += " AS " + c.Name
		}
	}
	return View{name, says, columns, "SELECT\n" + strings.Join(selected, ",\n") + "\n" + from}
}

// once is a view without the copies that an event has in one hour: Firehose and Lambda
// repeat within seconds. A window over the partition's columns leaves the engine free to
// skip the hours that a query does not ask for; over the id alone it would read them all.
func once(v View) View {
	columns := plain(v.Columns)
	const copies = "SELECT *, row_number() OVER (PARTITION BY id, day, hour ORDER BY received_at) AS copy"
	from := "FROM (\n  " + copies + "\n  FROM " + v.Name + "\n)\nWHERE copy = 1"
	return newView(v.Name+column.Once, v.Says+", without the copies of one hour", columns, from)
}

// plain are columns of another view, as they are there.
func plain(columns []Column) []Column {
	names := make([]Column, len(columns))
	for i, c := range columns {
		names[i] = Column{c.Name, c.Type, c.Name}
	}
	return names
}

// lineParts takes a line apart: our own members, as a JSON object, and the event's bytes.
// Package record writes ours, always in this order, with the event last. Before it no
// `,"event":` stands, so the first one is the event's.
const lineParts = `FROM (
  SELECT
    line,
    day,
    hour,
    substr(line, 1, strpos(line, ',"event":') - 1) || '}' AS envelope,
    substr(line, strpos(line, ',"event":') + 9, length(line) - strpos(line, ',"event":') - 9) AS event
  FROM lines
)`

// lineColumns are what column.Envelope names. The first three members are cut out of the
// line: a filter by type need not parse the others. A type with an escape is parsed.
var lineColumns = []Column{
	{"id", "varchar", `split_part(line, '"', 4)`},
	{
		"type", "varchar",
		`CASE WHEN strpos(split_part(line, '"', 8), '\') = 0 THEN split_part(line, '"', 8) ` +
			`ELSE json_extract_scalar(envelope, '$.type') END`,
	},
	{"received_at", "timestamp(3)", instant(`split_part(line, '"', 12)`)},
	member("envelope", "request_id"),
	member("envelope", "ip"),
	member("envelope", "ua"),
	{"source", "varchar", text("envelope", "source")},
	{"event", "varchar", "event"},
	{"day", "varchar", "day"},
	{"hour", "varchar", "hour"},
}

// rejectedColumns read a whole line: the Validator writes it, with what was sent as a
// string inside.
var rejectedColumns = []Column{
	member("line", "id"),
	member("line", "type"),
	{"received_at", "timestamp(3)", instant(scalar("line", "received_at"))},
	member("line", "reason"),
	{"instance", "varchar", scalar("line", "errors[0].instance")},
	{"message", "varchar", scalar("line", "errors[0].message")},
	{"errors", "varchar", text("line", "errors")},
	member("line", "payload"),
	member("line", "payload_base64"),
	member("line", "payload_object"),
	member("line", "request_id"),
	member("line", "ip"),
	member("line", "ua"),
	{"source", "varchar", text("line", "source")},
	member("line", "content_type"),
	member("line", "encoding"),
	member("line", "processor"),
	{"replays", "bigint", "COALESCE(" + whole(scalar("line", "replays")) + ", 0)"},
	{"day", "varchar", "day"},
	{"hour", "varchar", "hour"},
}

// failedColumns are what Firehose writes of a record.
// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
var failedColumns = []Column{
	{"error_type", "varchar", `regexp_extract("$path", '/failed/([^/]+)/', 1)`},
	{
		"arrived_at", "timestamp(3)",
		"CAST(timestamp '1970-01-01 00:00:00' + TRY_CAST(" + scalar("line", "arrivalTimestamp") +
			" AS double) / 1000 * interval '1' second AS timestamp)",
	},
	{"error_code", "varchar", scalar("line", "errorCode")},
	{"error_message", "varchar", scalar("line", "errorMessage")},
	{"attempts", "bigint", whole(scalar("line", "attemptsMade"))},
	{"raw_data", "varchar", scalar("line", "rawData")},
	{"day", "varchar", `regexp_extract("$path", '/day=([0-9-]+)/', 1)`},
	{"hour", "varchar", `regexp_extract("$path", '/hour=([0-9]+)/', 1)`},
}

// member is the column of a text in JSON that has its name.
func member(of, name string) Column { return Column{name, "varchar", scalar(of, name)} }

// typedColumns are the envelope's, with those of a type before the event itself.
func typedColumns(t schema.Table) []Column {
	var columns []Column
	for _, c := range plain(lineColumns) {
		if c.Name == "event" {
			for _, own := range t.Columns {
				columns = append(columns, Column{own.Name, own.Type(), memberSQL(own)})
			}
		}
		columns = append(columns, c)
	}
	return columns
}

// memberSQL reads a member. What is of another type than the schema says, which only an
// event from before the schema can hold, is NULL.
func memberSQL(c column.Column) string {
	path := strings.Join(c.Path, ".")
	switch value := scalar("event", path); c.Kind {
	case column.JSON:
		return text("event", path)
	case column.Text:
		return value
	case column.Instant:
		return instant(value)
	case column.Whole:
		return whole(value)
	default:
		return "TRY_CAST(" + value + " AS " + c.Type() + ")"
	}
}

func scalar(of, path string) string { return "json_extract_scalar(" + of + ", '$." + path + "')" }

// text is a member of any type as JSON.
func text(of, path string) string { return "json_format(json_extract(" + of + ", '$." + path + "'))" }

// instant is a time in UTC, whatever its offset was.
func instant(of string) string {
	return "CAST(TRY(from_iso8601_timestamp(" + of + ")) AT TIME ZONE 'UTC' AS timestamp)"
}

// whole reads 720.0 and 1e2 too, which are integers in JSON Schema.
func whole(of string) string { return "TRY_CAST(TRY_CAST(" + of + " AS decimal(38,0)) AS bigint)" }

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// Named is a question that people ask first.
type Named struct{ Name, Says, SQL string }

// recent are the objects of yesterday and today, in UTC.
const recent = "day >= CAST(CAST(current_date - interval '1' day AS date) AS varchar)"

// Questions returns them, for the types that have a schema.
func Questions(types []schema.Table) []Named {
	known := []string{"'canary'"}
	for _, t := range types {
		if t.Type != "canary" {
			known = append(known, literal(t.Type))
		}
	}
	return []Named{
		{
			"Events per type and hour", "How many events of each type arrived, since yesterday",
			"SELECT day, hour, type, count(*) AS events, count(DISTINCT id) AS distinct_events\nFROM events\nWHERE " +
				recent + "\nGROUP BY day, hour, type\nORDER BY day, hour, type",
		},
		{
			"Rejects by reason",
			"How many events were rejected for each reason, since yesterday, with the first finding of one of them",
			"SELECT reason, type, count(*) AS rejects, max_by(instance, id) AS instance, max_by(message, id) AS message, " +
				"max(id) AS example_id\nFROM rejected\nWHERE " + recent + "\nGROUP BY reason, type\nORDER BY rejects DESC",
		},
		{
			"An event by its id", "What became of one event: replace the ingest id, and the day by the one it arrived on",
			"SELECT id, type, received_at, 'valid' AS verdict, event\nFROM events\n" +
				"WHERE id LIKE '00000000-0000-7000-8000-000000000000/%' AND " + recent + "\nUNION ALL\n" +
				"SELECT id, type, received_at, reason, payload\nFROM rejected\n" +
				"WHERE id LIKE '00000000-0000-7000-8000-000000000000%' AND " + recent,
		},
		{
			"Types without a schema", "Which types arrive that nobody has described, since yesterday",
			"SELECT type, count(*) AS events, max(event) AS example\nFROM events\nWHERE type NOT IN (" +
				strings.Join(known, ", ") + ") AND " + recent + "\nGROUP BY type\nORDER BY events DESC",
		},
		{
			"Duplicates", "Which events lie in the lake more than once, since yesterday",
			"SELECT id, type, count(*) AS copies, min(received_at) AS received_at\nFROM events\nWHERE " + recent +
				"\nGROUP BY id, type\nHAVING count(*) > 1\nORDER BY copies DESC",
		},
	}
}
