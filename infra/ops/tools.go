package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// fuzzTarget is how a test file begins one.
var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w*)\(`)

// fuzz runs every fuzz target of the functions for a while.
func fuzz(ctx context.Context, t terminal, f *flags) error {
	folder := f.String("folder", "lambdas", "`folder` of the targets")
	each := f.Duration("time", 30*time.Second, "how long each runs")
	list := f.Bool("list", false, "list the targets, and run none")
	if err := f.parse(); err != nil {
		return err
	}
	targets, err := fuzzTargets(*folder)
	if err != nil {
		return err
	}
	for _, target := range targets {
		fmt.Fprintf(t.out, "%s in %s\n", target.name, target.folder)
		if *list {
			continue
		}
		err := t.exec(ctx, nil, "go", "test", "./"+filepath.ToSlash(target.folder), "-run", "^$",
			"-fuzz", "^"+target.name+"$", "-fuzztime", each.String(), "-fuzzminimizetime", "10x")
		if err != nil {
			return err
		}
	}
	return nil
}

type target struct{ folder, name string }

// fuzzTargets returns the targets of the test files below a folder, in order.
func fuzzTargets(folder string) (found []target, err error) {
	err = filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range fuzzTarget.FindAllSubmatch(text, -1) {
			found = append(found, target{filepath.Dir(path), string(match[1])})
		}
		return err
	})
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("there is no fuzz target below %s", folder)
	}
	return found, err
}

// benchmarked are the packages whose Go benchmarks are compared.
var benchmarked = []string{"./lambdas/event", "./lambdas/ingest", "./lambdas/record", "./lambdas/validate"}

// benchCompare runs the Go benchmarks here and at a revision, and shows what changed.
func benchCompare(ctx context.Context, t terminal, f *flags) error {
	since := f.String("since", "main", "git `revision` to compare with")
	benchstat := f.String("benchstat", "", "`package` of benchstat, with its version; required")
	if err := f.parse(); err != nil {
		return err
	}
	if *benchstat == "" {
		return errors.New("-benchstat is missing: add -benchstat golang.org/x/perf/cmd/benchstat@<version>")
	}
	folder := filepath.Join(".local", "bench")
	base := filepath.Join(folder, "base")
	if err := checkOut(ctx, *since, ".", base); err != nil {
		return err
	}
	var results []string
	for _, side := range []struct{ name, at string }{{"base", base}, {"new", "."}} {
		result := filepath.Join(folder, side.name+".txt")
		if err := measure(ctx, side.at, result); err != nil {
			return err
		}
		results = append(results, side.name+"="+result)
	}
	return t.exec(ctx, nil, "go", append([]string{"run", *benchstat}, results...)...)
}

// measure writes the benchmarks of the source in a folder to a file.
func measure(ctx context.Context, at, result string) error {
	args := append([]string{"-C", at, "test", "-run", "^$", "-bench", ".", "-benchmem", "-count", "6"}, benchmarked...)
	text, err := output(ctx, nil, nil, "go", args...)
	if err != nil {
		return err
	}
	return write(result, text)
}

// vuln looks for known vulnerabilities in what the code calls. When the database cannot be
// reached it says so and passes, unless the check is required.
func vuln(ctx context.Context, t terminal, f *flags) error {
	govulncheck := f.String("govulncheck", "", "`package` of govulncheck, with its version; required")
	db := f.String("db", "https://vuln.go.dev", "`URL` of the database")
	required := f.Bool("required", false, "fail when the database cannot be reached")
	if err := f.parse(); err != nil {
		return err
	}
	if *govulncheck == "" {
		return errors.New("-govulncheck is missing: add -govulncheck golang.org/x/vuln/cmd/govulncheck@<version>")
	}
	_, err := output(ctx, nil, nil, "go", "run", *govulncheck, "-db", *db, "./...")
	if err != nil && !*required && strings.Contains(err.Error(), "fetching vulnerabilities") {
		fmt.Fprintf(t.out, "govulncheck: NOT CHECKED, %s cannot be reached from here; the workflow of a pull request "+
			"fails then\n", *db)
		return nil
	}
	return err
}
