package pipeline

import (
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/validate"
)

// alarm is one row of the alarms that CloudWatch evaluates.
type alarm struct {
	runbook string        // the heading in infra/runbook.md; several alarms may share one
	part    string        // tells apart the alarms of one heading: runbook and part are the alarm's id
	says    string        // what has happened when it rings, in a few words
	series  []series      // the last one is watched
	above   float64       // it rings above this value,
	below   float64       // or, if above is 0 and below is not, below this one
	period  time.Duration // of one value
	points  int           // how many values ring it
	last    int           // out of so many latest values
	pages   bool          // whether it wakes somebody
	ends    bool          // whether it ends the release of a new version of Ingest
}

// alarms are all of them: a row for each promise.
func (g gauges) alarms() []alarm {
	rows := []alarm{
		{
			runbook: "Unstored", says: "neither Firehose nor the spill took a request",
			series: one(g.own(ingest.MetricUnstored), "Sum"),
			period: time.Minute, points: 1, last: 1, pages: true, ends: true,
		},
		{
			runbook: "Spilled", says: "Firehose refuses requests; they wait in spill/",
			series: g.spilled(),
			above:  g.Alarms.SpilledPercent, period: 5 * time.Minute, points: 2, last: 3,
		},
		{
			runbook: "ServerErrors", says: "the endpoint answers 5xx",
			series: percentOf(g.edge("5XXError")),
			above:  g.Alarms.ErrorPercent, period: time.Minute, points: 3, last: 5, pages: true, ends: true,
		},
		{
			runbook: "ClientErrors",
			says:    "the gateway turns requests away (4xx: 403, 404, 413, 415, 429), and stores none of them",
			series:  percentOf(g.edge("4XXError")),
			above:   g.Alarms.RefusedPercent, period: 5 * time.Minute, points: 3, last: 3,
		},
		{
			runbook: "Latency", says: "clients wait: p99 of the integration's latency",
			series: one(g.edge("IntegrationLatency"), "p99"),
			above:  milliseconds(g.Alarms.Latency), period: 5 * time.Minute, points: 3, last: 5,
		},
		{
			runbook: "Rejected", says: "many events are invalid",
			series: []series{
				{id: "rejected", metric: g.own(validate.MetricRejected), stat: "Sum"},
				{id: "valid", metric: g.own(validate.MetricValid), stat: "Sum"},
				// A ratio of fewer than a hundred events says nothing, and half of a canary's are invalid.
				{id: "ratio", expression: "IF(rejected + valid > 100, 100 * rejected / (rejected + valid), 0)"},
			},
			above: g.Alarms.RejectedPercent, period: 15 * time.Minute, points: 1, last: 1,
		},
		{
			runbook: "Failed", says: "the Validator could not read records; they are in failed/",
			series: one(g.own(validate.MetricFailed), "Sum"),
			period: 5 * time.Minute, points: 1, last: 1,
		},
		g.waiting(),
		{
			runbook: "DeadLetters", says: "a hundred attempts did not bring a record back",
			series: one(g.deadLetters.metric("ApproximateNumberOfMessagesVisible"), "Maximum"),
			period: 5 * time.Minute, points: 1, last: 1, pages: true,
		},
	}
	if g.Alarms.RequestsPerDay > 0 {
		rows = append(rows, alarm{
			runbook: "Requests", says: "a month of days like the last would be expensive",
			series: one(g.edge("Count"), "Sum"),
			above:  float64(g.Alarms.RequestsPerDay), period: 24 * time.Hour, points: 1, last: 1,
		})
	}
	if g.version != "" {
		rows = append(rows, alarm{
			runbook: "Release", says: "the version of Ingest that is being released fails",
			series: one(g.released("Errors"), "Sum"),
			period: time.Minute, points: 2, last: 3, ends: true,
		})
	}
	if g.Canary != nil {
		rows = append(rows, g.canary()...)
	}
	for _, f := range g.functions {
		rows = append(rows, alarm{
			runbook: "Throttles", part: f.title, says: "Lambda refuses to start " + f.title,
			series: one(f.metric("Throttles"), "Sum"),
			period: time.Minute, points: 2, last: 3,
		}, alarm{
			runbook: "Errors", part: f.title, says: f.title + " fails",
			series: one(f.metric("Errors"), "Sum"),
			period: time.Minute, points: 2, last: 3,
		})
	}
	for _, s := range g.streams {
		rows = append(rows, g.stream(s)...)
	}
	for _, s := range g.backups {
		rows = append(rows, g.backup(s)...)
	}
	return rows
}

