package pipeline

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
	"global-ingest/lambdas/validate"
)

// A dashboard is 24 units wide. Each column shows one stage of an event's way.
const (
	boardWidth  = 24
	titleHeight = 1
	graphHeight = 6
	alarmHeight = 4
)

// column is one stage of an event's way.
type column struct {
	title  string
	graphs []graph
}

// graph is one diagram.
type graph struct {
	title  string
	unit   string        // of the left scale
	period time.Duration // of a point; default 1 minute
	lines  []series
	alarm  float64 // threshold of an alarm, drawn as a line; default none
}

// board shows the way of an event from left to right, and below it what costs money.
func (g gauges) board() []column {
	return []column{
		{"1 Asked", g.asked()},
		{"2 Answered", g.answered()},
		{"3 Collected", g.collected()},
		{"4 Kept", g.kept()},
	}
}

func (g gauges) asked() []graph {
	graphs := []graph{
		{title: "Requests and answers", unit: "a minute", lines: []series{
			{metric: g.edge("Count"), stat: "Sum", label: "requests"},
			{metric: g.edge("4XXError"), stat: "Sum", label: "4xx"},
			{metric: g.edge("5XXError"), stat: "Sum", label: "5xx"},
		}},
		{title: "Answered 5xx", unit: "%", alarm: g.Alarms.ErrorPercent, lines: []series{
			{id: "errors", metric: g.edge("5XXError"), stat: "Average", hidden: true},
			{expression: "100 * errors", label: "5xx"},
		}},
		{title: "Answered 4xx", unit: "%", alarm: g.Alarms.RefusedPercent, lines: []series{
			{id: "refused", metric: g.edge("4XXError"), stat: "Average", hidden: true},
			{expression: "100 * refused", label: "4xx"},
		}},
	}
	if g.Canary != nil {
		graphs = append(graphs, graph{title: "Canary", unit: "events a run", period: g.Canary.Every, lines: []series{
			{metric: g.own(canary.MetricFound), stat: "Sum", label: "found"},
			{metric: g.own(canary.MetricLost), stat: "Sum", label: "lost"},
			{metric: g.own(canary.MetricRefused), stat: "Sum", label: "refused"},
		}})
	}
	return append(graphs, graph{title: "What costs money: calls", unit: "a day", period: 24 * time.Hour, lines: append(
		[]series{{metric: g.edge("Count"), stat: "Sum", label: "requests"}},
		each(g.functions, "Sum", "Invocations")...,
	)})
}

func (g gauges) answered() []graph {
	return []graph{
		{
			title: "Integration latency, and Ingest's duration", unit: "ms", alarm: milliseconds(g.Alarms.Latency),
			lines: []series{
				{metric: g.edge("IntegrationLatency"), stat: "p50", label: "latency p50"},
				{metric: g.edge("IntegrationLatency"), stat: "p90", label: "latency p90"},
				{metric: g.edge("IntegrationLatency"), stat: "p99", label: "latency p99"},
				{metric: g.ingest.metric("Duration"), stat: "p50", label: "duration p50"},
				{metric: g.ingest.metric("Duration"), stat: "p99", label: "duration p99"},
			},
		},
		{title: "Of it after the answer", unit: "ms", lines: []series{
			{metric: g.ingest.metric("PostRuntimeExtensionsDuration"), stat: "p50", label: "after p50"},
			{metric: g.ingest.metric("PostRuntimeExtensionsDuration"), stat: "p99", label: "after p99"},
		}},
		{title: "Concurrency and throttles", unit: "sandboxes", lines: append(
			each(g.functions, "Maximum", "ConcurrentExecutions"),
			onRight(each(g.functions, "Sum", "Throttles"), "throttled ")...,
		)},
		{title: "Functions that fail", unit: "a minute", lines: each(g.functions, "Sum", "Errors")},
		{
			title: "What costs money: time of functions", unit: "ms a day", period: 24 * time.Hour,
			lines: each(g.functions, "Sum", "Duration"),
		},
	}
}

