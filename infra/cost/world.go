package cost

import (
	"fmt"
	"slices"
	"strings"

	"global-ingest/infra/environment"
)

// Part is what one region of an environment costs a month, or its Front.
type Part struct {
	Name string
	Estimate
}

// Parts returns the regions of env under l, and what is before them. Every region that gets
// clients has the same share: how clients are spread is not known before they come.
func Parts(env environment.Environment, l Load) (parts []Part) {
	joined, share := float64(len(joined(env))), l
	share.Events /= joined
	for _, site := range env.Sites() {
		if site.Joined() {
			name := fmt.Sprintf("%s, 1/%.0f of the requests", site.Region, joined)
			parts = append(parts, Part{name, Of(site.Environment, share)})
		} else {
			parts = append(parts, Part{site.Region + ", drained", idle(site.Environment)})
		}
	}
	if env.Worldwide() {
		parts = append(parts, Part{environment.FrontStack, front(env, l.requests())})
	}
	return parts
}

// Dollars is what all of env costs a month under l.
func Dollars(env environment.Environment, l Load) (sum float64) {
	for _, part := range Parts(env, l) {
		sum += part.Dollars()
	}
	return sum
}

// joined are the sites of env that get clients.
func joined(env environment.Environment) []environment.Site {
	return slices.DeleteFunc(env.Sites(), func(site environment.Site) bool { return !site.Joined() })
}

// idle is what a region costs that gets no requests but those of the health checks.
func idle(env environment.Environment) Estimate { return append(probes(env), fixed(env)...) }

// checkers is about how many of Route 53's health checkers ask: "one request every two seconds"
// with 30 s between two of each.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
const checkers = 15

// probes is a region's health check and what its requests cost. Each is billed as if it put a
// probe: where events come, most do not.
func probes(env environment.Environment) Estimate {
	asked := checkers * secondsOfMonth / env.Failover.Every.Seconds()
	options, words := 1.0, "%s option: HTTPS"
	if env.Failover.Every.Seconds() < 30 {
		options, words = 2, "%s options: HTTPS, and asked every 10 s"
	}
	return Estimate{
		line("Health check", 1, "health check", "%s check"),
		line("Health check, options", options, "health check option", words),
		line("Health check, API Gateway", asked, "api request",
			fmt.Sprintf("%%s requests: %d checkers, each every %v", checkers, env.Failover.Every)),
		line("Health check, Ingest λ", asked, "lambda request", "%s requests"),
		line("Health check, Ingest λ, time", gbSeconds(asked*ingestSeconds, env.Ingest), "lambda arm64 time",
			"%s GB-seconds"),
		line("Health check, Firehose", asked*firehoseRounding/gb, "firehose direct put", "%s GB"),
	}
}

// front is what Front costs, once for all regions.
func front(env environment.Environment, requests float64) Estimate {
	e := Estimate{
		line("CloudFront, requests", requests, "cloudfront request", "%s requests"),
		line("CloudFront, function", requests, "cloudfront function", "%s requests"),
		line("CloudFront, data out", requests*answerBytes/gb, "cloudfront data out", answers),
		line("CloudWatch dashboard", 1, "dashboard", "%s dashboard: over all regions"),
	}
	return append(e, firewall(env, requests)...)
}

// inherits says how many regions' requests a region must take: its own, and those of the one that
// fails beside it. Latency records do not spread a lost region's clients: nearly all of them go
// to one neighbour.
func inherits(env environment.Environment) float64 { return min(2, float64(len(joined(env)))) }

// withNeighbour is what a region must take of requests to all regions when its neighbour fails.
func withNeighbour(env environment.Environment, requests float64) float64 {
	return requests * inherits(env) / float64(len(joined(env)))
}

// regions are the names of env's.
func regions(env environment.Environment) string {
	return strings.Join(append([]string{env.Region}, env.Regions...), ", ")
}
