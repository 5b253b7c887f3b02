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
	"strings"
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

// terminal is how a verb talks to a person. Results go to out, progress and usage to notes.
type terminal struct {
	in         io.Reader
	out, notes io.Writer
}

// verb is one thing that the command can do.
type verb struct {
	name, does string
	run        func(ctx context.Context, args []string, t terminal) error
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
			{"review", "check | comment | post: what a change deletes, and the pull request's comment", review},
			{"schemas", "what a change of the schemas means for clients and for queries", schemaChanges},
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

// group is verbs that belong together.
type group struct {
	title string
	verbs []verb
}

func run(ctx context.Context, args []string, t terminal) error {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		fmt.Fprint(t.out, usage())
		return nil
	}
	for _, g := range groups() {
		for _, v := range g.verbs {
			if v.name != args[0] {
				continue
			}
			if err := v.run(ctx, args[1:], t); err != nil && !errors.Is(err, flag.ErrHelp) {
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
			fmt.Fprintf(&out, "  %-14s %s\n", v.name, v.does)
		}
	}
	return out.String()
}

// parse reads the flags of a verb. Verbs take no other arguments.
func (t terminal) parse(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(t.notes)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return nil
}

// newFlags returns the flags of a verb.
func newFlags(verb string) *flag.FlagSet { return flag.NewFlagSet(verb, flag.ContinueOnError) }

// environmentFlag adds the flag that names the environment.
func environmentFlag(flags *flag.FlagSet) *string {
	return flags.String("environment", "Dev", "`name` of the environment")
}

// assemblyFlag adds the flag that names the folder of the cloud assembly.
func assemblyFlag(flags *flag.FlagSet) *string {
	return flags.String("assembly", ".local/cdk.out", "cloud assembly `folder` of the last synthesis")
}
