package environment

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"global-ingest/lambdas/runtime/setting"
)

// TLSPolicy is a security policy that edge-optimized APIs and domain names take. The values
// are from the model of API Gateway (botocore 1.43, apigateway 2015-07-09, SecurityPolicy).
// What each speaks:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
type TLSPolicy string

// The policies, the newest clients' first.
const (
	TLS13    TLSPolicy = "SecurityPolicy_TLS13_2025_EDGE"     // TLS 1.3 alone
	TLS12PFS TLSPolicy = "SecurityPolicy_TLS12_PFS_2025_EDGE" // TLS 1.2 with forward secrecy
	TLS12    TLSPolicy = "SecurityPolicy_TLS12_2018_EDGE"     // TLS 1.2 with any of its ciphers
)

// Validate says which policies there are, when p is another.
func (p TLSPolicy) Validate() error { return setting.OneOf(p, TLS13, TLS12PFS, TLS12) }

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

// Validate says which releases there are, when r is another.
func (r Release) Validate() error { return setting.OneOf(r, Releases()...) }

// Retention is days that CloudWatch Logs may keep a line.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
type Retention int

// Validate says which retentions there are, when r is another.
func (r Retention) Validate() error {
	all := []Retention{
		1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
	}
	if !slices.Contains(all, r) {
		return fmt.Errorf("is %d, must be one of %v", r, all)
	}
	return nil
}

// Day is a day such as 2026-11-01, in UTC.
type Day string

// Validate says what a day looks like, when the calendar does not have d.
func (d Day) Validate() error {
	if _, err := time.Parse(time.DateOnly, string(d)); err != nil {
		return fmt.Errorf("is %q, must be a day such as 2026-11-01", string(d))
	}
	return nil
}

// Form is how a text must be written.
type Form struct {
	Words   string
	Pattern *regexp.Regexp
}

// Forms are those that a field's tag may name. All but the first ones may be empty.
var Forms = map[string]Form{
	"name":    {"1 to 32 letters and digits, a capital first", regexp.MustCompile(`^[A-Z][A-Za-z0-9]{0,31}$`)},
	"account": {"12 digits", regexp.MustCompile(`^[0-9]{12}$`)},
	"region":  {`an AWS region such as "eu-central-1"`, regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]$`)},

	"domain": orEmpty("a domain name such as events.example.com",
		`([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}`),
	"certificate": orEmpty("the ARN of a certificate in us-east-1",
		`arn:aws:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]{36}`),
	"zone":   orEmpty("the id of a hosted zone in Route 53 such as Z0123456789ABCDEFGHIJ", `Z[A-Z0-9]{1,31}`),
	"policy": orEmpty("the ARN of a policy", `arn:aws:iam::([0-9]{12}|aws):policy/.{1,512}`),
	"e-mail": orEmpty("an e-mail address", `[^@\s]+@[^@\s]+\.[^@\s]+`),
	"topic":  orEmpty("the ARN of an SNS topic", `arn:aws:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}`),
}

func orEmpty(words, pattern string) Form {
	return Form{words, regexp.MustCompile("^(" + pattern + ")?$")}
}
