// Smoke is the operator's before and after a deploy. `ready` says what the account
// still lacks, `endpoint` how to try what is deployed, `events` sends some there and,
// with credentials, finds them in the lake; `kept` says what a destroy leaves.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "smoke:", err)
		os.Exit(1)
	}
}

// options are what the commands have in common.
type options struct {
	environment string
	assembly    string
	outputs     string
	url, bucket string
	examples    string
	origin      string
	wait        time.Duration
}

func run(ctx context.Context, args []string, out, usage io.Writer) error {
	if len(args) == 0 {
		return errors.New("which: ready, endpoint, events or kept?")
	}
	o, err := parse(args, usage)
	if err != nil {
		return err
	}
	switch args[0] {
	case "ready":
		return ready(ctx, o)
	case "endpoint":
		return endpoint(o, out)
	case "events":
		return events(ctx, o, out)
	case "kept":
		return kept(o, out)
	}
	return fmt.Errorf("%q is none of ready, endpoint, events and kept", args[0])
}

func parse(args []string, usage io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("smoke "+args[0], flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&o.environment, "environment", "Dev", "`name` of the environment")
	flags.StringVar(&o.assembly, "assembly", ".local/cdk.out", "cloud assembly `folder` that is about to be deployed")
	flags.StringVar(&o.outputs, "outputs", ".local/outputs", "`folder` of <environment>.json, what the last deploy from here said")
	flags.StringVar(&o.url, "url", "", "`URL` to post to; default: the deployed one")
	flags.StringVar(&o.bucket, "bucket", "", "`name` of the lake; default: the deployed one")
	flags.StringVar(&o.examples, "examples", "lambdas/validate/schemas/examples", "`folder` of the events to send")
	flags.StringVar(&o.origin, "origin", "", "`origin` to send as a browser would, where not every one is allowed")
	flags.DurationVar(&o.wait, "wait", 5*time.Minute, "longest to look for the events in the lake: what Firehose buffers, twice, and some")
	if err := flags.Parse(args[1:]); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return o, nil
}
