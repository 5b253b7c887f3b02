// Command check compiles the embedded schemas, so that a bad one fails the build.
package main

import (
	"fmt"
	"os"

	"global-ingest/lambdas/validate/schemas"
)

func main() {
	if _, err := schemas.Load(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
