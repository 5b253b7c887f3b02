package pipeline

import (
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/validate"
)

// What an alarm makes of a period without data.
const (
	isFine    = "notBreaching" // nothing happened: most metrics are written only when there is something to count
	isTrouble = "breaching"    // what should have been written was not
)

// alarm is a promise that CloudWatch watches.
type alarm struct {
	runbook string        // the heading in infra/runbook.md; several alarms may share one
	part    string        // which of those that share it: with runbook it is the alarm's id; default the only one
	says    string        // what has happened when it rings, in a few words
	series  []series      // the last is watched
	above   float64       // rings above this value,
	below   float64       // or, when that is 0 and this is not, below this one
	period  time.Duration // that one value is about
	points  int           // values out of
	last    int           // the last ones, which make it ring
	missing string        // what a period without data is
	pages   bool          // whether somebody is woken
}

// alarms are all of them: a row for each promise.
func (g gauges) alarms(a environment.Alarms) []alarm {
	spilled := g.own(ingest.MetricSpilled)
	rows := []alarm{
		{
			runbook: "Unstored", says: "neither Firehose nor the spill took a request",
			series: one(g.own(ingest.MetricUnstored), "Sum"),
			period: time.Minute, points: 1, last: 1, missing: isFine, pages: true,
		},
		{
			runbook: "Spilled", says: "Firehose refuses requests; they wait in spill/",
			series: []series{
				{id: "spilled", metric: spilled, stat: "Sum"},
				{id: "requests", metric: ofFunction(g.ingest(), "Invocations"), stat: "Sum"},
				{id: "ratio", expression: "100 * FILL(spilled, 0) / requests"},
			},
			above: a.SpilledPercent, period: 5 * time.Minute, points: 2, last: 3, missing: isFine,
		},
		{
			runbook: "ServerErrors", says: "the endpoint answers 5xx",
			series: percentOf(g.edge("5XXError")),
			above:  a.ErrorPercent, period: time.Minute, points: 3, last: 5, missing: isFine, pages: true,
		},
		{
			runbook: "ClientErrors", says: "the gateway turns requests away (4xx: 403, 413, 415, 429), and stores none of them",
			series: percentOf(g.edge("4XXError")),
			above:  a.RefusedPercent, period: 5 * time.Minute, points: 3, last: 3, missing: isFine,
		},
		{
			runbook: "Latency", says: "clients wait: p99 of the integration's latency",
			series: one(g.edge("IntegrationLatency"), "p99"),
			above:  float64(a.Latency.Milliseconds()), period: 5 * time.Minute, points: 3, last: 5, missing: isFine,
		},
		{
			runbook: "Rejected", says: "many events are invalid",
			series: []series{
				{id: "rejected", metric: g.own(validate.MetricRejected), stat: "Sum"},
				{id: "valid", metric: g.own(validate.MetricValid), stat: "Sum"},
				// Of less than a hundred events a ratio says nothing, and half of a canary's are invalid.
				{id: "ratio", expression: "IF(rejected + valid > 100, 100 * rejected / (rejected + valid), 0)"},
			},
			above: a.RejectedPercent, period: 15 * time.Minute, points: 1, last: 1, missing: isFine,
		},
		{
			runbook: "Failed", says: "the Validator could not read records; they are in failed/",
			series: one(g.own(validate.MetricFailed), "Sum"),
			period: 5 * time.Minute, points: 1, last: 1, missing: isFine,
		},
		{
			runbook: "QueueAge", says: "spilled records do not come back",
			series: one(ofQueue(g.queue, "ApproximateAgeOfOldestMessage"), "Maximum"),
			above:  a.SpilledFor.Seconds(), period: time.Minute, points: 3, last: 3, missing: isFine,
		},
		{
			runbook: "DeadLetters", says: "a hundred attempts did not bring a record back",
			series: one(ofQueue(g.deadLetters, "ApproximateNumberOfMessagesVisible"), "Maximum"),
			period: 5 * time.Minute, points: 1, last: 1, missing: isFine, pages: true,
		},
	}
	if g.every > 0 {
		rows = append(rows, alarm{
			runbook: "CanaryLost", says: "what the canary sent is not in the lake, or it did not run",
			series: one(g.own(canary.MetricLost), "Sum"),
			// Two of three: one may be late, and a new canary looks for what was never sent.
			period: g.every, points: 2, last: 3, missing: isTrouble, pages: true,
		})
	}
	for _, f := range g.functions {
		rows = append(rows, alarm{
			runbook: "Throttles", part: f.title, says: "Lambda refuses to start " + f.title,
			series: one(ofFunction(f, "Throttles"), "Sum"),
			period: time.Minute, points: 2, last: 3, missing: isFine,
		}, alarm{
			runbook: "Errors", part: f.title, says: f.title + " fails",
			series: one(ofFunction(f, "Errors"), "Sum"),
			period: time.Minute, points: 2, last: 3, missing: isFine,
		})
	}
	for _, s := range g.streams {
		rows = append(rows, streamAlarms(s, a)...)
	}
	return rows
}

