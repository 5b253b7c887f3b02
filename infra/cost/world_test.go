package cost

import (
	"math"
	"strings"
	"testing"

	"global-ingest/infra/environment"
)

// threeRegions is an environment in three regions, one of which is drained.
func threeRegions() environment.Environment {
	e := environment.Default("World")
	e.Region, e.Regions = "us-east-1", []string{"eu-central-1", "ap-southeast-1"}
	e.Drained = []string{"ap-southeast-1"}
	e.Domain = environment.Domain{Name: "events.example.com", Zone: "Z0123456789"}
	e.Throttle.RatePerSecond = 3_000
	return e
}

// TestARegionPaysForItsShareAndFrontForAll: two regions that get clients halve what grows with
// events, the drained one has none of it, and answers leave through CloudFront.
func TestARegionPaysForItsShareAndFrontForAll(t *testing.T) {
	l := Load{Events: 100e6, Bytes: 800, Batch: 1, Peak: 1}
	e := threeRegions()
	e.WAF.On = true
	parts := Parts(e, l)
	if len(parts) != 4 {
		t.Fatalf("parts are %+v", parts)
	}
	for service, want := range map[string][4]float64{ // computed by hand
		"API Gateway":                {175, 175, 0, 0},
		"Ingest λ, requests":         {10, 10, 0, 0},
		"Data out":                   {},
		"WAF, requests":              {0, 0, 0, 60},
		"CloudFront, requests":       {0, 0, 0, 100},
		"CloudFront, function":       {0, 0, 0, 10},
		"KMS, keys":                  {2, 2, 2, 0},
		"Health check":               {0.5, 0.5, 0.5, 0},
		"Health check, options":      {1, 1, 1, 0},
		"Health check, API Gateway":  {4.60, 4.60, 4.60, 0}, // 15 checkers, each 87,660 times
		"Health check, Firehose":     {0.20, 0.20, 0.20, 0}, // 6.73 GB
		"CloudWatch dashboard":       {3, 3, 3, 3},
		"CloudFront, data out":       {},
		"Health check, Ingest λ":     {0.26, 0.26, 0.26, 0},
		"CloudWatch Logs, Validator": {0.12, 0.12, 0, 0},
	} {
		for i, part := range parts {
			if got := dollarsOf(part.Estimate, service); math.Abs(got-want[i]) > 0.01 {
				t.Errorf("%s, %s is $%.2f, want $%.2f", part.Name, service, got, want[i])
			}
		}
	}
}

// TestAHealthCheckEveryTenSecondsIsDearer: three times the requests, and an option more.
func TestAHealthCheckEveryTenSecondsIsDearer(t *testing.T) {
	slow, fast := threeRegions(), threeRegions()
	fast.Failover.Every /= 3
	more := idle(fast).Dollars() - idle(slow).Dollars()
	if want := 2*dollarsOf(probes(slow), "Health check, API Gateway") + 1; more < want {
		t.Errorf("it costs $%.2f more, want at least $%.2f", more, want)
	}
}

// TestARegionMustTakeItsNeighboursClients: quotas and its own throttle, for its share and the
// share of the region that fails. A drained region gets none.
func TestARegionMustTakeItsNeighboursClients(t *testing.T) {
	for name, c := range map[string]struct {
		set  func(*environment.Environment)
		want []string
	}{
		"two regions: each takes all": {func(*environment.Environment) {}, []string{
			"When the region beside us-east-1 fails, it gets 3000, but a default quota is met at 2000 requests/s: Firehose",
			"When the region beside eu-central-1 fails, it gets 3000, but a default quota is met at 1000 requests/s: Firehose",
		}},
		"three regions: two thirds": {func(e *environment.Environment) { e.Drained = nil }, []string{
			"beside eu-central-1 fails, it gets 2000, but a default quota is met at 1000",
			"beside ap-southeast-1 fails, it gets 2000, but a default quota is met at 1000",
		}},
		"with streams": {func(e *environment.Environment) { e.Streams = 3 }, nil},
		"a throttle that is lower there": {func(e *environment.Environment) {
			e.Streams = 3
			e.In = map[string]environment.Place{"eu-central-1": {Throttle: environment.Throttle{RatePerSecond: 1_500}}}
		}, []string{"beside eu-central-1 fails, it gets 3000, and In.eu-central-1.Throttle.RatePerSecond is 1500"}},
		"home is drained": {func(e *environment.Environment) { e.Drained, e.Streams = []string{"us-east-1"}, 2 }, []string{
			"beside eu-central-1 fails, it gets 3000, but", "beside ap-southeast-1 fails, it gets 3000, but",
		}},
		"reserved there": {func(e *environment.Environment) {
			e.Streams = 3
			e.In = map[string]environment.Place{"eu-central-1": {Provisioned: 901}}
		}, []string{"eu-central-1: Reserved and Provisioned are 901 together"}},
		"reserved in a drained region, whose deploy fails all the same": {func(e *environment.Environment) {
			e.Streams = 3
			e.In = map[string]environment.Place{"ap-southeast-1": {Provisioned: 901}}
		}, []string{"ap-southeast-1: Reserved and Provisioned are 901 together"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := threeRegions()
			c.set(&e)
			got := Warnings(e)
			if len(got) != len(c.want) {
				t.Fatalf("warnings are %q, want %q", got, c.want)
			}
			for i, want := range c.want {
				if !strings.Contains(got[i], want) {
					t.Errorf("warning is %q, want %q", got[i], want)
				}
			}
		})
	}
}

// TestTheWorstMonthIsThatOfAllRegions, because each has a throttle of its own.
func TestTheWorstMonthIsThatOfAllRegions(t *testing.T) {
	e := threeRegions()
	e.Alarms.RequestsPerDay = 864_000
	bounds := Bounds(e)
	if bounds[0].Requests != 9_000 || bounds[1].Requests != 30 {
		t.Errorf("bounds are %+v, want 9,000 and 30 requests a second", bounds)
	}
}
