package environment_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/record"
)

func placed(e environment.Environment) environment.Environment {
	e.Account, e.Region = "111111111111", "eu-central-1"
	return e
}

func TestEveryEnvironmentIsValid(t *testing.T) {
	names := map[string]bool{}
	for _, e := range environment.All() {
		if err := placed(e).Validate(); err != nil {
			t.Error(err)
		}
		if names[e.Name] {
			t.Errorf("two environments are called %s", e.Name)
		}
		names[e.Name] = true
	}
}

// TestValidateNamesFieldValueAndLimit has a row for each end of each range.
func TestValidateNamesFieldValueAndLimit(t *testing.T) {
	type env = environment.Environment
	for _, row := range []struct {
		mistake func(*env)
		want    string
	}{
		{func(e *env) { e.Name = "dev" }, `Name is "dev", must be 1 to 32 letters and digits, a capital first`},
		{func(e *env) { e.Name = "" }, `Name is ""`},
		{func(e *env) { e.Name = "Dev-2" }, `Name is "Dev-2"`},
		{func(e *env) { e.Account = "" }, `Account is "", must be 12 digits`},
		{func(e *env) { e.Account = "1111-2222-3333" }, `Account is "1111-2222-3333"`},
		{func(e *env) { e.Region = "Frankfurt" }, `Region is "Frankfurt", must be an AWS region such as "eu-central-1"`},
		{func(e *env) { e.Region = "cn-north-1" }, `Region is "cn-north-1" of the partition aws-cn (China), which has no edge-optimized APIs`},
		{func(e *env) { e.Region = "us-gov-west-1" }, `Region is "us-gov-west-1" of the partition aws-us-gov (GovCloud)`},
		{func(e *env) { e.Region = "us-isob-east-1" }, `Region is "us-isob-east-1" of the partition aws-iso`},
		{func(e *env) { e.Region = "eu-isoe-west-1" }, `Region is "eu-isoe-west-1" of the partition aws-iso`},
		{func(e *env) { e.Region = "eusc-de-east-1" }, `Region is "eusc-de-east-1" of the partition aws-eusc`},
		{func(e *env) { e.Throttle.RatePerSecond = 0 }, "Throttle.RatePerSecond is 0, must be at least 1"},
		{func(e *env) { e.TLS = "TLS_1_2" }, `TLS is "TLS_1_2", must be one of [SecurityPolicy_TLS13_2025_EDGE SecurityPolicy_TLS12_PFS_2025_EDGE SecurityPolicy_TLS12_2018_EDGE]`},
		{func(e *env) { e.TLS = "" }, `TLS is "", must be one of [`},
		{func(e *env) { e.Origins = []string{"https://a.example", "*"} }, `Origins is ["https://a.example" "*"], must have "*" alone`},
		{func(e *env) { e.Domain.Only = true }, `Domain.Name is "", must be a domain name`},
		{func(e *env) { e.Origins = []string{"https://a.example", "https://b.example/"} }, `Origins is "https://b.example/", must be origins such as`},
		{func(e *env) { e.Domain.Name = "events" }, `Domain.Name is "events", must be a domain name`},
		{func(e *env) { e.Domain.Name = "e.example.com" }, `Domain.Certificate is "", must be the ARN of a certificate in us-east-1`},
		{func(e *env) {
			e.Domain = environment.Domain{Name: "e.example.com", Certificate: "arn:aws-cn:acm:us-east-1:111111111111:certificate/" + strings.Repeat("0", 36)}
		}, `Domain.Certificate is "arn:aws-cn:`},
		{func(e *env) { e.Domain.Certificate = "arn" }, `Domain.Name is "", must be a domain name`},
		{func(e *env) { e.WAF.RatePerAddress = 9 }, "WAF.RatePerAddress is 9, must be 10 to 2000000000"},
		{func(e *env) { e.Query.ScanLimitMiB = 9 }, "Query.ScanLimitMiB is 9, must be 10 to 2047"},
		{func(e *env) { e.Query.ScanLimitMiB = 2_048 }, "Query.ScanLimitMiB is 2048, must be 10 to 2047"},
		{func(e *env) { e.Query.Since = "2026-02-30" }, `Query.Since is "2026-02-30", must be a day such as 2026-11-01`},
		{func(e *env) { e.Tags = map[string]string{"aws:owner": "me"} }, `Tags is "aws:owner", must be keys`},
		{func(e *env) { e.Tags = map[string]string{"owner": strings.Repeat("x", 257)} }, `Tags.owner is "xxx`},
		{func(e *env) { e.Tags = map[string]string{"AWS:owner": "me"} }, `Tags is "AWS:owner", must be keys that do not begin with "aws:"`},
		{func(e *env) { e.Tags = map[string]string{"": "me"} }, `Tags is "", must be keys of 1 to 128 letters`},
		{func(e *env) { e.Tags = map[string]string{"cost#centre": "7"} }, `Tags is "cost#centre", must be keys`},
		{func(e *env) { e.Tags = map[string]string{"owner": "me; you"} }, `Tags.owner is "me; you", must be at most 256 letters`},
		{func(e *env) { e.Boundary = "arn:aws-us-gov:iam::111111111111:policy/b" }, `Boundary is "arn:aws-us-gov:`},
		{func(e *env) { e.Alarms.Pager = "arn:aws-cn:sns:cn-north-1:111111111111:t" }, `Alarms.Pager is "arn:aws-cn:`},
		{func(e *env) { e.Boundary = "none" }, `Boundary is "none", must be the ARN of a policy`},
		{func(e *env) { e.Provisioned = -1 }, "Provisioned is -1, must be 0 to 10000"},
		{func(e *env) { e.Ingest.Reserved, e.Provisioned = 5, 6 }, "Provisioned is 6, must be 0 to 5"},
		{func(e *env) { e.Validator.Reserved = 10_001 }, "Validator.Reserved is 10001, must be 0 to 10000"},
		{func(e *env) { e.RedriveConcurrency = 1 }, "RedriveConcurrency is 1, must be 2 to 1000"},
		{func(e *env) { e.Redrive.Reserved, e.RedriveConcurrency = 4, 5 }, "RedriveConcurrency is 5, must be 2 to 4"},
		{func(e *env) { e.Redrive.Timeout = 29 * time.Second }, "Redrive.Timeout is 29s, must be whole seconds from 30s to 15m0s"},
		{func(e *env) { e.Throttle.Burst = -1 }, "Throttle.Burst is -1, must be at least 1"},
		{func(e *env) { e.Ingest.MemoryMiB = 127 }, "Ingest.MemoryMiB is 127, must be 128 to 10240"},
		{func(e *env) { e.Ingest.Timeout = 3 * time.Second }, "Ingest.Timeout is 3s, must be whole seconds from 4s to 29s"},
		{func(e *env) { e.Ingest.Timeout = 30 * time.Second }, "Ingest.Timeout is 30s"},
		{func(e *env) { e.Ingest.Timeout = 4500 * time.Millisecond }, "Ingest.Timeout is 4.5s, must be whole seconds"},
		{func(e *env) { e.Validator.MemoryMiB = 10_241 }, "Validator.MemoryMiB is 10241, must be 128 to 10240"},
		{func(e *env) { e.Validator.Timeout = 0 }, "Validator.Timeout is 0s, must be whole seconds from 1s to 5m0s"},
		{func(e *env) { e.Validator.Timeout = 301 * time.Second }, "Validator.Timeout is 5m1s"},
		{func(e *env) { e.Streams = 0 }, "Streams is 0, must be 1 to 32"},
		{func(e *env) { e.Streams = 33 }, "Streams is 33"},
		{func(e *env) { e.Delivery.TransformFor = -time.Second }, "Delivery.TransformFor is -1s, must be whole seconds from 0s to 15m0s"},
		{func(e *env) { e.Delivery.Retries = 0 }, "Delivery.Retries is 0, must be 1 to 300"},
		{func(e *env) { e.Delivery.Retries = 301 }, "Delivery.Retries is 301"},
		{func(e *env) { e.Delivery.BufferMiB = 0 }, "Delivery.BufferMiB is 0, must be 1 to 128"},
		{func(e *env) { e.Delivery.BufferMiB = 129 }, "Delivery.BufferMiB is 129"},
		{func(e *env) { e.Delivery.BufferFor = 16 * time.Minute }, "Delivery.BufferFor is 16m0s, must be whole seconds from 0s to 15m0s"},
		{func(e *env) { e.ClientIP = "half" }, `ClientIP is "half", must be one of [none truncated full]`},
		{func(e *env) { e.TypeFrom = nil }, `TypeFrom is empty, must name a member such as "type"`},
		{func(e *env) { e.TypeFrom = []string{"meta."} }, `TypeFrom has "meta.", must have members such as "type" or "meta.type"`},
		{func(e *env) { e.TypeFrom, e.Canary.Every = []string{"meta.type"}, time.Minute }, `TypeFrom is ["meta.type"], must have "type" too`},
		{func(e *env) { e.WhenUnstored = "hope" }, `WhenUnstored is "hope", must be one of [refuse acknowledge]`},
		{func(e *env) { e.Acknowledge = "" }, `Acknowledge is "", must be one of [durable immediate]`},
		{func(e *env) { e.LogRetention = 31 }, "LogRetention is 31 days, must be one of [1 3 5 7 14 30"},
		{func(e *env) { e.Lifecycle.EventsExpireAfter = -1 }, "Lifecycle.EventsExpireAfter is -1, must be 0 to 36500"},
		{func(e *env) { e.Lifecycle.RejectsExpireAfter = 36_501 }, "Lifecycle.RejectsExpireAfter is 36501"},
		{func(e *env) { e.Lifecycle.FailedExpireAfter = -1 }, "Lifecycle.FailedExpireAfter is -1"},
		{func(e *env) { e.Lifecycle.SourceExpireAfter = -1 }, "Lifecycle.SourceExpireAfter is -1"},
		{func(e *env) { e.Alarms.Email = "night shift" }, `Alarms.Email is "night shift", must be an e-mail address`},
		{func(e *env) { e.Alarms.Pager = "night-shift" }, `Alarms.Pager is "night-shift", must be the ARN of an SNS topic`},
		{func(e *env) { e.Alarms.SpilledPercent = 0 }, "Alarms.SpilledPercent is 0, must be above 0, and at most 100"},
		{func(e *env) { e.Alarms.SpilledPercent = math.NaN() }, "Alarms.SpilledPercent is NaN, must be above 0"},
		{func(e *env) { e.Alarms.ErrorPercent = 100.1 }, "Alarms.ErrorPercent is 100.1"},
		{func(e *env) { e.Alarms.RefusedPercent = -1 }, "Alarms.RefusedPercent is -1"},
		{func(e *env) { e.Alarms.RejectedPercent = 101 }, "Alarms.RejectedPercent is 101"},
		{func(e *env) { e.Alarms.QuotaPercent = 0 }, "Alarms.QuotaPercent is 0"},
		{func(e *env) { e.Alarms.Latency = 9 * time.Millisecond }, "Alarms.Latency is 9ms, must be whole milliseconds from 10ms to 29s"},
		{func(e *env) { e.Alarms.Latency = 30 * time.Second }, "Alarms.Latency is 30s"},
		{func(e *env) { e.Alarms.Freshness = 70 * time.Second }, "Alarms.Freshness is 1m10s, must be whole seconds from 1m11s to 24h0m0s"},
		{func(e *env) { e.Delivery.BufferFor = 15 * time.Minute }, "Alarms.Freshness is 15m0s, must be whole seconds from 15m11s"},
		{func(e *env) { e.Alarms.Freshness = 25 * time.Hour }, "Alarms.Freshness is 25h0m0s"},
		{func(e *env) { e.Alarms.SpilledFor = 59 * time.Second }, "Alarms.SpilledFor is 59s, must be whole minutes from 1m0s to 24h0m0s"},
		{func(e *env) { e.Alarms.SpilledFor = 90 * time.Second }, "Alarms.SpilledFor is 1m30s"},
		{func(e *env) { e.Alarms.SpilledFor = 24*time.Hour + time.Minute }, "Alarms.SpilledFor is 24h1m0s"},
		{func(e *env) { e.Alarms.RequestsPerDay = -1 }, "Alarms.RequestsPerDay is -1, must be 0 to 10000000000"},
		{func(e *env) { e.Alarms.RequestsPerDay = 10_000_000_001 }, "Alarms.RequestsPerDay is 10000000001"},
		{func(e *env) { e.Canary.Reserved = 10_001 }, "Canary.Reserved is 10001, must be 0 to 10000"},
		{func(e *env) { e.Release = "Slowly" }, `Release is "Slowly", must be one of [AllAtOnce Canary10Percent5Minutes`},
		{func(e *env) { e.Alarms.Off = true }, `Release is "Canary10Percent10Minutes", must be "AllAtOnce" while Alarms.Off is true`},
		{func(e *env) { e.Canary.Every = 7 * time.Minute }, "Canary.Every is 7m0s, must be whole minutes that divide an hour, or 0s"},
		{func(e *env) { e.Canary.Every = 30 * time.Second }, "Canary.Every is 30s"},
		{func(e *env) { e.Canary.Every = -time.Hour }, "Canary.Every is -1h0m0s"},
		{func(e *env) { e.Lifecycle.NoncurrentExpireAfter = 0 }, "Lifecycle.NoncurrentExpireAfter is 0, must be 1 to 36500"},
	} {
		e := placed(environment.Default("Mistaken"))
		row.mistake(&e)
		err := e.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), "environment "+e.Name+": "+row.want) {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
}