func streamAlarms(s part, a environment.Alarms) []alarm {
	return []alarm{
		{
			runbook: "Freshness", part: s.title, says: s.title + " are late in the lake; after 24 hours Firehose gives up",
			series: one(ofStream(s, "DeliveryToS3.DataFreshness"), "Maximum"),
			above:  a.Freshness.Seconds(), period: time.Minute, points: 3, last: 3, missing: isFine, pages: true,
		},
		{
			runbook: "DeliverySuccess", part: s.title, says: "S3 refuses " + s.title,
			series: one(ofStream(s, "DeliveryToS3.Success"), "Average"),
			below:  1, period: 5 * time.Minute, points: 3, last: 5, missing: isFine,
		},
		{
			runbook: "ThrottledRecords", part: s.title, says: "Firehose throttles " + s.title,
			series: one(ofStream(s, "ThrottledRecords"), "Sum"),
			period: time.Minute, points: 2, last: 3, missing: isFine,
		},
		{
			runbook: "Quota", part: s.title, says: s.title + " come near a quota of their stream",
			series: quotaUsed(s),
			above:  a.QuotaPercent, period: 5 * time.Minute, points: 2, last: 3, missing: isFine,
		},
		{
			runbook: "Kms", part: s.title, says: "Firehose may not use the key that encrypts " + s.title,
			series: []series{
				{id: "denied", metric: ofStream(s, "KMSKeyAccessDenied"), stat: "Sum"},
				{id: "disabled", metric: ofStream(s, "KMSKeyDisabled"), stat: "Sum"},
				{id: "invalid", metric: ofStream(s, "KMSKeyInvalidState"), stat: "Sum"},
				{id: "missing", metric: ofStream(s, "KMSKeyNotFound"), stat: "Sum"},
				{id: "refused", expression: "FILL(denied, 0) + FILL(disabled, 0) + FILL(invalid, 0) + FILL(missing, 0)"},
			},
			period: time.Minute, points: 1, last: 1, missing: isFine, pages: true,
		},
	}
}

// one is the series of a row that needs no arithmetic.
func one(m metric, stat string) []series { return []series{{metric: m, stat: stat}} }

// percentOf is the share of requests that a metric of 0 and 1 for each counts.
func percentOf(m metric) []series {
	return []series{{id: "share", metric: m, stat: "Average"}, {id: "percent", expression: "100 * share"}}
}

func (a alarm) id() string { return a.runbook + a.part }

// description sends whoever reads it to the runbook, as a link of its file would.
func (a alarm) description() string {
	return a.says + ". What to do: infra/runbook.md#" + strings.ToLower(a.runbook)
}

// newAlarm adds a's alarm, which tells topic when it rings and when it is over.
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
		TreatMissingData:   jsii.String(a.missing),
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
		// A p99 of a few requests is one request, mostly a cold start.
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
					Namespace: jsii.String(s.metric.namespace), MetricName: jsii.String(s.metric.name), Dimensions: s.metric.alarmDimensions(),
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
