package column

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Envelope are the columns that every view has: what ingest knew of an event, the
// event's own bytes, and the folder of its object.
var Envelope = []string{"id", "type", "received_at", "request_id", "ip", "ua", "source", "event", "day", "hour"}

// Tables are the relations that are there whatever the types are.
var Tables = []string{"lines", "events", "rejected_lines", "rejected", "failed_lines", "failed"}

// Once ends the name of a view without the duplicates of an hour.
const Once = "_once"

// reserved are the words that cannot name a column or a view without quotes: those of
// Athena's SELECT, and those that DuckDB adds.
// https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html
var reserved = func() map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(`alter and as between by case cast constraint create cross cube current_catalog
		current_date current_path current_schema current_time current_timestamp current_user deallocate delete describe
		distinct drop else end escape except execute exists extract false first for from full group grouping having in
		inner insert intersect into is join json_array json_exists json_object json_query json_table json_value last left
		like listagg localtime localtimestamp natural normalize not null offset on or order outer prepare recursive right
		rollup select skip table then trim true uescape union unnest using values when where with
		all analyse analyze any array asc asymmetric both check collate column default deferrable desc do fetch foreign
		initially lambda lateral leading limit only pivot pivot_longer pivot_wider placing primary qualify references
		returning show some summarize symmetric to trailing unique unpivot variadic window`) {
		words[word] = true
	}
	return words
}()

var (
	memberName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	columnName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,254}$`) // as long as Glue allows
	viewName   = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,127}$`) // as long as CloudFormation's ids leave room for
	timeName   = regexp.MustCompile(`(^|_)(at|time|timestamp|date|datetime)$`)
	notInName  = regexp.MustCompile(`[^a-z0-9]+`)
	wordBegins = regexp.MustCompile(`([a-z0-9])([A-Z])|([A-Z])([A-Z][a-z])`)
)

// isName says whether a member may be in a path: what both engines read alike.
func isName(member string) bool { return memberName.MatchString(member) }

func isColumn(name string) bool { return columnName.MatchString(name) }

// isTime says whether the name of a member promises a time.
func isTime(member string) bool { return timeName.MatchString(snake([]string{member})) }

// snake returns the column of a path: page.urlPath is page_url_path.
func snake(path []string) string {
	words := make([]string, len(path))
	for i, member := range path {
		for spaced := ""; spaced != member; {
			spaced = member
			member = wordBegins.ReplaceAllString(member, "${1}${3}_${2}${4}")
		}
		words[i] = strings.ToLower(member)
	}
	return strings.Join(words, "_")
}

// View returns the name of a type's view: the one that the schema's annotation x-view
// says, or the type with _ for what no name may hold.
func View(eventType string, own any) (string, error) {
	if strings.ContainsAny(eventType, `"\`) {
		return "", fmt.Errorf("the type %q has a quote or a backslash, by which no query can find it: "+
			"rename the file", eventType)
	}
	name, isOwn := own.(string)
	if !isOwn {
		name = strings.Trim(notInName.ReplaceAllString(strings.ToLower(eventType), "_"), "_")
	}
	const how = `: name its view at the top of the schema, "x-view": "…"`
	switch {
	case !viewName.MatchString(name):
		return "", fmt.Errorf("the view of %q would be %q, must be at most 128 small letters, digits and _, "+
			"and begin with no digit%s", eventType, name, how)
	case reserved[name]:
		return "", fmt.Errorf("the view of %q would be %s, a word of SQL%s", eventType, name, how)
	case slices.Contains(Tables, name) || name == "events"+Once:
		return "", fmt.Errorf("the view of %q would be %s, which is another table%s", eventType, name, how)
	}
	return name, nil
}