func (g gauges) collected() []graph {
	return []graph{
		{title: "Firehose: incoming, throttled records", unit: "a minute", lines: append(
			each(g.streams, "Sum", "IncomingRecords"),
			onRight(each(g.streams, "Sum", "ThrottledRecords"), "throttled ")...,
		)},
		{
			title: "Quotas of the events stream in use", unit: "%", period: 5 * time.Minute, alarm: g.Alarms.QuotaPercent,
			lines: quotaUsed(g.streams[0]),
		},
		{title: "Spilled, unstored, brought back", unit: "a minute", lines: []series{
			{metric: g.own(ingest.MetricSpilled), stat: "Sum", label: "spilled"},
			{metric: g.own(ingest.MetricUnstored), stat: "Sum", label: "unstored"},
			{metric: g.own(redrive.MetricRedriven), stat: "Sum", label: "brought back"},
			{metric: g.own(redrive.MetricUnreplayable), stat: "Sum", label: "left out"},
		}},
		{title: "Spill: depth and age", unit: "messages", lines: []series{
			{metric: g.queue.metric("ApproximateNumberOfMessagesVisible"), stat: "Maximum", label: "waiting"},
			{metric: g.queue.metric("ApproximateNumberOfMessagesNotVisible"), stat: "Maximum", label: "hidden"},
			{metric: g.queue.metric("NumberOfMessagesDeleted"), stat: "Sum", label: "done a minute"},
			{metric: g.deadLetters.metric("ApproximateNumberOfMessagesVisible"), stat: "Maximum", label: "dead letters"},
			{metric: g.queue.metric("ApproximateAgeOfOldestMessage"), stat: "Maximum", label: "age, s", right: true},
		}},
		{
			title: "What costs money: Firehose", unit: "bytes a day", period: 24 * time.Hour,
			lines: each(g.streams, "Sum", "IncomingBytes"),
		},
	}
}

func (g gauges) kept() []graph {
	return []graph{
		{title: "Validator: batches and errors", unit: "a minute", lines: []series{
			{metric: g.validator.metric("Invocations"), stat: "Sum", label: "batches"},
			{metric: g.validator.metric("Errors"), stat: "Sum", label: "errors"},
			{metric: g.own(validate.MetricFailed), stat: "Sum", label: "records to failed/"},
			{metric: g.own(validate.MetricStored), stat: "Sum", label: "records stored beside the answer"},
			{metric: g.own(validate.MetricDeferred), stat: "Sum", label: "records deferred to spill/"},
			{metric: g.validator.metric("Duration"), stat: "p99", label: "duration p99, ms", right: true},
		}},
		{title: "Events: valid and rejected", unit: "a minute", lines: []series{
			{metric: g.own(validate.MetricValid), stat: "Sum", label: "valid"},
			{metric: g.own(validate.MetricRejected), stat: "Sum", label: "rejected"},
		}},
		{title: "Rejected, by reason", unit: "a minute", lines: g.reasons()},
		{title: "Freshness: age of the oldest undelivered", unit: "s", alarm: g.Alarms.Freshness.Seconds(), lines: append(
			each(g.streams, "Maximum", "DeliveryToS3.DataFreshness"),
			g.copies("Maximum", "BackupToS3.DataFreshness")...,
		)},
		{title: "Delivery success", unit: "share", lines: append(
			each(g.streams, "Average", "DeliveryToS3.Success"),
			g.copies("Average", "BackupToS3.Success")...,
		)},
	}
}

func (g gauges) reasons() (lines []series) {
	for _, reason := range record.Reasons() {
		rejected := g.own(validate.MetricRejected, dimension{"Reason", string(reason)})
		lines = append(lines, series{metric: rejected, stat: "Sum", label: string(reason)})
	}
	return lines
}

// copies has a line for each stream that also keeps records as received.
func (g gauges) copies(stat, name string) []series {
	return labelled("copies of ", each(g.backups, stat, name))
}

// each has a line for each of parts.
func each(parts []part, stat, name string) (lines []series) {
	for _, p := range parts {
		lines = append(lines, series{metric: p.metric(name), stat: stat, label: p.title})
	}
	return lines
}

func onRight(lines []series, before string) []series {
	for i := range lines {
		lines[i].right = true
	}
	return labelled(before, lines)
}

// labelled puts a word before the labels of lines.
func labelled(before string, lines []series) []series {
	for i := range lines {
		lines[i].label = before + lines[i].label
	}
	return lines
}

// newDashboard adds the dashboard of columns, below the state of the alarms.
func newDashboard(this constructs.Construct, columns []column, alarms []awscloudwatch.CfnAlarm) {
	var widgets []any
	top := 0
	if len(alarms) > 0 {
		var arns []string
		for _, a := range alarms {
			arns = append(arns, *a.AttrArn())
		}
		state := map[string]any{"title": "Alarms", "alarms": arns}
		widgets = append(widgets, widget("alarm", 0, 0, boardWidth, alarmHeight, state))
		top = alarmHeight
	}
	width := boardWidth / len(columns)
	region := *awscdk.Stack_Of(this).Region()
	for i, c := range columns {
		title := map[string]any{"markdown": "## " + c.title}
		widgets = append(widgets, widget("text", i*width, top, width, titleHeight, title))
		for n, g := range c.graphs {
			y := top + titleHeight + n*graphHeight
			widgets = append(widgets, widget("metric", i*width, y, width, graphHeight, g.properties(region)))
		}
	}
	body, err := json.Marshal(map[string]any{"widgets": widgets})
	if err != nil {
		panic(fmt.Sprintf("dashboard: %v", err))
	}
	awscloudwatch.NewCfnDashboard(this, jsii.String("Dashboard"), &awscloudwatch.CfnDashboardProps{
		DashboardBody: jsii.String(string(body)),
	})
}

