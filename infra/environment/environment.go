// Package environment holds what may differ between the places the pipeline is
// deployed to, as plain values: one Environment each. Nothing here knows the CDK.
package environment

import (
	"time"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/ingest"
)

// Environment is one deployment of the whole pipeline. Default says what each
// field is when an environment does not set it.
type Environment struct {
	Name    string // CDK stage and first part of every stack's name: letters and digits, a capital first; required
	Account string // AWS account, 12 digits; default empty: the account of the AWS profile that deploys
	Region  string // AWS region of the partition aws, such as "eu-central-1"; default empty: the region of the AWS profile that deploys

	Throttle  Throttle // requests that the API accepts
	TLS       string   // security policy of the API and its domain, one of TLSPolicies; default SecurityPolicy_TLS12_2018_EDGE, which refuses clients without TLS 1.2
	Domain    Domain   // a name of your own for the endpoint
	WAF       WAF      // a firewall before the API
	Origins   []string // origins whose pages may read answers, with credentials, such as "https://example.com"; a browser does not send the JSON of other pages, and sends their text; {"*"} allows every page, without credentials; default empty: every page, with credentials
	Ingest    Function // the function that answers clients
	Validator Function // the function that checks batches
	Redrive   Function // the function that brings spilled and replayed records back
	Release   Release  // how fast requests move to a new version of Ingest: AllAtOnce, Canary10Percent5Minutes, Canary10Percent10Minutes, Canary10Percent15Minutes, Canary10Percent30Minutes, Linear10PercentEvery1Minute, Linear10PercentEvery2Minutes, Linear10PercentEvery3Minutes or Linear10PercentEvery10Minutes; with all but AllAtOnce an alarm that rings meanwhile moves the requests back; default Canary10Percent10Minutes

	// RedriveConcurrency is the maximum concurrency of Redrive's event source mapping, 2 to
	// 1,000, and at most Redrive.Reserved if that is set. Each execution brings back several
	// hundred objects a second: see the runbook, Catch up after an outage. Default 5.
	RedriveConcurrency int

	// Acknowledge says when a client gets its answer: Durable, after the event is stored, or
	// Immediate, before. Immediate answers as fast as an empty function. It loses an event if
	// the sandbox dies in the milliseconds between answer and write. It loses one event per
	// sandbox if Firehose and S3 both fail; then the sandbox stores first until they work
	// again. Default Durable.
	Acknowledge ingest.Acknowledgement

	WhenUnstored  ingest.WhenUnstored // answer when neither Firehose nor S3 took the record: Refuse (503) or Acknowledge (200, and the event is lost); default Refuse
	ClientIP      ingest.ClientIP     // how much of a client's address is stored: None, Truncated (/24, /48) or Full; default Truncated
	TypeFrom      []string            // members that may name an event's type, such as "type" or "event", or with dots further in, such as "meta.type"; the first that holds a string counts; default type
	Formats       bool                // whether "format" in a schema rejects values; false: it only describes; default true
	Portable      bool                // whether legal JSON that stops readers of the lake is a reject: half of a surrogate pair, a number beyond a double, an integer beyond 64 bits; default true
	Strict        bool                // whether an event whose type has no schema is rejected; default false
	Streams       int                 // Firehose streams of events, 1 to 32; Ingest spreads requests over them, and each has its own AWS quota; lowering the number abandons what the removed streams still hold; default 1
	Delivery      Delivery            // what Firehose collects before it acts
	SourceBackup  bool                // whether every record is also kept as received, below source/; Firehose does not allow turning it off again; default false
	LogRetention  int                 // retention of log groups in days: a value that CloudWatch Logs accepts, 1 to 3653; default 30
	Lifecycle     Lifecycle           // when the lake deletes objects
	Alarms        Alarms              // thresholds, and who is told
	Canary        Canary              // sends events of its own and looks for them in the lake
	Query         Query               // tables and views over the lake, for SQL
	Tracing       bool                // whether X-Ray traces requests through API and functions; default false
	OwnAPILogRole bool                // whether this environment sets the role with which API Gateway writes logs for the whole account and region; one environment per account and region must; default false

	Provisioned int               // provisioned concurrency of Ingest, which AWS bills by the hour, 0 to 10,000; change it and the code in two deploys; default 0
	Tags        map[string]string // of every resource, up to 40, such as cost centre or owner; default none
	Boundary    string            // ARN of the permissions boundary of every role; bootstrap an account that requires one with --custom-permissions-boundary; default none

	// DeletableStorage lets `cdk destroy` delete bucket, key, streams and log groups, once
	// the bucket is empty. Without it they are retained, and the Storage stack has
	// termination protection. Default false.
	DeletableStorage bool
}

// Throttle bounds the requests that the API passes on; the others get 429. AWS's
// own bound of a whole account in a region, 10,000 a second with bursts of 5,000
// unless raised, comes on top.
type Throttle struct {
	RatePerSecond int // steady requests a second, at least 1; default 10,000
	Burst         int // requests at once, at least 1; default 5,000
}

// Domain is a name of your own in front of the API. Point it, with an alias record, at
// what the deploy prints as DomainTarget, in the hosted zone DomainTargetZone.
type Domain struct {
	Name        string // such as "events.example.com"; default none
	Certificate string // ARN of its certificate in ACM, in us-east-1 whatever the API's region, because CloudFront reads it there; required with Name
	Only        bool   // whether the API answers only under Name; its execute-api address is then disabled; default false
}

// WAF is a web ACL before the API: it blocks addresses that send too much, and those
// of AWS's list of bad reputation. It never looks at bodies: whatever is in one is
// answered 200.
type WAF struct {
	On             bool // whether there is one, for $7 a month and $0.60 a million requests; default false
	RatePerAddress int  // requests that one address may send in 5 minutes, 10 to 2,000,000,000; a network behind one address is one; default 10,000
}

