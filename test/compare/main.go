// Command compare runs the article's five wirings, and those it did not try, side by
// side on this machine: the real handlers, over a network that a few parameters
// describe; or, with -deployed, those of the stage Compare in an account. It prints
// tables and leaves results.json and compare.svg in a folder.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	var p parameters
	p.define(flag.CommandLine)
	rounds := flag.Int("rounds", 25, "requests over new connections, and half of those over connections that stay open")
	out := flag.String("out", filepath.Join(".local", "compare"), "`folder` for results.json and compare.svg")
	deployed := flag.String("deployed", "", "`stage` to measure in the account instead, such as Compare")
	flag.Parse()
	if *deployed != "" {
		rows, err := probe(context.Background(), *deployed, *rounds, os.Stderr)
		if err == nil {
			err = reportDeployed(os.Stdout, filepath.Join(*out, "deployed"), rows)
		}
		exit(err)
	}
	exit(run(context.Background(), p, *rounds, *out, os.Stdout))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(ctx context.Context, p parameters, rounds int, folder string, out io.Writer) error {
	l, err := newSetup(p, ".")
	if err != nil {
		return err
	}
	defer l.close()
	rows, err := l.measure(ctx, rounds)
	if err != nil {
		return err
	}
	markdown(out, l, rows)
	if err := save(filepath.Join(folder, "results.json"), &l.parameters, rows); err != nil {
		return err
	}
	return plot(filepath.Join(folder, "compare.svg"), &l.parameters, rows)
}
