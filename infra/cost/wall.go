package cost

import (
	"cmp"
	"fmt"
	"slices"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
)

// Wall is a limit, and the rate of requests at which it is met.
type Wall struct {
	Limit    string  // what it is, and its value
	Requests float64 // requests a second
	Past     string  // what to do about it
	Brief    bool    // met for seconds only, until the breaker opens
}

// Walls returns the limits that requests of l meet in env, the first one first.
func Walls(env environment.Environment, l Load) []Wall {
	streams := float64(env.Streams)
	concurrency := book.Quotas["lambda concurrency"].in(env.Region)
	walls := append([]Wall{{
		fmt.Sprintf("this environment's Throttle.RatePerSecond, %d requests/s", env.Throttle.RatePerSecond),
		float64(env.Throttle.RatePerSecond), "set it", false,
	}}, quotasOf(env)...)
	walls = append(walls,
		wall(env, "lambda concurrency", "Lambda", 1/ingestSeconds),
		Wall{
			fmt.Sprintf("Lambda, %s sandboxes, while Firehose and S3 hang", Number(concurrency)),
			concurrency / ingest.AnswerWithin.Seconds(), "the breaker: it is met for seconds", true,
		},
		wall(env, "firehose records", "Firehose", streams),
		wall(env, "firehose bytes", "Firehose", streams*mib/l.record()),
	)
	slices.SortStableFunc(walls, func(a, b Wall) int { return cmp.Compare(a.Requests, b.Requests) })
	return walls
}

// wall is a quota of AWS. requests is how many requests each unit of it allows.
func wall(env environment.Environment, quota, service string, requests float64) Wall {
	q := book.Quotas[quota]
	value := q.in(env.Region)
	return Wall{fmt.Sprintf("%s, %s %s", service, Number(value), q.Unit), value * requests, q.Past, false}
}

// Bound is a rate of requests at which a setting stops requests or rings an alarm.
type Bound struct {
	Requests float64 // a second
	By       string  // the setting, and what it does
}

// Bounds returns the bounds of env, the widest first.
func Bounds(env environment.Environment) []Bound {
	rate, words := 0.0, ": all clients together"
	for _, site := range env.Sites() {
		rate += float64(site.Throttle.RatePerSecond)
	}
	if env.Worldwide() {
		words = ": all regions together"
	}
	bounds := []Bound{{rate, "Throttle.RatePerSecond" + words}}
	if day := env.Alarms.RequestsPerDay; day > 0 && !env.Alarms.Off {
		perDay := float64(day * len(env.Sites()))
		bounds = append(bounds, Bound{perDay / (24 * 3600), "Alarms.RequestsPerDay: above it an alarm rings"})
	}
	if env.WAF.On {
		rate := float64(env.WAF.RatePerAddress) / environment.WAFWindow.Seconds()
		bounds = append(bounds, Bound{rate, "WAF.RatePerAddress: one address"})
	}
	slices.SortStableFunc(bounds, func(a, b Bound) int { return cmp.Compare(b.Requests, a.Requests) })
	return bounds
}

// Warnings says which of AWS's default quotas are lower than what env lets through or reserves.
// With several regions it says which region could not take its neighbour's clients too, if the
// whole environment had Throttle's requests. Bytes are left out, because nobody knows yet how large
// events will be.
func Warnings(env environment.Environment) (found []string) {
	for _, site := range env.Sites() {
		place := ""
		if env.Worldwide() {
			place = site.Region + ": "
		}
		if site.Joined() {
			found = append(found, rateWarnings(env, site)...)
		}
		if reserves := reserveWarning(site.Environment); reserves != "" {
			found = append(found, place+reserves)
		}
	}
	return found
}

// rateWarnings are those about the requests that site must take.
func rateWarnings(env environment.Environment, site environment.Site) (found []string) {
	rate := float64(env.Throttle.RatePerSecond)
	need, says := withNeighbour(env, rate), fmt.Sprintf("Throttle.RatePerSecond is %.0f", rate)
	if env.Worldwide() {
		says += fmt.Sprintf(" in all regions together. When the region beside %s fails, it gets %.0f", site.Region, need)
	}
	if own := float64(site.Throttle.RatePerSecond); own < need {
		found = append(found, fmt.Sprintf("%s, and In.%s.Throttle.RatePerSecond is %.0f: it answers the others 429. "+
			"Past it: raise it.", says, site.Region, own))
	}
	for _, w := range quotasOf(site.Environment) {
		if w.Requests < need {
			found = append(found, fmt.Sprintf("%s, but a default quota is met at %.0f requests/s: %s. Past it: %s.",
				says, w.Requests, w.Limit, w.Past))
		}
	}
	return found
}

// quotasOf are those of requests, in the region of env.
func quotasOf(env environment.Environment) []Wall {
	return []Wall{
		wall(env, "api requests", "API Gateway", 1),
		wall(env, "firehose requests", "Firehose", float64(env.Streams)),
	}
}

func reserveWarning(env environment.Environment) string {
	q := book.Quotas["lambda concurrency"]
	free := int(q.in(env.Region)) - Unreserved
	if reserved(env) <= free {
		return ""
	}
	return fmt.Sprintf("Reserved and Provisioned are %d together, but an account can reserve "+
		"%d by default, and none when it is new: the deploy fails. Past it: %s.", reserved(env), free, q.Past)
}

// Unreserved is the concurrency of an account that no function can reserve or provision. A new
// account has less: a quota of 10.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
const Unreserved = 100

// reserved is the concurrency that env's functions take from the account's. What Ingest has
// provisioned is part of what it has reserved.
func reserved(env environment.Environment) int {
	return max(env.Ingest.Reserved, env.Provisioned) + env.Validator.Reserved + env.Redrive.Reserved + env.Canary.Reserved
}
