// Command check compiles the embedded schemas, so that a bad one fails the build.
package main

import (
	"fmt"
	"os"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/validate/schema"
)

func main() {
	if _, err := schema.Load(schema.Options{Formats: true, TypeFrom: []string{event.DefaultTypeFrom}}); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
