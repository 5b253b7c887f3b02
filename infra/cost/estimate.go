package cost

import (
	"fmt"
	"math"
	"slices"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/record"
)

// What the functions take and what compression saves: rounded up from what `make bench`
// measures with a Firehose that answers within 10 ms.
const (
	ingestSeconds      = 0.011 // of a request: the article's figure
	validatorSecondsMB = 0.05  // of a MiB of records on a whole processor
	gzipRatio          = 6     // of a line's bytes to what S3 keeps of it
	answerBytes        = 450   // of an answer with its headers
	accessLogBytes     = 430   // of a request's line in the access log, with the 26 that CloudWatch Logs adds
	logBytes           = 900   // of a batch's lines in the Validator's log
	firehoseRounding   = 5120  // bytes, of each record
)

// Line is one service's part of a month.
type Line struct {
	Service string
	Formula string
	Dollars float64
}

// Estimate is what a month costs.
type Estimate []Line

// Dollars is the sum.
func (e Estimate) Dollars() (sum float64) {
	for _, line := range e {
		sum += line.Dollars
	}
	return sum
}

// Of returns what one region of env costs a month under l, in the order of an event's way.
// Without Regions it is all that env costs.
func Of(env environment.Environment, l Load) Estimate {
	requests := l.requests()
	bytes := requests * l.record()
	e := Estimate{
		line("API Gateway", requests, "api request", "%s requests"),
		line("Ingest λ, requests", requests, "lambda request", "%s requests"),
		line("Ingest λ, time", gbSeconds(requests*ingestSeconds, env.Ingest), "lambda arm64 time",
			fmt.Sprintf("%%s GB-seconds: %.0f ms of %d MiB a request", ingestSeconds*1000, env.Ingest.MemoryMiB)),
		line("Firehose, events", requests*roundUp(l.record())/gb, "firehose direct put",
			fmt.Sprintf("%%s GB: records of %.0f bytes count as %.0f", l.record(), roundUp(l.record()))),
	}
	if l.Rejects > 0 {
		e = append(e, line("Firehose, rejects", l.Events*l.Rejects*roundUp(l.Bytes+2*lineBytes)/gb, "firehose direct put",
			fmt.Sprintf("%%s GB: %g of a hundred events, a record each", l.Rejects*100)))
	}
	batches := max(bytes/mib, often(env.Delivery.TransformFor.Seconds(), requests))
	share := min(1, float64(env.Validator.MemoryMiB)/environment.MemoryOfOneProcessor) // of a processor
	seconds := bytes / mib * validatorSecondsMB / share
	lines := l.Events * (l.Bytes + lineBytes)
	objects := max(lines/(float64(env.Delivery.BufferMiB)*mib), often(env.Delivery.BufferFor.Seconds(), requests))
	copies := 1.0
	if env.SourceBackup {
		copies = 2
	}
	e = append(e,
		line("Validator λ, requests", batches, "lambda request", "%s batches"),
		line("Validator λ, time", gbSeconds(seconds, env.Validator), "lambda arm64 time",
			fmt.Sprintf("%%s GB-seconds: %.0f MiB of records", bytes/mib)),
		line("S3, objects", objects*copies*2, "s3 put", "%s puts: objects of events and of rejects"),
		line("S3, a month of storage", lines/gzipRatio*copies/gb, "s3 storage",
			fmt.Sprintf("%%s GB: lines compressed to a %dth", gzipRatio)),
		line("KMS, requests", objects*copies*2, "key request", "%s requests: one an object"),
	)
	e = append(e, dataOut(env, requests)...)
	e = append(e,
		line("CloudWatch Logs, access log", requests*accessLogBytes/gb, "logs",
			fmt.Sprintf("%%s GB: a line of %d bytes a request", accessLogBytes)),
		line("CloudWatch Logs, Validator", batches*logBytes/gb, "logs", "%s GB: metric lines of batches"),
	)
	e = slices.Concat(e, scans(env, lines/gzipRatio, l.Scans), tracing(env, requests))
	if env.Worldwide() {
		return append(e, idle(env)...)
	}
	return slices.Concat(e, firewall(env, requests), fixed(env))
}

// dataOut is free from a region to CloudFront, where front pays for it.
func dataOut(env environment.Environment, requests float64) Estimate {
	if env.Worldwide() {
		return nil
	}
	return Estimate{line("Data out", requests*answerBytes/gb, "data out", answers)}
}

// answers is the formula of data out.
var answers = fmt.Sprintf("%%s GB: answers of %d bytes", answerBytes)

// leastScan is what Athena bills of a query at least, in bytes.
const leastScan = 10e6

// Scan is what Athena takes for a query that reads so many bytes.
func Scan(bytes float64) float64 { return book.Prices["athena scan"].of(max(bytes, leastScan) / tb) }

