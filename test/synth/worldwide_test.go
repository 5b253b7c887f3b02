package synth

import (
	"time"

	"global-ingest/infra/environment"
)

// worldwide is an environment in three regions. One of them is drained, and differs from home in
// everything that may differ.
func worldwide() environment.Environment {
	e := environment.Default("Worldwide")
	e.Region = region
	e.Regions = []string{"eu-central-1", "ap-southeast-1"}
	e.Drained = []string{"ap-southeast-1"}
	e.In = map[string]environment.Place{"ap-southeast-1": {
		Throttle: environment.Throttle{RatePerSecond: 200, Burst: 100}, Provisioned: 2,
		Pager: "arn:aws:sns:ap-southeast-1:" + account + ":pager", OwnAPILogRole: true,
	}}
	e.Domain = environment.Domain{Name: "events.example.com", Zone: "Z0123456789ABCDEFGHIJ"}
	e.Failover = environment.Failover{Every: 10 * time.Second, After: 3, NextDoor: true}
	e.Throttle = environment.Throttle{RatePerSecond: 300, Burst: 150}
	e.WAF.On = true
	e.Canary.Every = 5 * time.Minute
	return e
}
