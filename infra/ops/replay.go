// Command replay is the operator's: it sends events that were rejected, or that
// the validator could not process, through the pipeline once more. It counts what
// lies below a prefix, asks, and queues the objects' names; Redrive does the rest.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"global-ingest/lambdas/record"
)

// options are what an operator asks for.
type options struct {
	environment string
	prefix      string
	reason      record.Reason
	dryRun, yes bool
	place       place
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "replay:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out, progress io.Writer) error {
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	at, err := open(ctx, o)
	if err != nil {
		return err
	}
	found, err := at.survey(ctx, o, progress)
	if err != nil {
		return err
	}
	found.print(out)
	switch {
	case found.records() == 0:
		return nil
	case o.dryRun:
		fmt.Fprintln(out, "dry run: nothing is queued")
		return nil
	case !o.yes && !confirm(in, out, found.records()):
		fmt.Fprintln(out, "nothing is queued")
		return nil
	}
	if err := at.queue(ctx, found.objects, o.reason); err != nil {
		return err
	}
	fmt.Fprintf(out, "queued %d objects: Redrive brings their records back, with the ids they have\n", len(found.objects))
	return nil
}

func parse(args []string, usage io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("replay", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&o.environment, "environment", "Dev", "`name` of the environment")
	flags.StringVar(&o.prefix, "prefix", "", "`key` prefix of the objects, below rejected/ or failed/; required")
	reason := flags.String("reason", "", "only rejects with this `reason`")
	flags.BoolVar(&o.dryRun, "dry-run", false, "count, and queue nothing")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	flags.StringVar(&o.place.bucket, "bucket", "", "`name` of the lake; default: the Storage stack's")
	flags.StringVar(&o.place.queueURL, "queue", "", "`URL` of the queue; default: the Storage stack's")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.reason = record.Reason(*reason)
	if !strings.HasPrefix(o.prefix, record.RejectedPrefix) && !strings.HasPrefix(o.prefix, record.FailedPrefix) {
		return o, fmt.Errorf("prefix is %q, must begin with %s or %s", o.prefix, record.RejectedPrefix, record.FailedPrefix)
	}
	if o.reason != "" && !slices.Contains(record.Reasons(), o.reason) {
		return o, fmt.Errorf("reason is %q, must be one of %v", o.reason, record.Reasons())
	}
	if o.reason != "" && strings.HasPrefix(o.prefix, record.FailedPrefix) {
		return o, fmt.Errorf("reason is %q, but what lies below %s has none", o.reason, record.FailedPrefix)
	}
	return o, nil
}

func confirm(in io.Reader, out io.Writer, records int) bool {
	fmt.Fprintf(out, "replay %d records? [y/N] ", records)
	answer, _ := bufio.NewReader(in).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(answer), "y")
}
