package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
)

// vuln looks for known vulnerabilities in what the code calls. When the database cannot be
// reached it says so and passes, unless the check is required.
func vuln(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("vuln")
	govulncheck := flags.String("govulncheck", "", "`package` of govulncheck, with its version; required")
	db := flags.String("db", "https://vuln.go.dev", "`URL` of the database")
	required := flags.Bool("required", false, "fail when the database cannot be reached")
	if err := t.parse(flags, args); err != nil {
		return err
	}
	if *govulncheck == "" {
		return errors.New("-govulncheck is missing: add -govulncheck golang.org/x/vuln/cmd/govulncheck@<version>")
	}
	var text bytes.Buffer
	err := terminal{t.in, &text, &text}.exec(ctx, nil, "go", "run", *govulncheck, "-db", *db, "./...")
	if err != nil && !*required && strings.Contains(text.String(), "fetching vulnerabilities") {
		fmt.Fprintf(t.out, "govulncheck: NOT CHECKED, %s cannot be reached from here; the workflow of a pull request "+
			"fails then\n", *db)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, &text)
	}
	return nil
}
