// Package environment holds the deployments of the pipeline as plain values, one Environment
// each, and the names of their stacks. It does not know the CDK.
package environment

import (
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/redrive"
	"global-ingest/lambdas/validate"
)

// Environment is one deployment of the whole pipeline. A field's comment says what it does
// and its tag what it may be: a range with its unit, or one of Forms. Validate and
// infra/docs/settings.md read the tags. Default has the defaults.
type Environment struct {
	// CDK stage, and first part of every stack's name. Required.
	Name string `form:"name"`

	// AWS account. Empty: the account of the AWS profile that deploys.
	Account string `form:"account"`

	// AWS region. Empty: the region of the AWS profile that deploys.
	Region string `form:"region"`

	// Further regions, in the order in which a change reaches them. Clients are sent to the
	// nearest that is healthy. With Regions, set Region too. None: Region alone, behind an
	// edge-optimized API.
	Regions []string

	// What differs in one of Regions: Streams, Throttle, Provisioned, Pager and OwnAPILogRole.
	In map[string]Place

	Drained  []string // regions that get no clients: while somebody works on them, or before they leave
	Failover Failover // when clients are sent to another region

	Throttle Throttle // requests that the API accepts

	// Security policy of the API and its domain. The default refuses only clients without
	// TLS 1.2. With Regions it is that of Front; the APIs behind it all take TLS 1.2, because
	// Route 53's health checkers speak no newer one.
	TLS TLSPolicy

	Domain Domain // a name of your own for the endpoint
	WAF    WAF    // a firewall in front of the API

	Ingest    Function `Timeout:"4s to 29s"` // the function that answers clients
	Validator Function `Timeout:"1s to 5m"`  // the function that checks batches; Firehose waits 5m at most
	// The function that brings spilled and replayed records back. It starts nothing in the
	// last 10s of an invocation.
	Redrive Function `Timeout:"30s to 15m"`

	// Maximum concurrency of Redrive's event source mapping, and at most Redrive.Reserved if
	// that is set. Each execution brings back several hundred objects a second: see the
	// runbook, Catch up after an outage.
	RedriveConcurrency int `range:"2 to 1,000"`

	// How often one event may be replayed. Then Redrive logs it and leaves it out: it would only
	// be rejected again.
	MaxReplays int `range:"1 to 100"`

	// How fast requests move to a new version of Ingest. With all but AllAtOnce, an alarm
	// that rings meanwhile moves the requests back.
	Release Release

	ingest.Terms
	validate.Rules

	// With every setting on, a stream with SourceBackup and alarms is 12 resources and all else
	// 85: 85 + 32 * 12 = 469 of CloudFormation's 500 resources a stack. test/synth counts.
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html

	// Firehose streams of events. Ingest spreads requests over them, and each has its own
	// AWS quota. Lowering the number abandons what the removed streams still hold.
	Streams int `range:"1 to 32"`

	Delivery Delivery // what Firehose collects before it acts

	// Whether every record is also kept as received, below source/. Firehose does not allow
	// turning it off again.
	SourceBackup bool

	LogRetention Retention // how long log groups keep lines, in days
	Lifecycle    Lifecycle // when the lake deletes objects
	Alarms       Alarms    // thresholds, and who is told
	Canary       Canary    // sends events of its own and looks for them in the lake
	Query        Query     // tables and views over the lake, for SQL
	Tracing      bool      // whether X-Ray traces requests through API and functions

	// Whether this environment sets the role with which API Gateway writes logs, which the
	// whole account and region share. One environment per account and region must.
	OwnAPILogRole bool

	// Provisioned concurrency of Ingest, which AWS bills by the hour. It counts towards
	// Ingest.Reserved. Change it and the code in two deploys.
	Provisioned int `range:"0 to 10,000"`

	// Tags of every resource, such as cost centre or owner: at most 40.
	Tags map[string]string

	// ARN of the permissions boundary of every role. Bootstrap an account that requires one
	// with --custom-permissions-boundary.
	Boundary string `form:"policy"`

	// Whether `cdk destroy` may delete bucket, key, streams and log groups, once the bucket is
	// empty. If not, they are retained and the Storage stack has termination protection.
	DeletableStorage bool
}

