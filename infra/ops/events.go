package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/validate/schema"
)

// eventTables is what infra/docs/events.md says of each event type: its members with
// their columns, an example, and a query.
func eventTables() (string, error) {
	all, err := tables()
	if err != nil {
		return "", err
	}
	valid, err := examplesOf(schemaFolder+"/examples", "valid")
	if err != nil {
		return "", err
	}
	var out strings.Builder
	for _, t := range all {
		if t.Type == "canary" {
			continue
		}
		fmt.Fprintf(&out, "## %s\n\n%s. The view is `%s`.\n\n", t.Type, t.Title, t.View)
		out.WriteString("| member | JSON type | column | SQL type | required | |\n| --- | --- | --- | --- | --- | --- |\n")
		for _, c := range t.Columns {
			fmt.Fprintf(&out, "| `%s` | %s | `%s` | %s | %s | %s |\n",
				strings.Join(c.Path, "."), anyOf(c.JSONType), c.Name, c.Type(), yes(c.Required), c.Describes)
		}
		for _, path := range t.Without {
			fmt.Fprintf(&out, "| `%s` | | in `event` only: its name can be no column's | | | |\n", path)
		}
		if err := example(&out, t, valid); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

func anyOf(jsonType string) string {
	if jsonType == "" {
		return "any"
	}
	return jsonType
}

func yes(is bool) string {
	if is {
		return "yes"
	}
	return ""
}

// example writes the first valid example of a type, if it has one, and a query.
func example(out *strings.Builder, t schema.Table, valid []string) error {
	i := slices.IndexFunc(valid, func(path string) bool {
		return strings.HasSuffix(path[:strings.LastIndex(path, "/valid/")], "/"+t.Type)
	})
	if i >= 0 {
		text, err := os.ReadFile(valid[i])
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "\n```json\n%s\n```\n", bytes.TrimSpace(text))
	}
	fmt.Fprintf(out, "\n```sql\nSELECT day, count(DISTINCT id) AS events\nFROM %s\nWHERE day >= '%s'\n"+
		"GROUP BY day\nORDER BY day\n```\n\n",
		t.View, environment.Default("").Query.Since)
	return nil
}
