package environment

import (
	"fmt"
	"regexp"
	"time"
)

// Alarms says who hears when a promise is at risk, and from where on it is. The
// alarms that no threshold is given for have none to choose: they ring at the
// first event that is not stored, dead letter, or refused key.
type Alarms struct {
	Off             bool          // whether there are no alarms and no topic; `make cost` says what they cost; default false
	Email           string        // address that gets a mail for each alarm, after you confirm SNS's first mail; default empty: you can subscribe to the topic
	Pager           string        // ARN of an SNS topic of this account and region that wakes somebody and that CloudWatch may publish to; it gets one message per incident; default empty: nobody is woken
	SpilledPercent  float64       // % of requests in 5 minutes that Firehose did not take, above 0 to 100; default 1
	ErrorPercent    float64       // % of requests in a minute answered 5xx, above 0 to 100; default 0.1
	RefusedPercent  float64       // % of requests in 5 minutes answered 4xx, above 0 to 100; default 5
	RejectedPercent float64       // % of events in 15 minutes that were invalid, above 0 to 100; default 10
	QuotaPercent    float64       // % of a stream's quota of bytes, records or puts, above 0 to 100; default 70
	Latency         time.Duration // p99 integration latency: whole milliseconds, 10ms to 29s; default 100ms
	Freshness       time.Duration // age of the oldest record that is not in the lake: whole seconds, longer than Delivery's two waits together, to 24h, when Firehose gives up; default 15m
	SpilledFor      time.Duration // how long records may wait for Redrive, that is, its queue holds more messages than it finishes in a minute: whole minutes, 1m to 24h; default 15m
	RequestsPerDay  int           // requests in 24 hours above which an alarm tells of the cost, 0 to 10,000,000,000; default 0: no alarm
}

// Canary sends one valid and one invalid event through the public endpoint, as a
// client would, and later looks for both in the lake.
type Canary struct {
	Every    time.Duration // time between two runs: whole minutes that divide an hour; 0 is no canary; default 0
	Reserved int           // reserved concurrency, 0 to 10,000; default 0: unreserved
}

// defaultAlarms has every default of Alarms.
func defaultAlarms() Alarms {
	return Alarms{
		SpilledPercent:  1,
		ErrorPercent:    0.1,
		RefusedPercent:  5,
		RejectedPercent: 10,
		QuotaPercent:    70,
		Latency:         100 * time.Millisecond,
		Freshness:       15 * time.Minute,
		SpilledFor:      15 * time.Minute,
	}
}

var (
	emailPattern = regexp.MustCompile(`^([^@\s]+@[^@\s]+\.[^@\s]+)?$`)
	topicPattern = regexp.MustCompile(`^(arn:aws:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256})?$`)
)

func (e Environment) checkWatch() error {
	a := e.Alarms
	return first(
		matches("Alarms.Email", a.Email, emailPattern, "an e-mail address"),
		matches("Alarms.Pager", a.Pager, topicPattern, "the ARN of an SNS topic"),
		percent("Alarms.SpilledPercent", a.SpilledPercent),
		percent("Alarms.ErrorPercent", a.ErrorPercent),
		percent("Alarms.RefusedPercent", a.RefusedPercent),
		percent("Alarms.RejectedPercent", a.RejectedPercent),
		percent("Alarms.QuotaPercent", a.QuotaPercent),
		isIn("Alarms.Latency", a.Latency, 10*time.Millisecond, 29*time.Second, time.Millisecond, "whole milliseconds"),
		// A record waits for both in good health.
		lasts("Alarms.Freshness", a.Freshness, e.Delivery.TransformFor+e.Delivery.BufferFor+time.Second, 24*time.Hour),
		// CloudWatch looks at most a day back with a period of a minute: 1,440 of them.
		// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
		isIn("Alarms.SpilledFor", a.SpilledFor, time.Minute, 24*time.Hour, time.Minute, "whole minutes"),
		between("Alarms.RequestsPerDay", a.RequestsPerDay, 0, 10_000_000_000),
		e.Canary.check(),
		between("Canary.Reserved", e.Canary.Reserved, 0, 10_000),
		e.checkRelease(),
	)
}

// checkRelease wants alarms for a release that only alarms can end.
func (e Environment) checkRelease() error {
	if e.Alarms.Off && e.Release != AllAtOnce {
		return fmt.Errorf("Release is %q, must be %q while Alarms.Off is true: no alarm would end it", e.Release, AllAtOnce)
	}
	return chosen("Release", e.Release, Releases()...)
}

func (c Canary) check() error {
	if c.Every == 0 || c.Every >= time.Minute && c.Every%time.Minute == 0 && time.Hour%c.Every == 0 {
		return nil
	}
	return fmt.Errorf("Canary.Every is %v, must be whole minutes that divide an hour, or 0s", c.Every)
}

func percent(field string, value float64) error {
	// Not value <= 0, which NaN is not either.
	if value > 0 && value <= 100 {
		return nil
	}
	return fmt.Errorf("%s is %v, must be above 0, and at most 100", field, value)
}
