// Package world runs one environment in all its regions, in one process: a simulator for
// each region, and in front of them what CloudFront and Route 53 do, as the synthesized
// templates describe it.
//
//	front    the distribution, at one edge location
//	viewer   its function, which runs for each request that a client sends
//	dns      latency records: which region a location's resolver is told
//	health   a health check for each region
//	road     the way to a region, which a test can break
//	link     how long packets travel
//	template what the templates say about all that
//	world    starts everything, and stops it
//
// Known differences to AWS, and what the documentation leaves open:
//
//   - One health checker asks each region. Route 53 has some 16 of them, which do not
//     coordinate, and counts a region as healthy while more than 18 % of them do. A record's
//     EvaluateTargetHealth adds nothing: the check itself asks the regional API.
//   - A location resolves a name again when its answer is older than the TTL. API Gateway's alias
//     has 60 s, as its name servers answer. How CloudFront's own resolvers treat it is not documented.
//   - The response headers policy is also applied to CloudFront's own errors. The
//     documentation does not say so.
//   - No TLS, HTTP/2 or HTTP/3, and no firewall. Connections to a region are kept for as long as the
//     template says. API Gateway's side may close them earlier.
//
// Clock.Speed divides every wait that is not work: the interval of health checks, the TTL,
// the time until a connection attempt or an unanswered request ends. A function's answer
// takes as long as it takes, and so do the limits on it: 2 s for a health check, and the
// origin's read timeout.
package world
