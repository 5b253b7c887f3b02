package environment

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/setting"
)

var (
	namePattern        = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{0,31}$`)
	accountPattern     = regexp.MustCompile(`^[0-9]{12}$`)
	domainPattern      = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)
	certificatePattern = regexp.MustCompile(`^arn:aws:acm:us-east-1:[0-9]{12}:certificate/[0-9a-f-]{36}$`)
	originPattern      = regexp.MustCompile(`^(\*|https?://[a-z0-9.-]+(:[0-9]{1,5})?)$`)
	tagKeyPattern      = regexp.MustCompile(`^` + tagCharacter + `{1,128}$`)
	tagValuePattern    = regexp.MustCompile(`^` + tagCharacter + `{0,256}$`)
	boundaryPattern    = regexp.MustCompile(`^(arn:aws:iam::([0-9]{12}|aws):policy/.{1,512})?$`)

	regionPattern = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]$`)
)

// tagCharacter is what every service takes that tags come to; IAM and KMS take no other.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Tag.html
const tagCharacter = `[\p{L}\p{Z}\p{N}_.:/=+\-@]`

// partitions are those that a region's first letters tell from "aws", the only one that
// has the edge-optimized APIs which the endpoint is.
// https://docs.aws.amazon.com/govcloud-us/latest/UserGuide/govcloud-abp.html
// https://docs.amazonaws.cn/en_us/aws/latest/userguide/api-gateway.html
var partitions = []struct{ prefix, name string }{
	{"cn-", "aws-cn (China)"},
	{"us-gov-", "aws-us-gov (GovCloud)"},
	{"us-iso", "aws-iso"},
	{"eu-iso", "aws-iso"},
	{"eusc-", "aws-eusc (European Sovereign Cloud)"},
}

// maxStreams keeps the stack Pipeline below CloudFormation's 500 resources. With every
// setting on, a stream with SourceBackup and alarms is 12 of them and all else 85:
// 85 + 32 * 12 = 469, which leaves 31 for what comes. test/synth synthesizes the largest
// environment and counts, also the 100 alarms that the one that pages may watch.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const maxStreams = 32

// retentions are the days that CloudWatch Logs accepts.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentions = []int{
	1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
}

// maxExpiry is a hundred years of days: a typing error rather than a plan beyond.
const maxExpiry = 36_500

// Validate returns what is wrong with e first: the field, its value and its limit.
func (e Environment) Validate() error {
	for _, check := range []func() error{
		e.checkPlace, e.checkEdge, e.checkFunctions, e.checkAccount, e.checkDelivery, e.checkStorage, e.checkQuery, e.checkWatch,
	} {
		if err := check(); err != nil {
			return fmt.Errorf("environment %s: %w", e.Name, err)
		}
	}
	return nil
}

func (e Environment) checkPlace() error {
	return first(
		matches("Name", e.Name, namePattern, "1 to 32 letters and digits, a capital first"),
		matches("Account", e.Account, accountPattern, "12 digits"),
		matches("Region", e.Region, regionPattern, `an AWS region such as "eu-central-1"`),
		inPartition("Region", e.Region),
	)
}

func inPartition(field, region string) error {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return fmt.Errorf("%s is %q of the partition %s, which has no edge-optimized APIs: must be a region of the partition aws",
				field, region, p.name)
		}
	}
	return nil
}

func (e Environment) checkEdge() error {
	if e.Domain != (Domain{}) {
		if err := first(
			matches("Domain.Name", e.Domain.Name, domainPattern, "a domain name such as events.example.com"),
			matches("Domain.Certificate", e.Domain.Certificate, certificatePattern, "the ARN of a certificate in us-east-1"),
		); err != nil {
			return err
		}
	}
	for _, origin := range e.Origins {
		if err := matches("Origins", origin, originPattern, `origins such as https://example.com, or "*"`); err != nil {
			return err
		}
	}
	if len(e.Origins) > 1 && slices.Contains(e.Origins, ingest.AnyOrigin) {
		return fmt.Errorf(`%s is %q, must have "*" alone, which is every page`, "Origins", e.Origins)
	}
	return first(
		chosen("TLS", e.TLS, TLSPolicies...),
		between("WAF.RatePerAddress", e.WAF.RatePerAddress, 10, 2_000_000_000),
		atLeast("Throttle.RatePerSecond", e.Throttle.RatePerSecond, 1),
		atLeast("Throttle.Burst", e.Throttle.Burst, 1),
	)
}

func (e Environment) checkFunctions() error {
	return first(
		between("Ingest.MemoryMiB", e.Ingest.MemoryMiB, 128, 10_240),
		lasts("Ingest.Timeout", e.Ingest.Timeout, 4*time.Second, 29*time.Second),
		between("Validator.MemoryMiB", e.Validator.MemoryMiB, 128, 10_240),
		lasts("Validator.Timeout", e.Validator.Timeout, time.Second, 5*time.Minute),
		between("Redrive.MemoryMiB", e.Redrive.MemoryMiB, 128, 10_240),
		// Redrive begins nothing in the last 10 s of an invocation.
		lasts("Redrive.Timeout", e.Redrive.Timeout, 30*time.Second, 15*time.Minute),
	)
}