// Reads is what S3 takes for listing and for getting objects. It bills a list as a put.
func Reads(lists, gets int) float64 {
	return book.Prices["s3 put"].of(float64(lists)) + book.Prices["s3 get"].of(float64(gets))
}

// scans are queries that read the month's events. The views are free: Glue gives away the
// first million objects.
func scans(env environment.Environment, bytes, times float64) Estimate {
	if env.Query.Off || times == 0 {
		return nil
	}
	return Estimate{line("Athena, scans", times*max(bytes, leastScan)/tb, "athena scan",
		fmt.Sprintf("%%s TB: the month's lines, compressed, read %g times", times))}
}

// tracing is what X-Ray costs. It traces one request of each second, and 5 % of the rest.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-console-sampling.html
func tracing(env environment.Environment, requests float64) Estimate {
	if !env.Tracing {
		return nil
	}
	traces := min(requests, secondsOfMonth+requests/20)
	return Estimate{line("X-Ray", traces, "trace", "%s traces: one a second, and a 20th of the rest")}
}

// roundUp is what Firehose bills of a record.
func roundUp(bytes float64) float64 { return math.Ceil(bytes/firehoseRounding) * firehoseRounding }

// often is how often a month a buffer of so many seconds is emptied while requests come.
func often(seconds, requests float64) float64 {
	if seconds == 0 {
		return requests
	}
	return min(secondsOfMonth/seconds, requests)
}

// WatchedMetrics is how many metrics the alarms of an environment watch in one region. CloudWatch
// bills each of them. A test compares it with the goldens.
func WatchedMetrics(env environment.Environment) int {
	const once, ofFunction, ofStream, ofBackup, ofCanary = 13, 2, 9, 2, 3
	n, functions := once, 3
	if env.Canary.Every > 0 {
		n, functions = n+ofCanary, functions+1
	}
	if env.Release != environment.AllAtOnce {
		n++
	}
	if env.Alarms.RequestsPerDay > 0 {
		n++
	}
	if env.Failover.NextDoor {
		n++
	}
	if env.SourceBackup {
		n += ofBackup * env.Streams
	}
	return n + ofFunction*functions + ofStream*(env.Streams+1)
}

// ownMetrics is how many of our own metrics have values while nothing is wrong: two of every
// batch, one for each reason of a reject, and three of the canary. CloudWatch bills a metric for
// the hours in which it has values, so those that only an outage writes cost next to nothing. A
// test compares it with the dashboards in the goldens.
func ownMetrics(env environment.Environment) float64 {
	const ofBatch, ofCanary = 2, 3
	n := ofBatch + len(record.Reasons())
	if env.Canary.Every > 0 {
		n += ofCanary
	}
	return float64(n)
}

// fixed is what a month costs without any events.
func fixed(env environment.Environment) Estimate {
	keys := 1.0 // the lake's
	e := Estimate{
		line("CloudWatch metrics", ownMetrics(env), "custom metric", "%s metrics"),
		line("CloudWatch dashboard", 1, "dashboard", "%s dashboard"),
	}
	if env.Provisioned > 0 {
		seconds := float64(env.Provisioned) * secondsOfMonth
		e = append(e, line("Ingest λ, provisioned", gbSeconds(seconds, env.Ingest), "lambda arm64 provisioned",
			fmt.Sprintf("%%s GB-seconds: %d sandboxes all month", env.Provisioned)))
	}
	if !env.Alarms.Off {
		keys++ // the topic's
		e = append(e, line("CloudWatch alarms", float64(WatchedMetrics(env)), "alarm metric", "%s metrics"))
		if env.Alarms.Pager != "" {
			e = append(e, line("CloudWatch, the alarm that pages", 1, "composite alarm", "%s alarm"))
		}
	}
	return append(e, line("KMS, keys", keys, "key", "%s keys"))
}

// gbSeconds is what Lambda bills for so many seconds of a function.
func gbSeconds(seconds float64, f environment.Function) float64 {
	return seconds * float64(f.MemoryMiB) / 1024
}

// firewall is what the WAF costs, if it is on.
func firewall(env environment.Environment, requests float64) Estimate {
	if !env.WAF.On {
		return nil
	}
	return Estimate{
		line("WAF", 1, "web acl", "%s web ACL"), line("WAF, rules", 2, "web acl rule", "%s rules"),
		line("WAF, requests", requests, "web acl request", "%s requests"),
	}
}

// line is an amount at its price. formula has a %s for the amount.
func line(service string, amount float64, price, formula string) Line {
	p := book.Prices[price]
	return Line{service, fmt.Sprintf(formula, Number(amount)) + ", at " + p.String(), p.of(amount)}
}
