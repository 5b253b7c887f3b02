package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"global-ingest/infra/environment"
	"global-ingest/infra/ops/deployed"
)

// emptying is how an operator wants sites emptied.
type emptying struct {
	wait, every time.Duration
	late        time.Duration // how late CloudWatch may show what happened
	yes, open   bool
}

// emptying adds the flags of empty that a destroy has, too.
func (f *flags) emptying() *emptying {
	how := &emptying{}
	f.DurationVar(&how.wait, "wait", 30*time.Minute, "longest time to wait; 0 does not wait and only says what "+
		"would be lost")
	f.DurationVar(&how.every, "every", 15*time.Second, "how often to look")
	f.DurationVar(&how.late, "late", 3*time.Minute, "how late CloudWatch may show what happened")
	f.BoolVar(&how.yes, "yes", false, "do not ask")
	return how
}

// empty stops the traffic of an environment and waits until its streams have delivered
// what they hold, or says what a destroy would lose.
func empty(ctx context.Context, t terminal, f *flags) error {
	c, how := f.where(inDev, home), f.emptying()
	f.BoolVar(&how.open, "open", false, "only let requests in again")
	if err := f.parse(); err != nil {
		return err
	}
	at, err := c.enterOne(ctx)
	if err != nil {
		return err
	}
	return at.empty(ctx, t, *how)
}

func (p place) empty(ctx context.Context, t terminal, how emptying) error {
	e, err := p.emptier(ctx, t, how)
	if err != nil || e == nil {
		return err
	}
	if how.open {
		return e.throttle(ctx, p.Throttle)
	}
	question := fmt.Sprintf("Stop the traffic of %s, to delete its Pipeline stack? Clients are answered 429.", p.Path())
	if !how.yes && !t.confirm(question) {
		return errors.New("nothing is stopped")
	}
	if err := e.throttle(ctx, environment.Throttle{}); err != nil {
		return err
	}
	fmt.Fprintln(t.out, "traffic is stopped; the canary's alarms may ring until the stack is gone")
	return e.untilEmpty(ctx)
}

// emptier empties a site before its Pipeline stack is deleted.
type emptier struct {
	place
	terminal
	emptying
	api, stage string   // where requests come in
	streams    []string // of events and of rejects
	queueURL   string
}

