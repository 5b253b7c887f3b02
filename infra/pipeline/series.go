package pipeline

import (
	"slices"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/runtime/emf"
)

// metric is a metric in CloudWatch.
type metric struct {
	namespace, name string
	dimensions      []dimension
}

type dimension struct{ name, value string }

// series is a statistic of a metric, or an expression over other series. Alarms watch series,
// and graphs of the dashboard draw them.
type series struct {
	id         string // name of it in an expression; default none
	metric     metric
	stat       string // of metric, such as "Sum" or "p99"
	expression string // in place of metric and stat
	label      string // in a graph; default CloudWatch's
	right      bool   // whether its scale is on the right of a graph
	region     string // of metric, in a graph; default the graph's
	hidden     bool   // whether a graph leaves it out, because only an expression needs it
}

// part is a function, a stream or a queue, whose metrics have its name as their one dimension.
type part struct{ title, namespace, dimension, name string }

func (p part) metric(name string) metric {
	return metric{p.namespace, name, []dimension{{p.dimension, p.name}}}
}

// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func functionPart(title string, f awslambda.Function) part {
	return part{title, "AWS/Lambda", "FunctionName", *f.FunctionName()}
}

// https://docs.aws.amazon.com/firehose/latest/dev/cloudwatch-metrics.html
func streamPart(title string, d *Delivery) part {
	return part{title, "AWS/Firehose", "DeliveryStreamName", *d.Stream.DeliveryStreamName()}
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func queuePart(title string, q awssqs.Queue) part {
	return part{title, "AWS/SQS", "QueueName", *q.QueueName()}
}

// gauges name the metrics of one environment.
type gauges struct {
	WatchProps
	ingest, validator  part
	functions, streams []part
	backups            []part // the streams that also keep records as received
	queue, deadLetters part
	version            string // of Ingest, which a deploy releases; empty: no alarm ends a release
}

func newGauges(props WatchProps) gauges {
	g := gauges{
		WatchProps:  props,
		ingest:      functionPart("Ingest", props.Ingest.Function),
		validator:   functionPart("Validator", props.Validator.Function),
		queue:       queuePart("Queue", props.Backlog.Queue),
		deadLetters: queuePart("DeadLetters", props.Backlog.DeadLetters),
	}
	g.functions = []part{g.ingest, g.validator, functionPart("Redrive", props.Redrive.Function)}
	if props.Canary != nil {
		g.functions = append(g.functions, functionPart("Canary", props.Canary.Function))
	}
	for i, d := range props.Events {
		g.streams = append(g.streams, streamPart(eventsTitle(i), d))
	}
	if props.SourceBackup {
		g.backups = slices.Clone(g.streams)
	}
	g.streams = append(g.streams, streamPart("Rejects", props.Rejects))
	if props.Release != environment.AllAtOnce {
		g.version = *props.Ingest.alias.Version().Version()
	}
	return g
}

// own is a metric that the functions count, in log lines of package emf.
func (g gauges) own(name string, more ...dimension) metric {
	return metric{emf.Namespace, name, append([]dimension{{"Environment", g.Environment}}, more...)}
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
func (g gauges) edge(name string) metric {
	return metric{"AWS/ApiGateway", name, []dimension{{"ApiName", g.API}, {"Stage", stageName}}}
}

// released is a metric of the version that a deploy releases. Lambda writes it while the
// alias has two versions.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
func (g gauges) released(name string) metric {
	m := g.ingest.metric(name)
	m.dimensions = append(m.dimensions,
		dimension{"Resource", g.ingest.name + ":" + liveAlias}, dimension{"ExecutedVersion", g.version})
	return m
}

// quotaUsed is how much of a stream's nearest quota is used, in %: its last series. The limits
// are metrics too, and follow a raised quota.
// https://docs.aws.amazon.com/firehose/latest/dev/firehose-cloudwatch-metrics-best-practices.html
func quotaUsed(s part) []series {
	return []series{
		{id: "bytes", metric: s.metric("IncomingBytes"), stat: "Sum", hidden: true},
		{id: "bytesLimit", metric: s.metric("BytesPerSecondLimit"), stat: "Minimum", hidden: true},
		{id: "records", metric: s.metric("IncomingRecords"), stat: "Sum", hidden: true},
		{id: "recordsLimit", metric: s.metric("RecordsPerSecondLimit"), stat: "Minimum", hidden: true},
		{id: "puts", metric: s.metric("IncomingPutRequests"), stat: "Sum", hidden: true},
		{id: "putsLimit", metric: s.metric("PutRequestsPerSecondLimit"), stat: "Minimum", hidden: true},
		{id: "ofBytes", expression: "100 * bytes / PERIOD(bytes) / bytesLimit", label: "bytes"},
		{id: "ofRecords", expression: "100 * records / PERIOD(records) / recordsLimit", label: "records"},
		{id: "ofPuts", expression: "100 * puts / PERIOD(puts) / putsLimit", label: "puts"},
		{id: "used", expression: "MAX([ofBytes, ofRecords, ofPuts])", label: "nearest", hidden: true},
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Milliseconds()) }
