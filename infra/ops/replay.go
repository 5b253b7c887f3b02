package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
)

// asked is what an operator wants replayed.
type asked struct {
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
func replay(ctx context.Context, t terminal, f *flags) error {
	c, o := f.where(inDev, "all, once they are counted"), f.asked()
	if err := cmp.Or(f.parse(), o.check()); err != nil {
		return err
	}
	places, err := c.enter(ctx)
	if err != nil {
		return err
	}
	if len(places) > 1 && (o.bucket != "" || o.queueURL != "") {
		return fmt.Errorf("-bucket and -queue are of one region, but %s has %d: add REGION=…", c.Name, len(places))
	}
	var all []*replayer
	records := 0
	for _, at := range places {
		r, err := at.replayer(ctx, t, *o)
		if err == nil {
			err = r.survey(ctx)
		}
		if err != nil {
			return at.in(err)
		}
		all, records = append(all, r), records+r.records()
	}
	if wanted, err := t.wanted(*o, records, len(all)); !wanted {
		return err
	}
	for _, r := range all {
		if err := r.requeue(ctx); err != nil {
			return r.place.in(err)
		}
	}
	return nil
}

func (f *flags) asked() *asked {
	o := &asked{}
	f.StringVar(&o.prefix, "prefix", "", "`key` prefix of the objects, below spill/, rejected/ or failed/; required")
	f.DurationVar(&o.older, "older", 24*time.Hour,
		"below spill/, only objects older than this: younger ones have their own message")
	f.StringVar((*string)(&o.reason), "reason", "", "only rejects with this `reason`")
	f.BoolVar(&o.dryRun, "dry-run", false, "count, and queue nothing")
	f.BoolVar(&o.yes, "yes", false, "do not ask")
	f.StringVar(&o.bucket, "bucket", "", "`name` of the lake; default: the Storage stack's")
	f.StringVar(&o.queueURL, "queue", "", "`URL` of the queue; default: the Storage stack's")
	return o
}

// check refuses what Redrive cannot replay.
func (o asked) check() error {
	prefixes := []string{record.SpillPrefix, record.RejectedPrefix, record.FailedPrefix}
	if !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(o.prefix, prefix) }) {
		return fmt.Errorf("prefix is %q, must begin with one of %v: add PREFIX=rejected/day=2026-11-25/", o.prefix, prefixes)
	}
	if o.reason != "" && !slices.Contains(record.Reasons(), o.reason) {
		return fmt.Errorf("reason is %q, must be one of %v", o.reason, record.Reasons())
	}
	if o.reason != "" && !strings.HasPrefix(o.prefix, record.RejectedPrefix) {
		return fmt.Errorf("reason is %q, but only objects below %s have one", o.reason, record.RejectedPrefix)
	}
	return nil
}

// wanted says whether the records are to be replayed, and asks if nobody has said so.
func (t terminal) wanted(o asked, records, regions int) (bool, error) {
	switch {
	case records == 0:
		return false, nil
	case o.dryRun:
		fmt.Fprintln(t.out, "dry run: nothing is queued")
		return false, nil
	case o.yes:
		return true, nil
	}
	question := fmt.Sprintf("replay %d records?", records)
	if regions > 1 {
		question = fmt.Sprintf("replay %d records in %d regions?", records, regions)
	}
	yes, err := t.ask(question)
	if err != nil {
		return false, errors.New("nobody answered, nothing is queued: add YES=1")
	}
	if !yes {
		fmt.Fprintln(t.out, "nothing is queued")
	}
	return yes, nil
}

// replayer replays what is below the prefix in one region.
type replayer struct {
	place
	terminal
	asked
	lake     *lake.Bucket
	before   time.Time // below spill/, only objects that were written before
	looked   int       // objects read, or listed below spill/
	holding  []string  // keys of objects with such records; not those of spill/: there may be millions
	byReason map[record.Reason]int
	waiting  []types.SendMessageBatchRequestEntry
	queued   int // objects
}

// replayer finds bucket and queue in the outputs of the Storage stack, unless o names them.
func (p place) replayer(ctx context.Context, t terminal, o asked) (*replayer, error) {
	fmt.Fprintln(t.notes, p)
	if o.bucket == "" || o.queueURL == "" {
		found, err := p.outputs(ctx, environment.StorageStack)
		if err != nil {
			return nil, err
		}
		o.bucket = cmp.Or(o.bucket, found[environment.LakeBucketOutput])
		o.queueURL = cmp.Or(o.queueURL, found[environment.RedriveQueueOutput])
	}
	if o.bucket == "" || o.queueURL == "" {
		return nil, fmt.Errorf("looking for stack %s: it has no outputs %s and %s",
			p.StackName(environment.StorageStack), environment.LakeBucketOutput, environment.RedriveQueueOutput)
	}
	return &replayer{
		place: p, terminal: t, asked: o, lake: lake.From(p.s3(), o.bucket), before: time.Now().Add(-o.older),
		byReason: map[record.Reason]int{},
	}, nil
}

