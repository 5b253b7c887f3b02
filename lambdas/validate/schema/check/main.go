// Command check compiles the embedded schemas and maps them to columns, so that a bad one
// fails the build.
package main

import (
	"fmt"
	"os"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/validate/schema"
)

func main() {
	set, err := schema.Load(schema.Options{Formats: true, TypeFrom: []string{event.DefaultTypeFrom}})
	if err == nil {
		_, err = set.Tables()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, line := range set.Advice() {
		fmt.Fprintln(os.Stderr, line)
	}
}
