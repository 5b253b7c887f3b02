package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// benchmarked are the packages whose Go benchmarks are compared.
var benchmarked = []string{"./lambdas/event", "./lambdas/ingest", "./lambdas/record", "./lambdas/validate"}

// benchCompare runs the Go benchmarks here and at a revision, and shows what changed.
func benchCompare(ctx context.Context, args []string, t terminal) (err error) {
	flags := newFlags("bench-compare")
	since := flags.String("since", "main", "git `revision` to compare with")
	benchstat := flags.String("benchstat", "", "`package` of benchstat, with its version; required")
	if err := t.parse(flags, args); err != nil {
		return err
	}
	if *benchstat == "" {
		return errors.New("-benchstat is missing: add -benchstat golang.org/x/perf/cmd/benchstat@<version>")
	}
	folder := filepath.Join(".local", "bench")
	worktree := filepath.Join(folder, "base")
	if err := os.RemoveAll(worktree); err != nil { // of a run that was interrupted
		return err
	}
	if _, err := output("git", "worktree", "prune"); err != nil {
		return err
	}
	if _, err := output("git", "worktree", "add", "--quiet", "--detach", worktree, *since); err != nil {
		return err
	}
	defer func() {
		_, failed := output("git", "worktree", "remove", "--force", worktree)
		err = errors.Join(err, failed)
	}()
	var results []string
	for _, side := range []struct{ name, at string }{{"base", worktree}, {"new", "."}} {
		result := filepath.Join(folder, side.name+".txt")
		if err := t.measure(ctx, side.at, result); err != nil {
			return err
		}
		results = append(results, side.name+"="+result)
	}
	return t.exec(ctx, nil, "go", append([]string{"run", *benchstat}, results...)...)
}

// measure writes the benchmarks of the source in a folder to a file.
func (t terminal) measure(ctx context.Context, at, result string) error {
	var text bytes.Buffer
	quiet := terminal{t.in, &text, t.notes}
	args := append([]string{"-C", at, "test", "-run", "^$", "-bench", ".", "-benchmem", "-count", "6"}, benchmarked...)
	if err := quiet.exec(ctx, nil, "go", args...); err != nil {
		return fmt.Errorf("%w\n%s", err, &text)
	}
	return os.WriteFile(result, text.Bytes(), 0o644)
}
