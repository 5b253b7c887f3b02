package main

import (
	"fmt"
	"strings"

	"global-ingest/lambdas/clients"
)

// clientGuides is a row for each guide of the table of clients.
func clientGuides() (string, error) {
	var b strings.Builder
	b.WriteString("| client | name in `Clients` | set | type | own id | kept | not kept |\n" +
		"| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, c := range clients.Table {
		for _, g := range c.Guides {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n",
				g.SDK, code(c.Name), strings.ReplaceAll(g.Set, "$host", "HOST"), typeOf(c),
				code(g.ID), g.Kept, g.Unkept)
		}
	}
	b.WriteString("\nTheir paths, each with POST unless it says GET, and with or without a slash at its end; " +
		"`{}` is any one segment:\n\n")
	for _, c := range clients.Table {
		if paths := pathsOf(c); len(paths) > 0 {
			fmt.Fprintf(&b, "- %s: %s\n", code(c.Name), strings.Join(paths, ", "))
		}
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
	return code(c.Types...)
}

func pathsOf(c clients.Client) (all []string) {
	for _, path := range c.Posts {
		all = append(all, code(path))
	}
	for _, path := range c.Gets {
		all = append(all, code("GET "+path))
	}
	return all
}

// code is the words in code, without the empty ones.
func code(words ...string) string {
	var all []string
	for _, word := range words {
		if word != "" {
			all = append(all, "`"+word+"`")
		}
	}
	return strings.Join(all, ", ")
}