// emptier finds what is to be emptied. It is nil, and says so, when the stack is not there.
func (p place) emptier(ctx context.Context, t terminal, how emptying) (*emptier, error) {
	fmt.Fprintln(t.notes, p)
	stack := p.StackName(environment.PipelineStack)
	all, err := deployed.Resources(ctx, p.cfg, stack)
	if refusedAs(err, noSuchStack) {
		fmt.Fprintf(t.out, "there is no stack %s: nothing to empty\n", stack)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	storage, err := p.outputs(ctx, environment.StorageStack)
	if err != nil {
		return nil, err
	}
	e := &emptier{place: p, terminal: t, emptying: how, queueURL: storage[environment.RedriveQueueOutput]}
	for _, r := range all {
		switch r.Type {
		case "AWS::ApiGateway::RestApi":
			e.api = r.Name
		case "AWS::ApiGateway::Stage":
			e.stage = r.Name
		case streamType:
			e.streams = append(e.streams, r.Name)
		}
	}
	return e, nil
}

const streamType = "AWS::KinesisFirehose::DeliveryStream"

// throttle sets what the stage lets through, on every path and method.
func (e *emptier) throttle(ctx context.Context, to environment.Throttle) error {
	set := func(path string, value int) types.PatchOperation {
		return types.PatchOperation{
			Op: types.OpReplace, Path: aws.String("/*/*/throttling/" + path),
			Value: aws.String(strconv.Itoa(value)),
		}
	}
	_, err := apigateway.NewFromConfig(e.cfg).UpdateStage(ctx, &apigateway.UpdateStageInput{
		RestApiId: &e.api, StageName: &e.stage,
		PatchOperations: []types.PatchOperation{set("rateLimit", to.RatePerSecond), set("burstLimit", to.Burst)},
	})
	if err != nil {
		return fmt.Errorf("setting the throttle of API %s, stage %s, to %d requests a second: %w",
			e.api, e.stage, to.RatePerSecond, err)
	}
	return nil
}

// untilEmpty looks until nothing is left, for at most e.wait.
func (e *emptier) untilEmpty(ctx context.Context) error {
	stopped := time.Now()
	for said := ""; ; {
		lines, err := e.left(ctx, stopped)
		if e.wait == 0 && denied(err) {
			lines, err = []string{"not looked at: " + err.Error()}, nil
		}
		if err != nil {
			return err
		}
		left := strings.Join(lines, "\n  ")
		if left == "" {
			fmt.Fprintf(e.out, "%s holds nothing any more\n", e.Path())
			return nil
		}
		if left != said {
			fmt.Fprintf(e.out, "not yet in the lake:\n  %s\n", left)
			said = left
		}
		if e.wait == 0 {
			fmt.Fprintln(e.out, "not waited: a destroy loses what the streams hold")
			return nil
		}
		if time.Since(stopped) >= e.wait {
			return e.notEmpty(left)
		}
		if err := pause(ctx, e.every); err != nil {
			return err
		}
	}
}

// notEmpty is the error when the wait was too short. It says how to go on, and how to go back.
func (e *emptier) notEmpty(left string) error {
	site := "-environment " + e.Name
	if e.Worldwide() {
		site += " -region " + e.Region
	}
	return fmt.Errorf("after %v this is not yet in the lake:\n  %s\nto wait on, run it again, with a longer WAIT; "+
		"WAIT=0 goes on and loses what the streams hold; `go run ./infra/ops empty %s -open` lets requests in again",
		e.wait, left, site)
}

// firehoseKeeps is how long Firehose tries to deliver a record before it drops it.
const firehoseKeeps = 24 * time.Hour

// left returns a line for each thing that has not reached the lake. The queue comes first,
// because Redrive puts what it names into the streams.
func (e *emptier) left(ctx context.Context, stopped time.Time) (lines []string, err error) {
	waiting, err := e.waiting(ctx)
	if err != nil {
		return nil, err
	}
	if waiting > 0 {
		lines = append(lines, fmt.Sprintf("queue: %d messages, whose records Redrive has not put back; they stay "+
			"in the lake's spill/", waiting))
	}
	levels, err := e.levels(ctx)
	if err != nil {
		return nil, err
	}
	for i, name := range e.streams {
		if says := e.holds(levels[i], stopped, time.Now()); says != "" {
			lines = append(lines, name+": "+says)
		}
	}
	return lines, nil
}

// waiting is how many messages the queue has, including those that Redrive is working on.
func (e *emptier) waiting(ctx context.Context) (sum int, err error) {
	names := []sqstypes.QueueAttributeName{
		sqstypes.QueueAttributeNameApproximateNumberOfMessages,
		sqstypes.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}
	out, err := sqs.NewFromConfig(e.cfg).GetQueueAttributes(ctx,
		&sqs.GetQueueAttributesInput{QueueUrl: &e.queueURL, AttributeNames: names})
	if err != nil {
		return 0, fmt.Errorf("looking at the queue: %w", err)
	}
	for _, name := range names {
		n, err := strconv.Atoi(out.Attributes[string(name)])
		if err != nil {
			return 0, fmt.Errorf("looking at the queue: %s: %w", name, err)
		}
		sum += n
	}
	return sum, nil
}

// level is what CloudWatch shows of a stream.
type level struct {
	last    time.Time     // the last minute in which a record came in; zero for none
	records float64       // how many came in since Firehose may have delivered any
	seen    time.Time     // when the age was measured; zero for never
	age     time.Duration // of the oldest record that Firehose held then
}

// settles is how long after its last record a healthy stream has delivered everything and
// CloudWatch shows it.
func (e *emptier) settles() time.Duration {
	return e.Delivery.TransformFor + e.Delivery.BufferFor + e.late
}

// holds says what a stream may still hold; empty for nothing. An undelivered record is at least
// as old as the one that came in last. So a lower age was measured when nothing was left.
func (e *emptier) holds(l level, stopped, now time.Time) string {
	switch {
	case now.Sub(l.last) < e.settles():
		return fmt.Sprintf("%.0f records came in within %v, which may not be written yet", l.records, e.settles())
	case !l.last.IsZero() && now.Sub(l.seen) < e.settles() && l.age >= l.seen.Sub(l.last):
		return fmt.Sprintf("its oldest record is %v old; Firehose drops it at %v", l.age, firehoseKeeps)
	case now.Sub(stopped) < e.late:
		return "CloudWatch may not yet show what came in last"
	}
	return ""
}

// levels asks CloudWatch for every stream's level.
func (e *emptier) levels(ctx context.Context) ([]level, error) {
	now := time.Now()
	var queries []cwtypes.MetricDataQuery
	for i, stream := range e.streams {
		queries = append(queries,
			metric("in"+strconv.Itoa(i), "IncomingRecords", "Sum", stream),
			metric("age"+strconv.Itoa(i), "DeliveryToS3.DataFreshness", "Maximum", stream))
	}
	byID := map[string]cwtypes.MetricDataResult{}
	pages := cloudwatch.NewGetMetricDataPaginator(cloudwatch.NewFromConfig(e.cfg), &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-firehoseKeeps)), EndTime: &now,
		MetricDataQueries: queries, ScanBy: cwtypes.ScanByTimestampDescending,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("looking at the streams: %w", err)
		}
		for _, r := range page.MetricDataResults {
			all := byID[aws.ToString(r.Id)]
			all.Timestamps, all.Values = append(all.Timestamps, r.Timestamps...), append(all.Values, r.Values...)
			byID[aws.ToString(r.Id)] = all
		}
	}
	levels := make([]level, len(e.streams))
	for i := range e.streams {
		levels[i] = e.levelOf(byID["in"+strconv.Itoa(i)], byID["age"+strconv.Itoa(i)], now)
	}
	return levels, nil
}

// levelOf reads the two metrics, newest value first.
func (e *emptier) levelOf(incoming, age cwtypes.MetricDataResult, now time.Time) (l level) {
	for i, at := range incoming.Timestamps {
		if incoming.Values[i] > 0 && l.last.IsZero() {
			l.last = at.Add(time.Minute) // a value stands for the minute after its time
		}
		if now.Sub(at) < e.settles()+time.Minute {
			l.records += incoming.Values[i]
		}
	}
	if len(age.Timestamps) > 0 {
		l.seen, l.age = age.Timestamps[0], time.Duration(age.Values[0])*time.Second
	}
	return l
}

// metric asks for one metric of a stream, a value a minute.
func metric(id, name, statistic, stream string) cwtypes.MetricDataQuery {
	return cwtypes.MetricDataQuery{Id: &id, MetricStat: &cwtypes.MetricStat{
		Period: aws.Int32(60), Stat: &statistic,
		Metric: &cwtypes.Metric{
			Namespace: aws.String("AWS/Firehose"), MetricName: &name,
			Dimensions: []cwtypes.Dimension{{Name: aws.String("DeliveryStreamName"), Value: &stream}},
		},
	}}
}
