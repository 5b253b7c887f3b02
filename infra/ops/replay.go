package main

import (
	"bufio"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/record"
)

// asked is what an operator wants replayed.
type asked struct {
	environment string
	prefix      string
	reason      record.Reason
	older       time.Duration
	dryRun, yes bool
	bucket      string
	queueURL    string
}

// replay sends events through the pipeline again that were spilled or rejected, or that the
// Validator could not process. It counts what is below a prefix, asks, and queues the objects'
// names. Redrive does the rest.
func replay(ctx context.Context, args []string, t terminal) error {
	o, err := replayFlags(args, t)
	if err != nil {
		return err
	}
	at, err := enter(ctx, o.environment)
	if err != nil {
		return err
	}
	fmt.Fprintln(t.out, at)
	line, err := at.open(ctx, o)
	if err != nil {
		return err
	}
	found, err := line.survey(ctx, o, t.notes)
	if err != nil {
		return err
	}
	found.print(t.out)
	switch {
	case found.records() == 0:
		return nil
	case o.dryRun:
		fmt.Fprintln(t.out, "dry run: nothing is queued")
		return nil
	case !o.yes && !confirm(t, fmt.Sprintf("replay %d records?", found.records())):
		fmt.Fprintln(t.out, "nothing is queued")
		return nil
	}
	queued, err := line.queue(ctx, found.objects, o.reason)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "queued %d objects: Redrive brings their records back, with the ids they have\n", queued)
	return nil
}

func replayFlags(args []string, t terminal) (asked, error) {
	var o asked
	flags := newFlags("replay")
	flags.StringVar(&o.environment, "environment", "Dev", "`name` of the environment")
	flags.StringVar(&o.prefix, "prefix", "", "`key` prefix of the objects, below spill/, rejected/ or failed/; "+
		"required")
	flags.DurationVar(&o.older, "older", 24*time.Hour,
		"below spill/, only objects older than this: younger ones have their own message")
	reason := flags.String("reason", "", "only rejects with this `reason`")
	flags.BoolVar(&o.dryRun, "dry-run", false, "count, and queue nothing")
	flags.BoolVar(&o.yes, "yes", false, "do not ask")
	flags.StringVar(&o.bucket, "bucket", "", "`name` of the lake; default: the Storage stack's")
	flags.StringVar(&o.queueURL, "queue", "", "`URL` of the queue; default: the Storage stack's")
	if err := t.parse(flags, args); err != nil {
		return o, err
	}
	o.reason = record.Reason(*reason)
	return o, o.check()
}

// check refuses what Redrive cannot replay.
func (o asked) check() error {
	prefixes := []string{record.SpillPrefix, record.RejectedPrefix, record.FailedPrefix}
	if !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(o.prefix, prefix) }) {
		return fmt.Errorf("prefix is %q, must begin with one of %v", o.prefix, prefixes)
	}
	if o.reason != "" && !slices.Contains(record.Reasons(), o.reason) {
		return fmt.Errorf("reason is %q, must be one of %v", o.reason, record.Reasons())
	}
	if o.reason != "" && !strings.HasPrefix(o.prefix, record.RejectedPrefix) {
		return fmt.Errorf("reason is %q, but only objects below %s have one", o.reason, record.RejectedPrefix)
	}
	return nil
}

// confirm asks a yes or no question.
func confirm(t terminal, question string) bool {
	fmt.Fprintf(t.out, "%s [y/N] ", question)
	answer, _ := bufio.NewReader(t.in).ReadString('\n')
	return strings.EqualFold(strings.TrimSpace(answer), "y")
}

// open finds bucket and queue in the outputs of the Storage stack, unless o names them.
func (p place) open(ctx context.Context, o asked) (*replayer, error) {
	if o.bucket == "" || o.queueURL == "" {
		found, err := p.outputs(ctx, environment.StorageStack)
		if err != nil {
			return nil, err
		}
		o.bucket, o.queueURL = found[environment.LakeBucketOutput], found[environment.RedriveQueueOutput]
	}
	if o.bucket == "" || o.queueURL == "" {
		return nil, fmt.Errorf("looking for stack %s: it has no outputs %s and %s",
			environment.StackName(p.Name, environment.StorageStack),
			environment.LakeBucketOutput, environment.RedriveQueueOutput)
	}
	return &replayer{lake: lake.From(p.s3(), o.bucket), sqs: sqs.NewFromConfig(p.cfg), queueURL: o.queueURL}, nil
}
