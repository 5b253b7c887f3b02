// Command compare runs the article's five wirings, and those it did not try, side by
// side on this machine: the real handlers, over a network that a few parameters
// describe; or, with -deployed, those of the stage Compare in an account. Then it says
// what clients of one region, of three and of six wait for around the world, by the same
// parameters. It prints tables and leaves results.json, compare.svg and world.svg in a
// folder.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"global-ingest/test/figures"
)

func main() {
	var p parameters
	p.define(flag.CommandLine)
	rounds := flag.Int("rounds", 25, "requests over new connections, and half of those over connections that stay open")
	regions := flag.String("REGIONS", "", "print only the world, for these `sets` of regions: \"us-east-1 us-east-1,eu-west-1\"")
	out := flag.String("out", filepath.Join(".local", "compare"), "`folder` for results.json and the plots")
	deployed := flag.String("deployed", "", "`stage` to measure in the account instead, such as Compare")
	flag.Parse()
	if *deployed != "" {
		rows, err := probe(context.Background(), *deployed, *rounds, os.Stderr)
		if err == nil {
			err = reportDeployed(os.Stdout, filepath.Join(*out, "deployed"), rows)
		}
		exit(err)
	}
	exit(run(context.Background(), p, *regions, *rounds, *out, os.Stdout))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(ctx context.Context, p parameters, regions string, rounds int, folder string, out io.Writer) error {
	w, err := newWorld(p, cmp.Or(regions, growing))
	if err != nil {
		return err
	}
	report := &figures.Report{}
	if regions == "" {
		if report, err = compare(ctx, p, rounds, folder, out); err != nil {
			return err
		}
	}
	w.markdown(out)
	w.addTo(report)
	if err := report.Save(filepath.Join(folder, "results.json")); err != nil {
		return err
	}
	return w.plot().Save(filepath.Join(folder, "world.svg"))
}

// compare measures the wirings.
func compare(ctx context.Context, p parameters, rounds int, folder string, out io.Writer) (*figures.Report, error) {
	l, err := newSetup(p, ".")
	if err != nil {
		return nil, err
	}
	defer l.close()
	rows, err := l.measure(ctx, rounds)
	if err != nil {
		return nil, err
	}
	markdown(out, l, rows)
	return results(&p, rows), plot(filepath.Join(folder, "compare.svg"), &p, rows)
}
