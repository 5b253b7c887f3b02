package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"global-ingest/test/simulator"
)

// kept says what `make destroy` leaves in the account, and what it does not.
func kept(o options, out io.Writer) error {
	templates, err := simulator.ReadAssembly(o.assembly, o.environment)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "This deletes the stack %s-Pipeline. Its URL is gone for good: the next deploy has another one.\n", o.environment)
	for _, t := range templates {
		if !strings.HasSuffix(t.Stack, "-Pipeline") {
			fmt.Fprintf(out, "%s stays as it is: %s\n", t.Stack, strings.Join(resources(t, isTold), ", "))
			continue
		}
		retained := func(r *simulator.Resource) bool { return r.DeletionPolicy == "Retain" && isTold(r) }
		if all := resources(t, retained); len(all) > 0 {
			fmt.Fprintf(out, "Of %s these stay, outside any stack: %s\n", t.Stack, strings.Join(all, ", "))
			continue
		}
		fmt.Fprintf(out, "Of %s nothing stays, nor what its streams have not delivered yet\n", t.Stack)
	}
	return nil
}

// isTold leaves out what is part of something else.
func isTold(r *simulator.Resource) bool {
	return !strings.HasSuffix(r.Type, "Policy") && r.Type != "AWS::Logs::LogStream"
}

// resources returns "<logical id> (<kind>)" of those that told says yes to, sorted.
func resources(t *simulator.Template, told func(*simulator.Resource) bool) (all []string) {
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		if r := t.Resources[id]; told(r) {
			all = append(all, fmt.Sprintf("%s (%s)", id, r.Type[strings.LastIndex(r.Type, ":")+1:]))
		}
	}
	return all
}
