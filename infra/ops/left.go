package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

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
	out, err := sqs.NewFromConfig(e.cfg).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl:       &e.queueURL,
		AttributeNames: names,
	})
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
	var queries []types.MetricDataQuery
	for i, stream := range e.streams {
		queries = append(queries,
			metric("in"+strconv.Itoa(i), "IncomingRecords", "Sum", stream),
			metric("age"+strconv.Itoa(i), "DeliveryToS3.DataFreshness", "Maximum", stream))
	}
	byID := map[string]types.MetricDataResult{}
	pages := cloudwatch.NewGetMetricDataPaginator(cloudwatch.NewFromConfig(e.cfg), &cloudwatch.GetMetricDataInput{
		StartTime: aws.Time(now.Add(-firehoseKeeps)), EndTime: &now,
		MetricDataQueries: queries, ScanBy: types.ScanByTimestampDescending,
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
func (e *emptier) levelOf(incoming, age types.MetricDataResult, now time.Time) (l level) {
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
func metric(id, name, statistic, stream string) types.MetricDataQuery {
	return types.MetricDataQuery{Id: &id, MetricStat: &types.MetricStat{
		Period: aws.Int32(60), Stat: &statistic,
		Metric: &types.Metric{
			Namespace: aws.String("AWS/Firehose"), MetricName: &name,
			Dimensions: []types.Dimension{{Name: aws.String("DeliveryStreamName"), Value: &stream}},
		},
	}}
}