// TestTagsMayBeWhatIAMTakes: letters of any script, digits, spaces and a few signs.
func TestTagsMayBeWhatIAMTakes(t *testing.T) {
	e := placed(environment.Default("Tagged"))
	e.Tags = map[string]string{"awsome": "", "Kostenstelle/Größe": "a_b.c:d/e=f+g-h@i 7"}
	if err := e.Validate(); err != nil {
		t.Error(err)
	}
}

// longest returns the longest that a setting may be, up to more than any may.
func longest(set func(*environment.Environment, time.Duration)) time.Duration {
	for d := time.Hour; d > 0; d -= time.Second {
		e := placed(environment.Default("Test"))
		e.Alarms.Freshness = 24 * time.Hour
		if set(&e, d); e.Validate() == nil {
			return d
		}
	}
	return 0
}

// TestAnEventsFolderIsNeverBeforeTheFirstThatIsLookedInto, however long a batch is
// collected, judged and collected again.
func TestAnEventsFolderIsNeverBeforeTheFirstThatIsLookedInto(t *testing.T) {
	waits := []time.Duration{
		longest(func(e *environment.Environment, d time.Duration) {
			e.Delivery.TransformFor, e.Delivery.BufferFor = d, 0
		}),
		longest(func(e *environment.Environment, d time.Duration) { e.Validator.Timeout = d }),
		longest(func(e *environment.Environment, d time.Duration) {
			e.Delivery.TransformFor, e.Delivery.BufferFor = 0, d
		}),
	}
	total := waits[0] + waits[1] + waits[2]
	if slices.Min(waits) == 0 || total > record.FolderLead {
		t.Errorf("waits of %v are %v, folders are looked into from %v on", waits, total, record.FolderLead)
	}
}