// Release is how CodeDeploy moves requests from one version of Ingest to the next: the
// end of the name of one of its predefined configurations for Lambda.
// https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
type Release string

// The releases. AllAtOnce asks no alarm: requests have moved before one could ring, and
// a fix must go out while alarms ring.
const (
	AllAtOnce                     Release = "AllAtOnce"
	Canary10Percent5Minutes       Release = "Canary10Percent5Minutes"
	Canary10Percent10Minutes      Release = "Canary10Percent10Minutes"
	Canary10Percent15Minutes      Release = "Canary10Percent15Minutes"
	Canary10Percent30Minutes      Release = "Canary10Percent30Minutes"
	Linear10PercentEvery1Minute   Release = "Linear10PercentEvery1Minute"
	Linear10PercentEvery2Minutes  Release = "Linear10PercentEvery2Minutes"
	Linear10PercentEvery3Minutes  Release = "Linear10PercentEvery3Minutes"
	Linear10PercentEvery10Minutes Release = "Linear10PercentEvery10Minutes"
)

// Releases returns every one.
func Releases() []Release {
	return []Release{
		AllAtOnce, Canary10Percent5Minutes, Canary10Percent10Minutes, Canary10Percent15Minutes, Canary10Percent30Minutes,
		Linear10PercentEvery1Minute, Linear10PercentEvery2Minutes, Linear10PercentEvery3Minutes,
		Linear10PercentEvery10Minutes,
	}
}

// Function sizes a Lambda function.
type Function struct {
	MemoryMiB int           // MiB, 128 to 10,240; CPU grows with it, one whole vCPU at 1,769; default 512 for Ingest, 1,024 for the others
	Reserved  int           // reserved concurrency: guaranteed and maximum concurrent executions, 0 to 10,000; default 0: unreserved
	Timeout   time.Duration // whole seconds; Ingest 4s to 29s, default 10s; Validator 1s to 5m, the longest that Firehose waits, default 1m; Redrive 30s to 15m, default 2m
}

// Delivery is what Firehose collects before it calls the Validator, and before it
// writes an object. Whichever of size and time is reached first counts.
type Delivery struct {
	TransformFor time.Duration // longest wait before the Validator is called: whole seconds, 0s to 15m; default 10s
	Retries      int           // further calls of a Validator that failed, 1 to 300, before the batch goes to failed/; default 300: more than four hours of an S3 that refuses the Validator's objects
	BufferMiB    int           // MiB of an object before compression, 1 to 128; default 64
	BufferFor    time.Duration // longest wait before an object is written: whole seconds, 0s to 15m; default 1m
}

// Lifecycle says after how many days the lake deletes objects by prefix; 0 keeps
// them. The bucket is versioned: a deleted object's bytes are gone
// NoncurrentExpireAfter days later.
type Lifecycle struct {
	EventsExpireAfter     int // days, 0 to 36,500, for events/; default 0
	RejectsExpireAfter    int // days, 0 to 36,500, for rejected/ and rejected-large/; default 0
	FailedExpireAfter     int // days, 0 to 36,500, for failed/; default 0
	SourceExpireAfter     int // days, 0 to 36,500, for source/; default 0
	NoncurrentExpireAfter int // days, 1 to 36,500, for replaced and deleted versions; default 30
}

// Query is SQL over the lake, by Athena: a third stack, which no event needs.
type Query struct {
	Off          bool   // whether there is none; default false
	Since        string // first day that a query sees, such as "2026-11-01"; default "2026-11-01"
	ScanLimitMiB int    // MiB that one query may read before Athena ends it, 10 to 2,047; 2,047 are a cent, and some 11 million events; default 2,047
}

// TLSPolicies are the security policies that edge-optimized APIs and domain names take,
// the newest clients' first: TLS 1.3 alone; TLS 1.2 with forward secrecy; TLS 1.2 with any
// of its ciphers. From the model of API Gateway (botocore 1.43, apigateway 2015-07-09,
// SecurityPolicy); what each speaks:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
var TLSPolicies = []string{
	"SecurityPolicy_TLS13_2025_EDGE", "SecurityPolicy_TLS12_PFS_2025_EDGE", "SecurityPolicy_TLS12_2018_EDGE",
}

// Default returns an environment with every default set.
func Default(name string) Environment {
	return Environment{
		Name:               name,
		Throttle:           Throttle{RatePerSecond: 10_000, Burst: 5_000},
		TLS:                "SecurityPolicy_TLS12_2018_EDGE", // the one that loses the fewest clients
		WAF:                WAF{RatePerAddress: 10_000},
		Ingest:             Function{MemoryMiB: 512, Timeout: 10 * time.Second},
		Validator:          Function{MemoryMiB: 1_024, Timeout: time.Minute},
		Redrive:            Function{MemoryMiB: 1_024, Timeout: 2 * time.Minute},
		RedriveConcurrency: 5,
		Release:            Canary10Percent10Minutes,
		Acknowledge:        ingest.Durable,
		WhenUnstored:       ingest.Refuse,
		ClientIP:           ingest.Truncated,
		TypeFrom:           []string{event.DefaultTypeFrom},
		Formats:            true,
		Portable:           true,
		Streams:            1,
		Delivery:           Delivery{TransformFor: 10 * time.Second, Retries: 300, BufferMiB: 64, BufferFor: time.Minute},
		LogRetention:       30,
		Lifecycle:          Lifecycle{NoncurrentExpireAfter: 30},
		Query:              Query{Since: "2026-11-01", ScanLimitMiB: 2_047},
		Alarms:             defaultAlarms(),
	}
}
