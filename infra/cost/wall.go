package cost

import (
	"fmt"
	"slices"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
)

// Wall is a limit, and the rate of requests at which it is met.
type Wall struct {
	Limit    string  // what it is, and its value
	Requests float64 // requests a second
	Past     string  // the way past it
	Brief    bool    // met for seconds only, until the breaker opens
}

// Walls returns the limits that requests of l meet in env, the first one first.
func Walls(env environment.Environment, l Load) []Wall {
	streams := float64(env.Streams)
	concurrency := book.Quotas["lambda concurrency"].in(env.Region)
	walls := []Wall{
		{fmt.Sprintf("this environment's Throttle.RatePerSecond, %d requests/s", env.Throttle.RatePerSecond), float64(env.Throttle.RatePerSecond), "set it", false},
		wall(env, "api requests", "API Gateway", 1),
		wall(env, "lambda concurrency", "Lambda", 1/ingestSeconds),
		{
			fmt.Sprintf("Lambda, %s sandboxes, while Firehose and S3 hang", number(concurrency)),
			concurrency / ingest.AnswerWithin.Seconds(), "the breaker: it is met for seconds", true,
		},
		wall(env, "firehose requests", "Firehose", streams),
		wall(env, "firehose records", "Firehose", streams),
		wall(env, "firehose bytes", "Firehose", streams*mib/l.record()),
	}
	slices.SortStableFunc(walls, func(a, b Wall) int {
		switch {
		case a.Requests < b.Requests:
			return -1
		case a.Requests > b.Requests:
			return 1
		}
		return 0
	})
	return walls
}

// wall is a quota of AWS, met at so many requests for each of it.
func wall(env environment.Environment, quota, service string, requests float64) Wall {
	q := book.Quotas[quota]
	value := q.in(env.Region)
	return Wall{fmt.Sprintf("%s, %s %s", service, number(value), q.Unit), value * requests, q.Past, false}
}

func number(value float64) string {
	n := Number(value)
	return n.String()
}

// Bound is a rate of requests at which a setting stops requests, or rings an alarm.
type Bound struct {
	Requests float64 // a second
	By       string  // the setting, and what it does
}

// Bounds returns those of env, the widest first.
func Bounds(env environment.Environment) []Bound {
	bounds := []Bound{{float64(env.Throttle.RatePerSecond), "Throttle.RatePerSecond: all clients together"}}
	if day := env.Alarms.RequestsPerDay; day > 0 && !env.Alarms.Off {
		bounds = append(bounds, Bound{float64(day) / (24 * 3600), "Alarms.RequestsPerDay: above it an alarm rings"})
	}
	if env.WAF.On {
		bounds = append(bounds, Bound{float64(env.WAF.RatePerAddress) / 300, "WAF.RatePerAddress: one address"})
	}
	return bounds
}

// Warnings says which of AWS's default quotas env lets through more than. Bytes are
// left out: nobody knows yet what an event will have.
func Warnings(env environment.Environment) (found []string) {
	rate := float64(env.Throttle.RatePerSecond)
	for _, w := range []Wall{wall(env, "api requests", "API Gateway", 1), wall(env, "firehose requests", "Firehose", float64(env.Streams))} {
		if rate > w.Requests {
			found = append(found, fmt.Sprintf("Throttle.RatePerSecond is %d, but a default quota is met at %.0f requests/s: %s. Past it: %s.", env.Throttle.RatePerSecond, w.Requests, w.Limit, w.Past))
		}
	}
	q := book.Quotas["lambda concurrency"]
	if free := int(q.in(env.Region)) - unreserved; reserved(env) > free {
		found = append(found, fmt.Sprintf("Reserved and Provisioned are %d together, but an account has %d to give by default, and none when it is new: "+
			"the deploy fails. Past it: %s.", reserved(env), free, q.Past))
	}
	return found
}

// unreserved is the concurrency of an account that Lambda lets no function reserve, nor
// keep provisioned. A new account's quota of 10 is less.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
const unreserved = 100

// reserved is the concurrency that env's functions take from what the account has. What
// Ingest has provisioned is a part of what it has reserved.
func reserved(env environment.Environment) int {
	return max(env.Ingest.Reserved, env.Provisioned) + env.Validator.Reserved + env.Redrive.Reserved + env.Canary.Reserved
}