// newWorldBoard adds the dashboard over all regions of env. It is Front's: a dashboard belongs to
// the account and to no region, and the distribution's metrics are here. It has what can be named
// without a reference to a region's stacks: the API, by its name, and our own metrics. The rest
// is on each region's own board.
func newWorldBoard(this constructs.Construct, env environment.Environment, distribution *string) {
	g := gauges{WatchProps: WatchProps{Environment: env.Name, API: apiName(env)}}
	cloudFront := func(name string) metric {
		return metric{"AWS/CloudFront", name, []dimension{{"DistributionId", *distribution}, {"Region", "Global"}}}
	}
	everywhere := func(m metric, stat string) (lines []series) {
		for _, site := range env.Sites() {
			lines = append(lines, series{metric: m, stat: stat, label: site.Region, region: site.Region})
		}
		return lines
	}
	newDashboard(this, []column{
		{"1 Asked", []graph{
			{title: "Front: requests", unit: "a minute", lines: one(cloudFront("Requests"), "Sum")},
			{title: "Requests to each region", unit: "a minute", lines: everywhere(g.edge("Count"), "Sum")},
			{title: "Front: answered 5xx", unit: "%", lines: one(cloudFront("5xxErrorRate"), "Average")},
		}},
		{"2 Answered", []graph{
			{title: "Integration latency, p99", unit: "ms", lines: everywhere(g.edge("IntegrationLatency"), "p99")},
			{title: "Answered 5xx", unit: "a minute", lines: everywhere(g.edge("5XXError"), "Sum")},
			{title: "Answered 4xx", unit: "a minute", lines: everywhere(g.edge("4XXError"), "Sum")},
		}},
		{"3 Collected", []graph{
			{
				title: "Health checks answered 503", unit: "a minute",
				lines: everywhere(g.own(ingest.MetricHealthUnstored), "Sum"),
			},
			{title: "Spilled, and spilled next door", unit: "a minute", lines: append(
				everywhere(g.own(ingest.MetricSpilled), "Sum"),
				labelled("next door of ", everywhere(g.own(ingest.MetricNextDoor), "Sum"))...,
			)},
			{title: "Unstored", unit: "a minute", lines: everywhere(g.own(ingest.MetricUnstored), "Sum")},
		}},
		{"4 Kept", []graph{
			{title: "Events: valid", unit: "a minute", lines: everywhere(g.own(validate.MetricValid), "Sum")},
			{title: "Events: rejected", unit: "a minute", lines: everywhere(g.own(validate.MetricRejected), "Sum")},
			{title: "Canary: lost", unit: "events a minute", lines: everywhere(g.own(canary.MetricLost), "Sum")},
		}},
	}, nil)
}

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
func widget(kind string, x, y, width, height int, properties map[string]any) map[string]any {
	return map[string]any{"type": kind, "x": x, "y": y, "width": width, "height": height, "properties": properties}
}

func (g graph) properties(region string) map[string]any {
	var lines []any
	for _, l := range g.lines {
		lines = append(lines, l.line())
	}
	properties := map[string]any{
		"title": g.title, "view": "timeSeries", "region": region, "metrics": lines,
		"period": int(cmp.Or(g.period, time.Minute).Seconds()),
		"yAxis":  map[string]any{"left": map[string]any{"label": g.unit, "min": 0, "showUnits": false}},
	}
	if g.alarm > 0 {
		threshold := map[string]any{"label": "alarm", "value": g.alarm}
		properties["annotations"] = map[string]any{"horizontal": []any{threshold}}
	}
	return properties
}

// line is a series in a graph's list of metrics: the names first, how it is drawn last.
func (s series) line() []any {
	drawn := map[string]any{
		"expression": s.expression, "id": s.id, "label": s.label, "region": s.region, "stat": s.stat,
	}
	maps.DeleteFunc(drawn, func(_ string, value any) bool { return value == "" })
	if s.hidden {
		drawn["visible"] = false
	}
	if s.right {
		drawn["yAxis"] = "right"
	}
	if s.expression != "" {
		return []any{drawn}
	}
	names := []any{s.metric.namespace, s.metric.name}
	for _, d := range s.metric.dimensions {
		names = append(names, d.name, d.value)
	}
	return append(names, drawn)
}