// spilled is what the count calls records of spill/, which have no reason.
const spilled record.Reason = "spilled"

// spills says whether the objects are of spill/. They have a record each, and are not read to be
// counted: after an outage there are millions. They are listed once more to be queued.
func (r *replayer) spills() bool { return strings.HasPrefix(r.prefix, record.SpillPrefix) }

// survey counts what is below the prefix, and says it.
func (r *replayer) survey(ctx context.Context) error {
	var listed []string
	err := r.lake.List(ctx, r.prefix, func(object lake.Object) error {
		r.looked++
		switch {
		case !r.spills():
			listed = append(listed, object.Key)
		case object.Modified.Before(r.before):
			r.byReason[spilled]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	bar := r.bar("reading objects", len(listed))
	for _, key := range listed {
		if err := r.look(ctx, key); err != nil {
			return err
		}
		_ = bar.Add(1) // without a bar the survey goes on
	}
	fmt.Fprintf(r.out, "%d objects, %d hold %d records to replay\n",
		r.looked, len(r.holding)+r.byReason[spilled], r.records())
	for _, reason := range slices.Sorted(maps.Keys(r.byReason)) {
		fmt.Fprintf(r.out, "  %-20s %d\n", cmp.Or(reason, "processing failed"), r.byReason[reason])
	}
	return nil
}

func (r *replayer) look(ctx context.Context, key string) error {
	object, err := r.lake.Get(ctx, key)
	if err != nil {
		return err
	}
	defer object.Close()
	found, err := redrive.Look(object, redrive.Replay{Key: key, Reason: r.reason})
	if err != nil {
		return err
	}
	if len(found) > 0 {
		r.holding = append(r.holding, key)
	}
	for reason, n := range found {
		r.byReason[reason] += n
	}
	return nil
}

func (r *replayer) records() (n int) {
	for _, records := range r.byReason {
		n += records
	}
	return n
}

// requeue sends a message for each object that holds records.
func (r *replayer) requeue(ctx context.Context) error {
	if r.records() == 0 {
		return nil
	}
	for _, key := range r.holding {
		if err := r.queue(ctx, key); err != nil {
			return err
		}
	}
	if r.spills() {
		err := r.lake.List(ctx, r.prefix, func(object lake.Object) error {
			if object.Modified.Before(r.before) {
				return r.queue(ctx, object.Key)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := r.send(ctx); err != nil {
		return err
	}
	in := ""
	if r.Worldwide() {
		in = " in " + r.Region
	}
	fmt.Fprintf(r.out, "queued %d objects%s: Redrive brings their records back, with the ids they have\n", r.queued, in)
	return nil
}

// maxEntries is SQS's limit of one SendMessageBatch.
const maxEntries = 10

// queue adds a message for an object to those that wait, and sends them when they fill a call.
func (r *replayer) queue(ctx context.Context, key string) error {
	body, err := redrive.Replay{Key: key, Reason: r.reason}.Body()
	if err != nil {
		return err
	}
	r.waiting = append(r.waiting, types.SendMessageBatchRequestEntry{
		Id: aws.String(strconv.Itoa(len(r.waiting))), MessageBody: &body,
	})
	if len(r.waiting) < maxEntries {
		return nil
	}
	return r.send(ctx)
}

func (r *replayer) send(ctx context.Context) error {
	if len(r.waiting) == 0 {
		return nil
	}
	out, err := sqs.NewFromConfig(r.cfg).SendMessageBatch(ctx,
		&sqs.SendMessageBatchInput{QueueUrl: &r.queueURL, Entries: r.waiting})
	if err != nil {
		return fmt.Errorf("queueing %d objects: %w", len(r.waiting), err)
	}
	var failed []string
	for _, f := range out.Failed {
		failed = append(failed, aws.ToString(f.Id)+": "+aws.ToString(f.Message))
	}
	if len(failed) > 0 {
		return errors.New("queueing objects: " + strings.Join(failed, ", "))
	}
	r.queued, r.waiting = r.queued+len(r.waiting), nil
	return nil
}