func (e Environment) checkAccount() error {
	if err := between("the number of Tags", len(e.Tags), 0, 40); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(e.Tags)) {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return fmt.Errorf(`%s is %q, must be keys that do not begin with "aws:"`, "Tags", key)
		}
		if err := first(
			matches("Tags", key, tagKeyPattern, "keys of 1 to 128 letters, digits, spaces and _.:/=+-@"),
			matches("Tags."+key, e.Tags[key], tagValuePattern, "at most 256 letters, digits, spaces and _.:/=+-@"),
		); err != nil {
			return err
		}
	}
	provisioned := 10_000
	if e.Ingest.Reserved > 0 {
		provisioned = e.Ingest.Reserved // of which they are a part
	}
	concurrency := 1_000 // Lambda's most, https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
	if e.Redrive.Reserved > 0 {
		concurrency = min(concurrency, e.Redrive.Reserved)
	}
	return first(
		between("RedriveConcurrency", e.RedriveConcurrency, 2, concurrency),
		matches("Boundary", e.Boundary, boundaryPattern, "the ARN of a policy"),
		between("Provisioned", e.Provisioned, 0, provisioned),
		between("Ingest.Reserved", e.Ingest.Reserved, 0, 10_000),
		between("Validator.Reserved", e.Validator.Reserved, 0, 10_000),
		between("Redrive.Reserved", e.Redrive.Reserved, 0, 10_000),
	)
}

func (e Environment) checkDelivery() error {
	return first(
		between("Streams", e.Streams, 1, maxStreams),
		lasts("Delivery.TransformFor", e.Delivery.TransformFor, 0, 15*time.Minute),
		between("Delivery.Retries", e.Delivery.Retries, 1, 300),
		between("Delivery.BufferMiB", e.Delivery.BufferMiB, 1, 128),
		lasts("Delivery.BufferFor", e.Delivery.BufferFor, 0, 15*time.Minute),
	)
}

func (e Environment) checkStorage() error {
	if !slices.Contains(retentions, e.LogRetention) {
		return fmt.Errorf("LogRetention is %d days, must be one of %v", e.LogRetention, retentions)
	}
	if err := setting.Named("TypeFrom", event.CheckTypeFrom(e.TypeFrom)); err != nil {
		return err
	}
	if e.Canary.Every > 0 && !slices.Contains(e.TypeFrom, event.DefaultTypeFrom) {
		return fmt.Errorf("TypeFrom is %q, must have %q too, by which the canary's events name their type; or set Canary.Every to 0",
			e.TypeFrom, event.DefaultTypeFrom)
	}
	return first(
		setting.Named("ClientIP", e.ClientIP.Validate()),
		setting.Named("Acknowledge", e.Acknowledge.Validate()),
		setting.Named("WhenUnstored", e.WhenUnstored.Validate()),
		between("Lifecycle.EventsExpireAfter", e.Lifecycle.EventsExpireAfter, 0, maxExpiry),
		between("Lifecycle.RejectsExpireAfter", e.Lifecycle.RejectsExpireAfter, 0, maxExpiry),
		between("Lifecycle.FailedExpireAfter", e.Lifecycle.FailedExpireAfter, 0, maxExpiry),
		between("Lifecycle.SourceExpireAfter", e.Lifecycle.SourceExpireAfter, 0, maxExpiry),
		between("Lifecycle.NoncurrentExpireAfter", e.Lifecycle.NoncurrentExpireAfter, 1, maxExpiry),
	)
}

// checkQuery holds the limit below 2^31 bytes: CloudFormation says that it does not take
// more yet.
func (e Environment) checkQuery() error {
	if _, err := time.Parse(time.DateOnly, e.Query.Since); err != nil {
		return fmt.Errorf("Query.Since is %q, must be a day such as 2026-11-01", e.Query.Since)
	}
	return between("Query.ScanLimitMiB", e.Query.ScanLimitMiB, 10, 2_047)
}

func chosen[T ~string](field string, value T, choices ...T) error {
	return setting.Named(field, setting.OneOf(value, choices...))
}

func matches(field, value string, pattern *regexp.Regexp, must string) error {
	if !pattern.MatchString(value) {
		return fmt.Errorf("%s is %q, must be %s", field, value, must)
	}
	return nil
}

func between(field string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("%s is %d, must be %d to %d", field, value, least, most)
	}
	return nil
}

func atLeast(field string, value, least int) error {
	if value < least {
		return fmt.Errorf("%s is %d, must be at least %d", field, value, least)
	}
	return nil
}

// lasts also refuses fractions of a second, which neither Lambda nor Firehose knows.
func lasts(field string, value, least, most time.Duration) error {
	return isIn(field, value, least, most, time.Second, "whole seconds")
}

func isIn(field string, value, least, most, unit time.Duration, units string) error {
	if value < least || value > most || value%unit != 0 {
		return fmt.Errorf("%s is %v, must be %s from %v to %v", field, value, units, least, most)
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