// spilled is the share of requests that Firehose did not take, also of those that the lake next
// door has.
func (g gauges) spilled() []series {
	all, share := []series{{id: "spilled", metric: g.own(ingest.MetricSpilled), stat: "Sum"}}, "FILL(spilled, 0)"
	if g.NextDoor {
		all = append(all, series{id: "away", metric: g.own(ingest.MetricNextDoor), stat: "Sum"})
		share = "(" + share + " + FILL(away, 0))"
	}
	return append(all, series{id: "requests", metric: g.ingest.metric("Invocations"), stat: "Sum"},
		series{id: "ratio", expression: "100 * " + share + " / requests"})
}

// waiting rings while the queue of Redrive holds more messages than Redrive finishes in
// a minute: by Little's law a message then waits longer than a minute. SQS counts
// approximately, so a tenth of the minutes may differ.
//
// It does not use ApproximateAgeOfOldestMessage: SQS leaves out messages that were received
// three times. A message comes back every 12 minutes, so after 36 minutes of an outage the
// metric would show none of those that wait.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
func (g gauges) waiting() alarm {
	minutes := int(g.Alarms.SpilledFor.Minutes())
	return alarm{
		runbook: "QueueAge", says: "spilled records do not come back",
		series: []series{
			{id: "visible", metric: g.queue.metric("ApproximateNumberOfMessagesVisible"), stat: "Maximum"},
			{id: "hidden", metric: g.queue.metric("ApproximateNumberOfMessagesNotVisible"), stat: "Maximum"},
			{id: "done", metric: g.queue.metric("NumberOfMessagesDeleted"), stat: "Sum"},
			{id: "waiting", expression: "visible + hidden - FILL(done, 0)"},
		},
		period: time.Minute, points: minutes - minutes/10, last: minutes,
	}
}

// canary watches what the canary finds, and whether it runs. Neither alarm rings for a new
// canary. Its first runs look for events that nobody sent, so they and one late run may
// report a loss. A period without a run counts only if the queue has a metric for it: before
// that the environment did not exist.
func (g gauges) canary() []alarm {
	return []alarm{
		{
			runbook: "CanaryLost", says: "what the canary sent is not in the lake",
			series: one(g.own(canary.MetricLost), "Sum"),
			period: g.Canary.Every, points: g.Canary.Back + 1, last: g.Canary.Back + 2, pages: true,
		},
		{
			runbook: "CanarySilent", says: "the canary does not run, or cannot look into the lake",
			series: []series{
				{id: "queue", metric: g.queue.metric("ApproximateNumberOfMessagesVisible"), stat: "SampleCount"},
				{id: "ran", metric: g.own(canary.MetricLost), stat: "SampleCount"},
				{id: "exists", expression: "0 * queue"},
				// SUM adds what is there; a plus has no value where one series has none.
				{id: "runs", expression: "SUM([exists, ran])"},
			},
			below: 1, period: g.Canary.Every, points: 3, last: 3, pages: true,
		},
	}
}

func (g gauges) stream(s part) []alarm {
	return []alarm{
		{
			runbook: "Freshness", part: s.title, says: s.title + " are late in the lake; Firehose gives up at 24 hours",
			series: one(s.metric("DeliveryToS3.DataFreshness"), "Maximum"),
			above:  g.Alarms.Freshness.Seconds(), period: time.Minute, points: 3, last: 3, pages: true,
		},
		{
			runbook: "DeliverySuccess", part: s.title, says: "S3 refuses " + s.title,
			series: one(s.metric("DeliveryToS3.Success"), "Average"),
			below:  1, period: 5 * time.Minute, points: 3, last: 5,
		},
		{
			runbook: "ThrottledRecords", part: s.title, says: "Firehose throttles " + s.title,
			series: one(s.metric("ThrottledRecords"), "Sum"),
			period: time.Minute, points: 2, last: 3,
		},
		{
			runbook: "Quota", part: s.title, says: s.title + " come near a quota of their stream",
			series: quotaUsed(s),
			above:  g.Alarms.QuotaPercent, period: 5 * time.Minute, points: 2, last: 3,
		},
	}
}

