// Command compare runs the article's five wirings, and those it did not try, side by
// side on this machine: the real handlers, over a network that a few parameters
// describe; or, with -deployed, those of the stage Compare in an account. Then it says
// what clients of one region, of three and of six wait for around the world, by the same
// parameters. It prints tables and leaves results.json, compare.svg and world.svg in
// .local/compare.
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

// rounds are the requests over new connections, and half of those over connections that stay open.
const rounds = 25

func main() {
	var p parameters
	p.define(flag.CommandLine)
	regions := flag.String("REGIONS", "",
		"print only the world, for these `sets` of regions: \"us-east-1 us-east-1,eu-west-1\"")
	deployed := flag.Bool("deployed", false, "measure the stage Compare in the account instead")
	flag.Parse()
	ctx, folder := context.Background(), filepath.Join(".local", "compare")
	var err error
	if *deployed {
		err = measureDeployed(ctx, rounds, filepath.Join(folder, "deployed"), os.Stdout, os.Stderr)
	} else {
		err = run(ctx, p, *regions, rounds, folder, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
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