// Throttle bounds the requests that the API passes on. It answers the others 429. AWS also
// bounds a whole account in a region: 10,000 a second with bursts of 5,000, unless raised.
type Throttle struct {
	RatePerSecond int `range:"at least 1"` // steady requests a second
	Burst         int `range:"at least 1"` // requests at once
}

// Domain is a name of your own in front of the API. Point it, with an alias record, at
// what the deploy prints as DomainTarget, in the hosted zone DomainTargetZone. With Regions,
// the deploy points it.
type Domain struct {
	Name string `form:"domain"` // needs Certificate, or with Regions Zone

	// Its certificate in ACM. It is in us-east-1 whatever the API's region, because CloudFront
	// reads it there. Empty with Regions: the deploy makes one.
	Certificate string `form:"certificate"`

	// Its hosted zone in Route 53, in which the deploy writes records. Only with Regions.
	Zone string `form:"zone"`

	// Whether the API answers only under Name. Its execute-api address is then disabled.
	Only bool
}

// WAFWindow is the time in which WAF counts the requests of an address.
const WAFWindow = 5 * time.Minute

// WAF is a web ACL in front of the API. It blocks addresses that send too much, and those
// on AWS's list of bad reputation. It never reads a body: every payload is answered 200.
type WAF struct {
	On bool // whether there is one; `make cost` says what it costs

	// Requests that one address may send in 5 minutes. A network behind one address counts as
	// one.
	RatePerAddress int `range:"10 to 2,000,000,000"`
}

// MemoryOfOneProcessor is the memory, in MiB, that buys the time of one whole vCPU.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
const MemoryOfOneProcessor = 1_769

// Function sizes a Lambda function.
type Function struct {
	// Memory. CPU grows with it: 1,769 MiB buy one whole vCPU.
	MemoryMiB int `range:"128 to 10,240" unit:"MiB"`

	// Reserved concurrency: guaranteed and maximum concurrent executions. 0: unreserved.
	Reserved int `range:"0 to 10,000"`

	// Longest that one invocation may take.
	Timeout time.Duration `unit:"whole seconds"`
}

// Delivery is what Firehose collects before it calls the Validator, and before it writes
// an object. It acts when either size or time is reached.
type Delivery struct {
	// Longest wait before Firehose calls the Validator.
	TransformFor time.Duration `range:"0s to 15m" unit:"whole seconds"`

	// Further calls of a Validator that failed, before the batch goes to failed/. 300 take
	// more than four hours.
	Retries int `range:"1 to 300"`

	// Size of an object, before compression.
	BufferMiB int `range:"1 to 128" unit:"MiB"`

	// Longest wait before Firehose writes an object.
	BufferFor time.Duration `range:"0s to 15m" unit:"whole seconds"`
}

// Lifecycle says after how many days the lake deletes objects, by prefix. 0 keeps them.
// The bucket is versioned: the bytes of a deleted object are gone NoncurrentExpireAfter
// days later. No range ends later than in a hundred years: more is a typing error.
type Lifecycle struct {
	EventsExpireAfter     int `range:"0 to 36,500" unit:"days"` // for events/
	RejectsExpireAfter    int `range:"0 to 36,500" unit:"days"` // for rejected/ and rejected-large/
	FailedExpireAfter     int `range:"0 to 36,500" unit:"days"` // for failed/
	SourceExpireAfter     int `range:"0 to 36,500" unit:"days"` // for source/
	NoncurrentExpireAfter int `range:"1 to 36,500" unit:"days"` // for replaced and deleted versions
}