// backup wakes nobody: a copy that is late in source/ delays no event.
func (g gauges) backup(s part) []alarm {
	return []alarm{
		{
			runbook: "Backup", part: "Freshness" + s.title, says: "copies of " + s.title + " are late in source/",
			series: one(s.metric("BackupToS3.DataFreshness"), "Maximum"),
			above:  g.Alarms.Freshness.Seconds(), period: time.Minute, points: 3, last: 3,
		},
		{
			runbook: "Backup", part: "Success" + s.title, says: "S3 refuses copies of " + s.title,
			series: one(s.metric("BackupToS3.Success"), "Average"),
			below:  1, period: 5 * time.Minute, points: 3, last: 5,
		},
	}
}

// one is a single metric, without arithmetic.
func one(m metric, stat string) []series { return []series{{metric: m, stat: stat}} }

// percentOf is a share of requests, in %. The metric is 0 or 1 for each of them.
func percentOf(m metric) []series {
	return []series{{id: "share", metric: m, stat: "Average"}, {id: "percent", expression: "100 * share"}}
}

func (a alarm) id() string { return a.runbook + a.part }

// description points to the runbook, in the form of a link into its file.
func (a alarm) description() string {
	return a.says + ". What to do: infra/runbook.md#" + strings.ToLower(a.runbook)
}

// newAlarm adds the alarm of a row. It tells topic when it rings and when it is over.
func newAlarm(this constructs.Construct, a alarm, topic *string) awscloudwatch.CfnAlarm {
	actions := &[]any{topic}
	comparison, threshold := "GreaterThanThreshold", a.above
	if a.above == 0 && a.below != 0 {
		comparison, threshold = "LessThanThreshold", a.below
	}
	props := &awscloudwatch.CfnAlarmProps{
		AlarmDescription:   jsii.String(a.description()),
		AlarmActions:       actions,
		OkActions:          actions,
		ComparisonOperator: jsii.String(comparison),
		Threshold:          jsii.Number(threshold),
		DatapointsToAlarm:  jsii.Number(a.points),
		EvaluationPeriods:  jsii.Number(a.last),
		// Most metrics are written only when there is something to count.
		TreatMissingData: jsii.String("notBreaching"),
	}
	if len(a.series) > 1 {
		props.Metrics = a.queries()
	} else {
		a.metricOf(props)
	}
	return awscloudwatch.NewCfnAlarm(this, jsii.String(a.id()), props)
}

// metricOf watches one metric without arithmetic.
func (a alarm) metricOf(props *awscloudwatch.CfnAlarmProps) {
	s := a.series[0]
	props.Namespace, props.MetricName = jsii.String(s.metric.namespace), jsii.String(s.metric.name)
	props.Dimensions = s.metric.alarmDimensions()
	props.Period = jsii.Number(a.period.Seconds())
	if strings.HasPrefix(s.stat, "p") {
		props.ExtendedStatistic = jsii.String(s.stat)
		// The p99 of a few requests is a single request, mostly a cold start.
		props.EvaluateLowSampleCountPercentile = jsii.String("ignore")
		return
	}
	props.Statistic = jsii.String(s.stat)
}

func (a alarm) queries() []any {
	var all []any
	for i, s := range a.series {
		query := &awscloudwatch.CfnAlarm_MetricDataQueryProperty{
			Id: jsii.String(s.id), ReturnData: jsii.Bool(i == len(a.series)-1),
		}
		if s.expression != "" {
			query.Expression = jsii.String(s.expression)
		} else {
			query.MetricStat = &awscloudwatch.CfnAlarm_MetricStatProperty{
				Metric: &awscloudwatch.CfnAlarm_MetricProperty{
					Namespace: jsii.String(s.metric.namespace), MetricName: jsii.String(s.metric.name),
					Dimensions: s.metric.alarmDimensions(),
				},
				Period: jsii.Number(a.period.Seconds()), Stat: jsii.String(s.stat),
			}
		}
		all = append(all, query)
	}
	return all
}

func (m metric) alarmDimensions() []any {
	var all []any
	for _, d := range m.dimensions {
		all = append(all, &awscloudwatch.CfnAlarm_DimensionProperty{Name: jsii.String(d.name), Value: jsii.String(d.value)})
	}
	return all
}
