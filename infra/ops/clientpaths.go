package main

import (
	"fmt"
	"strings"

	"global-ingest/lambdas/clients"
)

// clientPaths is a row for each client of the table: where its events name their type, and
// its paths.
func clientPaths() (string, error) {
	var b strings.Builder
	b.WriteString("| name in `Clients` | type | paths |\n| --- | --- | --- |\n")
	for _, c := range clients.Table {
		paths := append(code("", c.Posts), code("GET ", c.Gets)...)
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", c.Name, typeOf(c), strings.Join(paths, ", "))
	}
	return b.String(), nil
}

// typeOf says where an event of c names its type.
func typeOf(c clients.Client) string {
	switch {
	case c.Name == clients.CloudEvents:
		return "`type`, or the header `ce-type`"
	case len(c.Types) == 0:
		return "`TypeFrom`"
	}
	return strings.Join(code("", c.Types), ", ")
}

// code returns each of the words as code, behind a prefix.
func code(prefix string, words []string) (all []string) {
	for _, word := range words {
		all = append(all, "`"+prefix+word+"`")
	}
	return all
}