// Alarms says who is told when a promise is at risk, and from which value on. Alarms
// without a threshold here ring at the first event that is not stored, dead letter or
// refused key.
type Alarms struct {
	Off bool // whether there are no alarms and no topic; `make cost` says what they cost

	// Address that gets a mail for each alarm, after you confirm the first mail from SNS.
	// Empty: subscribe to the topic yourself.
	Email string `form:"e-mail"`

	// SNS topic of this account and region that wakes somebody, and that CloudWatch may
	// publish to. It gets one message per incident. Empty: nobody is woken.
	Pager string `form:"topic"`

	SpilledPercent  float64 `range:"above 0 to 100" unit:"%"` // of requests in 5 minutes that Firehose did not take
	ErrorPercent    float64 `range:"above 0 to 100" unit:"%"` // of requests in a minute that were answered 5xx
	RefusedPercent  float64 `range:"above 0 to 100" unit:"%"` // of requests in 5 minutes that were answered 4xx
	RejectedPercent float64 `range:"above 0 to 100" unit:"%"` // of events in 15 minutes that were invalid
	QuotaPercent    float64 `range:"above 0 to 100" unit:"%"` // of a stream's quota of bytes, records or puts

	// p99 integration latency: how long API Gateway waits for Ingest.
	Latency time.Duration `range:"10ms to 29s" unit:"whole milliseconds"`

	// Age of the oldest record that is not in the lake. It must be longer than Delivery's two
	// waits together. Firehose gives up after 24h.
	Freshness time.Duration `range:"1s to 24h" unit:"whole seconds"`

	// How long records may wait for Redrive: its queue holds more messages than it finishes
	// in a minute. CloudWatch looks back a day at most.
	SpilledFor time.Duration `range:"1m to 24h" unit:"whole minutes"`

	// Requests in 24 hours above which an alarm tells of the cost. 0: no alarm.
	RequestsPerDay int `range:"0 to 10,000,000,000"`
}

// Canary sends one valid and one invalid event through the public endpoint, as a client
// would, and later looks for both in the lake.
type Canary struct {
	// Time between two runs, which must divide an hour. 0s: no canary.
	Every time.Duration `range:"0s to 1h" unit:"whole minutes"`

	// Reserved concurrency. 0: unreserved.
	Reserved int `range:"0 to 10,000"`
}

// Query is SQL over the lake, by Athena: a third stack, which no event needs.
type Query struct {
	Off bool // whether the environment has no stack Query

	// First day that a query sees.
	Since Day

	// Most that one query may read before Athena ends it. 2,047 MiB cost a cent, and hold
	// some 11 million events.
	ScanLimitMiB int `range:"10 to 2,047" unit:"MiB"`
}

// Default returns an environment with every default set.
func Default(name string) Environment {
	return Environment{
		Name:               name,
		Failover:           Failover{Every: 30 * time.Second, After: 2},
		Throttle:           Throttle{RatePerSecond: 10_000, Burst: 5_000},
		TLS:                TLS12,
		WAF:                WAF{RatePerAddress: 10_000},
		Ingest:             Function{MemoryMiB: 512, Timeout: 10 * time.Second},
		Validator:          Function{MemoryMiB: 1_024, Timeout: time.Minute},
		Redrive:            Function{MemoryMiB: 1_024, Timeout: 2 * time.Minute},
		RedriveConcurrency: 5,
		MaxReplays:         redrive.Default().MaxReplays,
		Release:            Canary10Percent10Minutes,
		Terms:              ingest.Default().Terms,
		Rules:              validate.Default().Rules,
		Streams:            1,
		Delivery: Delivery{
			TransformFor: 10 * time.Second, Retries: 300, BufferMiB: 64, BufferFor: time.Minute,
		},
		LogRetention: 30,
		Lifecycle:    Lifecycle{NoncurrentExpireAfter: 30},
		Query:        Query{Since: "2026-11-01", ScanLimitMiB: 2_047},
		Alarms: Alarms{
			SpilledPercent: 1, ErrorPercent: 0.1, RefusedPercent: 5, RejectedPercent: 10, QuotaPercent: 70,
			Latency: 100 * time.Millisecond, Freshness: 15 * time.Minute, SpilledFor: 15 * time.Minute,
		},
	}
}
