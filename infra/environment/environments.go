package environment

import (
	"fmt"
	"strings"
	"time"
)

// All returns every environment, in the order in which a change reaches them.
func All() []Environment { return []Environment{Dev(), Staging(), Prod()} }

// Named returns one of All.
func Named(name string) (Environment, error) {
	var names []string
	for _, e := range All() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Environment{}, fmt.Errorf("environment is %q, must be one of %s", name, strings.Join(names, ", "))
}

// Dev is for trying things out: small, cheap, and completely deleted when destroyed.
func Dev() Environment {
	e := Default("Dev")
	e.Throttle = Throttle{RatePerSecond: 100, Burst: 200}
	e.LogRetention = 7
	e.Lifecycle = Lifecycle{
		EventsExpireAfter:     30,
		RejectsExpireAfter:    30,
		FailedExpireAfter:     30,
		SourceExpireAfter:     30,
		NoncurrentExpireAfter: 1,
	}
	e.Delivery.Retries = 10 // a Validator that is wrong shows within minutes
	e.OwnAPILogRole = true
	e.Alarms.Off = true
	e.Release = AllAtOnce
	e.DeletableStorage = true
	return e
}

// reserve reserves concurrency for the functions behind Ingest. While Firehose and S3 hang, a
// request holds Ingest for up to ingest.AnswerWithin, 2.6 s. From 1,000 / 2.6 s = 385 requests
// a second on, Ingest then takes all of an account's 1,000 sandboxes. The other functions would
// be throttled, and the outage would prolong itself.
//
// Validator: Firehose hands it 1 MiB at a time, so a stream at 5 MiB/s, the largest default
// quota, calls it 5 times a second. With 50 sandboxes a call may take 10 s, as when the rejects
// stream is slow. A normal call takes 0.1 s. Redrive: at least the concurrency of its event
// source mapping. Otherwise messages are throttled, count as received, and end as dead letters.
// Canary: one run, and Lambda's retry of one that failed. An account can reserve 900 of its
// 1,000.
func (e *Environment) reserve() {
	e.Validator.Reserved, e.Redrive.Reserved, e.Canary.Reserved = 50, 20, 2
}

// Staging is Prod at a tenth of its rate, with each request traced.
func Staging() Environment {
	e := Default("Staging")
	e.Throttle = Throttle{RatePerSecond: 1_000, Burst: 500}
	e.Tracing = true
	e.Lifecycle.EventsExpireAfter = 90
	e.Lifecycle.RejectsExpireAfter = 90
	e.Lifecycle.FailedExpireAfter = 90
	e.Lifecycle.SourceExpireAfter = 90
	e.Canary.Every = 15 * time.Minute
	e.reserve()
	return e
}

// Prod keeps every event until somebody decides otherwise. Anybody may send to it, so the
// firewall limits what one address can send, and an alarm reports a day that would make an
// expensive month: 10,000,000 requests are 116 a second for 24 hours. `make cost ENV=Prod` says
// what both limits are in dollars.
func Prod() Environment {
	e := Default("Prod")
	e.WAF.On = true
	e.Alarms.RequestsPerDay = 10_000_000
	e.LogRetention = 90
	e.Canary.Every = 5 * time.Minute
	e.reserve()
	return e
}
