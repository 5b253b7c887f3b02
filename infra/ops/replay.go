package main

import (
	"bufio"
	"context"
	"errors"
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
	*where
	prefix      string
	reason      record.Reason
	older       time.Duration
	dryRun, yes bool
	bucket      string
	queueURL    string
}

// replay sends events through the pipeline again that were spilled or rejected, or that the
// Validator could not process. It counts what is below a prefix in each region, asks, and queues
// the objects' names there. Redrive does the rest.
func replay(ctx context.Context, args []string, t terminal) error {
	o, err := replayFlags(args, t)
	if err != nil {
		return err
	}
	places, err := o.enter(ctx)
	if err != nil {
		return err
	}
	if len(places) > 1 && (o.bucket != "" || o.queueURL != "") {
		return fmt.Errorf("-bucket and -queue are of one region, but %s has %d: add REGION=…", o.environment, len(places))
	}
	var all []counted
	for _, at := range places {
		c, err := t.count(ctx, at, o)
		if err != nil {
			return at.in(err)
		}
		all = append(all, c)
	}
	if wanted, err := t.wanted(o, all); !wanted {
		return err
	}
	for _, c := range all {
		if err := t.requeue(ctx, c, o.reason); err != nil {
			return c.in(err)
		}
	}
	return nil
}

// counted is what a region would replay.
type counted struct {
	place
	*replayer
	finding
}

// count counts what is below the prefix in one region, and says it.
func (t terminal) count(ctx context.Context, at place, o asked) (counted, error) {
	fmt.Fprintln(t.notes, at)
	r, err := at.open(ctx, o)
	if err != nil {
		return counted{}, err
	}
	found, err := r.survey(ctx, o, t.notes)
	if err != nil {
		return counted{}, err
	}
	found.print(t.out)
	return counted{at, r, found}, nil
}

// wanted says whether the records are to be replayed, and asks if nobody has said so.
func (t terminal) wanted(o asked, all []counted) (bool, error) {
	records := 0
	for _, c := range all {
		records += c.records()
	}
	question := fmt.Sprintf("replay %d records?", records)
	if len(all) > 1 {
		question = fmt.Sprintf("replay %d records in %d regions?", records, len(all))
	}
	switch {
	case records == 0:
		return false, nil
	case o.dryRun:
		fmt.Fprintln(t.out, "dry run: nothing is queued")
		return false, nil
	case o.yes:
		return true, nil
	}
	answer, err := t.ask(question)
	if err != nil && len(all) > 1 {
		return false, errors.New("nobody answered, nothing is queued: add YES=1, or REGION=… for one region")
	}
	if !answer {
		fmt.Fprintln(t.out, "nothing is queued")
	}
	return answer, nil
}

// requeue queues what a region would replay.
func (t terminal) requeue(ctx context.Context, c counted, reason record.Reason) error {
	if c.records() == 0 {
		return nil
	}
	queued, err := c.queue(ctx, c.objects, reason)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "queued %d objects%s: Redrive brings their records back, with the ids they have\n", queued, c.tag())
	return nil
}

func replayFlags(args []string, t terminal) (asked, error) {
	var o asked
	flags := newFlags("replay")
	o.where = whereFlags(flags, "all, once they are counted")
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

// confirm asks a yes or no question. No answer is a no.
func confirm(t terminal, question string) bool {
	yes, _ := t.ask(question)
	return yes
}

// ask asks a yes or no question. Its error says that nobody was there to answer.
func (t terminal) ask(question string) (yes bool, err error) {
	fmt.Fprintf(t.out, "%s [y/N] ", question)
	answer, err := bufio.NewReader(t.in).ReadString('\n')
	if answer != "" {
		err = nil
	}
	return strings.EqualFold(strings.TrimSpace(answer), "y"), err
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
			p.StackName(environment.StorageStack), environment.LakeBucketOutput, environment.RedriveQueueOutput)
	}
	return &replayer{lake: lake.From(p.s3(), o.bucket), sqs: sqs.NewFromConfig(p.cfg), queueURL: o.queueURL}, nil
}
