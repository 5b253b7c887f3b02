// Ops is the operators' command. It has one verb for each thing that a person or a workflow does
// to an environment: before, at and after a deploy, and in review. It knows the environments,
// and so the account and the region of each. Without a verb it lists the verbs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"global-ingest/infra/environment"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], terminal{os.Stdin, os.Stdout, os.Stderr})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ops:", err)
		os.Exit(1)
	}
}

// verb is one thing that the command can do.
type verb struct {
	name, does string
	run        func(context.Context, terminal, *flags) error
}

type group struct {
	title string
	verbs []verb
}

// groups are the verbs in the order of the usage text.
func groups() []group {
	return []group{
		{"Before and after a deploy", []verb{
			{"sites", "list the steps of a deploy, its regions and its front, as JSON", listSteps},
			{"ready", "check the account for what a deploy needs", ready},
			{"deploy", "deploy what is synthesized, region by region, then the front", deploy},
			{"drain", "take a region that is in Drained away from the clients", drain},
			{"endpoint", "print where the environment answers", endpoint},
			{"smoke", "send a few events and find them in the lake", smoke},
			{"names", "print the names that AWS generated, as variables of a shell", names},
			{"replay", "queue spilled, rejected or failed events, to process them again", replay},
			{"query", "query a lake in SQL: that of an environment, or the one on this machine", ask},
			{"judge", "run the schemas of the working tree over a lake, and count verdicts that change", judge},
			{"kept", "print what `make destroy` leaves in the account", kept},
			{"empty", "stop traffic and wait until the streams are empty", empty},
			{"destroy", "delete the front, then each region's pipeline once it is empty", destroy},
		}},
		{"In review", []verb{
			{"diff", "show what a deploy would change", diff},
			{"review-check", "fail if a change deletes or replaces what holds events", check},
			{"review-comment", "write the comment for a pull request: what would be lost, and each diff", comment},
			{"review-post", "post the comment to the pull request of a GitHub workflow, or update it there", post},
			{"schemas", "print what a change of the schemas means for clients and for queries", schemaChanges},
			{"cost", "print what an environment costs a month, and which quota it meets first", price},
			{"readme", "bring the generated tables of infra/docs up to date", readme},
		}},
		{"In the code", []verb{
			{"types", "write the TypeScript and Go types of events to infra/docs/types", eventTypes},
			{"fuzz", "run every fuzz target for a while", fuzz},
			{"bench-compare", "run the Go benchmarks here and at a revision, and compare", benchCompare},
			{"vuln", "look for known vulnerabilities", vuln},
		}},
	}
}

func run(ctx context.Context, args []string, t terminal) error {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		fmt.Fprint(t.out, usage())
		return nil
	}
	for _, g := range groups() {
		for _, v := range g.verbs {
			if v.name != args[0] {
				continue
			}
			f := &flags{FlagSet: flag.NewFlagSet(v.name, flag.ContinueOnError), typed: args[1:]}
			f.SetOutput(io.Discard) // an error is said once
			switch err := v.run(ctx, t, f); {
			case errors.Is(err, flag.ErrHelp):
				fmt.Fprintf(t.out, "usage: go run ./infra/ops %s [flags]: %s\n", v.name, v.does)
				f.SetOutput(t.out)
				f.PrintDefaults()
			case err != nil:
				return fmt.Errorf("%s: %w", v.name, err)
			}
			return nil
		}
	}
	return fmt.Errorf("there is no verb %q: `go run ./infra/ops` lists the verbs", args[0])
}

func usage() string {
	var out strings.Builder
	out.WriteString("usage: go run ./infra/ops <verb> [flags]; <verb> -h lists the flags of a verb\n")
	for _, g := range groups() {
		fmt.Fprintf(&out, "\n%s\n", g.title)
		for _, v := range g.verbs {
			fmt.Fprintf(&out, "  %-15s %s\n", v.name, v.does)
		}
	}
	return out.String()
}

// flags are those of a verb, and what a person typed.
type flags struct {
	*flag.FlagSet
	typed []string
	finds []func() error // each finds what a flag names, such as an environment
}

// parse reads the flags. Verbs take no other arguments.
func (f *flags) parse() error {
	err := f.Parse(f.typed)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return err
	case err != nil:
		return fmt.Errorf("%w: `go run ./infra/ops %s -h` lists the flags", err, f.Name())
	case f.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	for _, find := range f.finds {
		if err := find(); err != nil {
			return err
		}
	}
	return nil
}

// environment adds the flag that names the environment, which parse finds.
func (f *flags) environment() *environment.Environment {
	env, name := &environment.Environment{}, f.String("environment", inDev, "`name` of the environment")
	f.finds = append(f.finds, func() (err error) {
		*env, err = named(*name)
		return err
	})
	return env
}

// inDev is the environment in which a verb acts unless a person names another, and here is the lake
// of this machine in its place.
const inDev, here = "Dev", ""

// where adds the flags that say where a verb acts. Of a region they say what it does without it.
func (f *flags) where(standard, without string) *choice {
	usage := "`name` of the environment"
	if standard == here {
		usage += "; default none: the lake of this machine"
	}
	c, name := &choice{}, f.String("environment", standard, usage)
	f.StringVar(&c.region, "region", "", "`regions` of the environment, such as eu-central-1, home or "+
		environment.FrontStack+", with a comma between two; default "+without)
	f.finds = append(f.finds, func() error {
		switch {
		case *name != here || standard != here:
			return c.find(*name)
		case c.region != "":
			return fmt.Errorf("region is %q, but the lake of this machine is one: add ENV=…", c.region)
		}
		return nil
	})
	return c
}

func (f *flags) assembly(folder *string) {
	f.StringVar(folder, "assembly", ".local/cdk.out", "cloud assembly `folder` of the last synthesis")
}
