package pipeline

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"

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

// part is one of several functions or streams of an environment, and its name in AWS.
type part struct{ title, name string }

// gauges name the metrics of one environment.
type gauges struct {
	environment string // dimension of what the functions count
	api         string // name of the API
	functions   []part
	streams     []part
	backups     []part // the streams that also keep records as received
	queue       string
	deadLetters string
	every       time.Duration // time between two runs of the canary; 0: no canary
	back        int           // runs of the canary between sending and looking
	nextDoor    bool          // whether Ingest may leave records in the lake of another region
	version     string        // of Ingest, which a deploy releases; empty: no alarm ends a release
}

func newGauges(props WatchProps) gauges {
	function := func(title string, f awslambda.Function) part { return part{title, *f.FunctionName()} }
	stream := func(title string, d *Delivery) part { return part{title, *d.Stream.DeliveryStreamName()} }
	g := gauges{
		environment: props.Environment,
		api:         props.API,
		functions: []part{
			function("Ingest", props.Ingest.Function), function("Validator", props.Validator.Function),
			function("Redrive", props.Redrive.Function),
		},
		streams:     append(eventStreams(props.Events), stream("Rejects", props.Rejects)),
		queue:       *props.Backlog.Queue.QueueName(),
		deadLetters: *props.Backlog.DeadLetters.QueueName(),
	}
	g.nextDoor = props.NextDoor
	if props.SourceBackup {
		g.backups = eventStreams(props.Events)
	}
	if props.Canary != nil {
		g.functions = append(g.functions, function("Canary", props.Canary.Function))
		g.every, g.back = props.Canary.Every, props.Canary.Back
	}
	if props.Release != environment.AllAtOnce {
		g.version = *props.Ingest.alias.Version().Version()
	}
	return g
}

// eventStreams returns the events streams with their titles: Events, Events2 and so on.
func eventStreams(events []*Delivery) (all []part) {
	for i, d := range events {
		all = append(all, part{eventsTitle(i), *d.Stream.DeliveryStreamName()})
	}
	return all
}

// ingest is the function that clients wait for.
func (g gauges) ingest() part { return g.functions[0] }

func (g gauges) validator() part { return g.functions[1] }

// own is a metric that the functions count, in log lines of package emf.
func (g gauges) own(name string, more ...dimension) metric {
	return metric{emf.Namespace, name, append([]dimension{{"Environment", g.environment}}, more...)}
}

// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html
func (g gauges) edge(name string) metric {
	return metric{"AWS/ApiGateway", name, []dimension{{"ApiName", g.api}, {"Stage", stageName}}}
}

// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
func ofFunction(f part, name string) metric {
	return metric{"AWS/Lambda", name, []dimension{{"FunctionName", f.name}}}
}

// released is a metric of the version that a deploy releases. Lambda writes it while the
// alias has two versions.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
func (g gauges) released(name string) metric {
	m := ofFunction(g.ingest(), name)
	m.dimensions = append(m.dimensions,
		dimension{"Resource", g.ingest().name + ":" + liveAlias}, dimension{"ExecutedVersion", g.version})
	return m
}

// https://docs.aws.amazon.com/firehose/latest/dev/cloudwatch-metrics.html
func ofStream(s part, name string) metric {
	return metric{"AWS/Firehose", name, []dimension{{"DeliveryStreamName", s.name}}}
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func ofQueue(queue, name string) metric {
	return metric{"AWS/SQS", name, []dimension{{"QueueName", queue}}}
}

// quotaUsed is how much of a stream's nearest quota is used, in %: its last series. The limits
// are metrics too, and follow a raised quota.
// https://docs.aws.amazon.com/firehose/latest/dev/firehose-cloudwatch-metrics-best-practices.html
func quotaUsed(s part) []series {
	return []series{
		{id: "bytes", metric: ofStream(s, "IncomingBytes"), stat: "Sum", hidden: true},
		{id: "bytesLimit", metric: ofStream(s, "BytesPerSecondLimit"), stat: "Minimum", hidden: true},
		{id: "records", metric: ofStream(s, "IncomingRecords"), stat: "Sum", hidden: true},
		{id: "recordsLimit", metric: ofStream(s, "RecordsPerSecondLimit"), stat: "Minimum", hidden: true},
		{id: "puts", metric: ofStream(s, "IncomingPutRequests"), stat: "Sum", hidden: true},
		{id: "putsLimit", metric: ofStream(s, "PutRequestsPerSecondLimit"), stat: "Minimum", hidden: true},
		{id: "ofBytes", expression: "100 * bytes / PERIOD(bytes) / bytesLimit", label: "bytes"},
		{id: "ofRecords", expression: "100 * records / PERIOD(records) / recordsLimit", label: "records"},
		{id: "ofPuts", expression: "100 * puts / PERIOD(puts) / putsLimit", label: "puts"},
		{id: "used", expression: "MAX([ofBytes, ofRecords, ofPuts])", label: "nearest", hidden: true},
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Milliseconds()) }
