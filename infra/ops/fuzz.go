package main

import (
	"context"
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
func fuzz(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("fuzz")
	folder := flags.String("folder", "lambdas", "`folder` of the targets")
	time := flags.Duration("time", 30*time.Second, "how long each runs")
	list := flags.Bool("list", false, "list the targets, and run none")
	if err := t.parse(flags, args); err != nil {
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
			"-fuzz", "^"+target.name+"$", "-fuzztime", time.String(), "-fuzzminimizetime", "10x")
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
