package environment_test

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strconv"
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

// TestEveryFieldSaysWhatItMayBe, unless its type does, or only more than one field can.
func TestEveryFieldSaysWhatItMayBe(t *testing.T) {
	e := environment.Default("Test")
	// By rows of TestValidateNamesFieldValueAndRule.
	checkedTogether := []string{"Origins", "Clients", "WriteKeys", "TypeFrom", "Tags", "Regions", "In", "Drained"}
	for _, field := range e.Fields() {
		kind := field.Value.Kind()
		if kind == reflect.Struct || kind == reflect.Bool || slices.Contains(checkedTogether, field.Path) {
			continue
		}
		if field.Allowed() == "" {
			t.Errorf("%s has no range, no form and no values of its own", field.Path)
		}
	}
}

// TestRangesEndWhereTheTagsSay: both ends are allowed and what is beyond them is not.
func TestRangesEndWhereTheTagsSay(t *testing.T) {
	e := environment.Default("Test")
	for i, field := range e.Fields() {
		for value, allowed := range around(t, field) {
			changed := placed(environment.Default("Test"))
			at := changed.Fields()[i]
			at.Value.Set(reflect.ValueOf(value).Convert(at.Value.Type()))
			err := changed.Validate()
			want := fmt.Sprintf("environment Test: %s is %v, must be %s", at.Path, at.Value, at.Allowed())
			if refused := err != nil && err.Error() == want; refused == allowed {
				t.Errorf("%s is %v: got %v, allowed is %s", at.Path, at.Value, err, at.Allowed())
			}
		}
	}
}

// around returns values at, and next to, the ends of a field's range, and whether each is
// allowed.
func around(t *testing.T, field environment.Field) map[float64]bool {
	const words = `^(at least |above )?([\d,.hms]+)(?: to ([\d,.hms]+))?(?: (?:in )?(.*))?$`
	ends := regexp.MustCompile(words).FindStringSubmatch(field.Allowed())
	kind := field.Value.Kind()
	if kind == reflect.String || kind == reflect.Struct || ends == nil {
		return nil
	}
	step := map[string]float64{
		"whole milliseconds": float64(time.Millisecond), "whole seconds": float64(time.Second),
		"whole minutes": float64(time.Minute),
	}[ends[4]]
	step = cmp.Or(step, 1)
	least := number(t, ends[2])
	values := map[float64]bool{least: ends[1] != "above ", least - step: false}
	if ends[3] != "" {
		most := number(t, ends[3])
		values[most], values[most+step] = true, false
	}
	if step > 1 {
		values[least+step+1] = false // not whole
	}
	return values
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	if d, err := time.ParseDuration(text); err == nil {
		return float64(d)
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", ""), 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestValidateNamesFieldValueAndRule has a row for each rule that is not a range.
func TestValidateNamesFieldValueAndRule(t *testing.T) {
	type env = environment.Environment
	const certificate = ":acm:us-east-1:111111111111:certificate/00000000-0000-0000-0000-000000000000"
	for _, row := range []struct {
		mistake func(*env)
		want    string
	}{
		{func(e *env) { e.Streams = 33 }, "Streams is 33, must be 1 to 32"},
		{func(e *env) { e.Delivery.BufferMiB = 0 }, "Delivery.BufferMiB is 0, must be 1 to 128 MiB"},
		{func(e *env) { e.Ingest.Timeout = 3 * time.Second }, "Ingest.Timeout is 3s, must be 4s to 29s in whole seconds"},
		{func(e *env) { e.Validator.Timeout = 301 * time.Second }, "Validator.Timeout is 5m1s, must be 1s to 5m in whole seconds"},
		{func(e *env) { e.Redrive.Timeout = 29 * time.Second }, "Redrive.Timeout is 29s, must be 30s to 15m in whole seconds"},
		{func(e *env) { e.Alarms.SpilledPercent = math.NaN() }, "Alarms.SpilledPercent is NaN, must be above 0 to 100 %"},
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
		{func(e *env) { e.TLS = "TLS_1_2" }, `TLS is "TLS_1_2", must be one of [SecurityPolicy_TLS13_2025_EDGE SecurityPolicy_TLS12_PFS_2025_EDGE SecurityPolicy_TLS12_2018_EDGE]`},
		{func(e *env) { e.TLS = "" }, `TLS is "", must be one of [`},
		{func(e *env) { e.Origins = []string{"https://a.example", "*"} }, `Origins is ["https://a.example" "*"], must have "*" alone`},
		{func(e *env) { e.Origins = []string{"https://a.example", "https://b.example/"} }, `Origins has "https://b.example/", must have origins such as`},
		{func(e *env) { e.Domain.Name = "events" }, `Domain.Name is "events", must be a domain name`},
		{func(e *env) { e.Query.Since = "2026-02-30" }, `Query.Since is "2026-02-30", must be a day such as 2026-11-01`},
		{func(e *env) { e.Domain.Only = true }, `Domain.Name is "" and Domain.Certificate is "", must be both set, or all of Domain empty`},
		{func(e *env) { e.Domain.Name = "e.example.com" }, `Domain.Name is "e.example.com" and Domain.Certificate is "", must be both set`},
		{func(e *env) { e.Domain.Certificate = "arn:aws" + certificate }, `Domain.Name is "" and Domain.Certificate is "arn:aws:`},
		{func(e *env) { e.Domain.Certificate = "arn:aws-cn" + certificate }, `Domain.Certificate is "arn:aws-cn:`},
		{func(e *env) { e.Domain.Certificate = "arn" }, `Domain.Certificate is "arn", must be the ARN of a certificate in us-east-1`},
		{func(e *env) { e.Tags = map[string]string{"aws:owner": "me"} }, `Tags has the key "aws:owner", must have keys that do not begin with "aws:"`},
		{func(e *env) { e.Tags = map[string]string{"AWS:owner": "me"} }, `Tags has the key "AWS:owner", must have keys that do not begin with "aws:"`},
		{func(e *env) { e.Tags = map[string]string{"": "me"} }, `Tags has the key "", must have keys of 1 to 128 letters`},
		{func(e *env) { e.Tags = map[string]string{"cost#centre": "7"} }, `Tags has the key "cost#centre", must have keys`},
		{func(e *env) { e.Tags = map[string]string{"owner": strings.Repeat("x", 257)} }, `Tags.owner is "xxx`},
		{func(e *env) { e.Tags = map[string]string{"owner": "me; you"} }, `Tags.owner is "me; you", must be at most 256 letters`},
		{func(e *env) { e.Tags = numbered(41) }, "Tags has 41 tags, must have at most 40"},
		{func(e *env) { e.Boundary = "arn:aws-us-gov:iam::111111111111:policy/b" }, `Boundary is "arn:aws-us-gov:`},
		{func(e *env) { e.Boundary = "none" }, `Boundary is "none", must be the ARN of a policy`},
		{func(e *env) { e.Alarms.Pager = "arn:aws-cn:sns:cn-north-1:111111111111:t" }, `Alarms.Pager is "arn:aws-cn:`},
		{func(e *env) { e.Alarms.Pager = "night-shift" }, `Alarms.Pager is "night-shift", must be the ARN of an SNS topic`},
		{func(e *env) { e.Alarms.Email = "night shift" }, `Alarms.Email is "night shift", must be an e-mail address`},
		{func(e *env) { e.Ingest.Reserved, e.Provisioned = 5, 6 }, "Provisioned is 6, must be at most Ingest.Reserved, 5"},
		{func(e *env) { e.Redrive.Reserved, e.RedriveConcurrency = 4, 5 }, "RedriveConcurrency is 5, must be at most Redrive.Reserved, 4"},
		{func(e *env) { e.ClientIP = "half" }, `ClientIP is "half", must be one of [none truncated full]`},
		{func(e *env) { e.WhenUnstored = "hope" }, `WhenUnstored is "hope", must be one of [refuse acknowledge]`},
		{func(e *env) { e.Acknowledge = "" }, `Acknowledge is "", must be one of [durable immediate]`},
		{func(e *env) { e.Clients = []string{"segment", "none"} }, `Clients has "none", must have names of segment, jitsu, posthog`},
		{func(e *env) { e.WriteKeys = []string{"a,b"} }, `WriteKeys has "a,b", must have keys without commas`},
		{func(e *env) { e.WriteKeys = slices.Repeat([]string{"0123456789"}, 100) }, "WriteKeys takes 1099 bytes, must take at most 1024"},
		{func(e *env) { e.TypeFrom = nil }, `TypeFrom is empty, must name a member such as "type"`},
		{func(e *env) { e.TypeFrom = []string{"meta."} }, `TypeFrom has "meta.", must have members such as "type" or "meta.type"`},
		{func(e *env) { e.TypeFrom, e.Canary.Every = []string{"meta.type"}, time.Minute }, `TypeFrom is ["meta.type"], must have "type" too`},
		{func(e *env) { e.LogRetention = 31 }, "LogRetention is 31, must be one of [1 3 5 7 14 30"},
		{func(e *env) { e.Alarms.Freshness = 70 * time.Second }, "Alarms.Freshness is 1m10s, must be longer than Delivery.TransformFor and Delivery.BufferFor together, 1m10s"},
		{func(e *env) { e.Delivery.BufferFor = 15 * time.Minute }, "Alarms.Freshness is 15m0s, must be longer than"},
		{func(e *env) { e.Release = "Slowly" }, `Release is "Slowly", must be one of [AllAtOnce Canary10Percent5Minutes`},
		{func(e *env) { e.Alarms.Off = true }, `Release is "Canary10Percent10Minutes", must be "AllAtOnce" while Alarms.Off is true`},
		{func(e *env) { e.Canary.Every = 7 * time.Minute }, "Canary.Every is 7m0s, must divide an hour"},
	} {
		e := placed(environment.Default("Mistaken"))
		row.mistake(&e)
		err := e.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), "environment "+e.Name+": "+row.want) {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
}

// worldwide returns an environment of three regions.
func worldwide() environment.Environment {
	e := placed(environment.Default("Mistaken"))
	e.Regions = []string{"us-east-1", "ap-southeast-1"}
	e.Domain = environment.Domain{Name: "events.example.com", Zone: "Z0123456789ABCDEFGHIJ"}
	return e
}

// TestValidateHoldsRegionsToEachOther has a row for each rule of several regions.
func TestValidateHoldsRegionsToEachOther(t *testing.T) {
	type env = environment.Environment
	in := func(place environment.Place) map[string]environment.Place {
		return map[string]environment.Place{"us-east-1": place}
	}
	for _, row := range []struct {
		mistake func(*env)
		want    string
	}{
		{func(e *env) { e.Regions[1] = "us-east-1" }, `Regions has "us-east-1" twice, or as Region: must have each region once`},
		{func(e *env) { e.Regions[1] = e.Region }, `Regions has "eu-central-1" twice, or as Region`},
		{func(e *env) { e.Regions[0] = "af-south-1" }, `Regions has "af-south-1", must have regions that need no opt-in: us-east-1, `},
		{func(e *env) { e.Region = "me-south-1" }, `Region has "me-south-1", must have regions that need no opt-in`},
		{func(e *env) { e.Regions = environment.Everywhere[:10] }, "Regions has 10 regions beside Region, must have at most 9"},
		{func(e *env) { e.Domain.Zone = "" }, `Domain.Name is "events.example.com" and Domain.Zone is "", must be both set with Regions`},
		{func(e *env) { e.Domain.Name = "" }, `Domain.Name is "" and Domain.Zone is "Z0`},
		{func(e *env) { e.Domain.Zone = "example.com" }, `Domain.Zone is "example.com", must be the id of a hosted zone in Route 53`},
		{func(e *env) { e.Domain.Only = true }, "Domain.Only is true, must be false with Regions"},
		{func(e *env) { e.Domain.Name = strings.Repeat("a", 46) + ".example.com" }, `Domain.Name is "aaa`},
		{
			func(e *env) {
				e.Domain.Certificate = "arn:aws:acm:eu-central-1:111111111111:certificate/00000000-0000-0000-0000-000000000000"
			},
			`Domain.Certificate is "arn:aws:acm:eu-central-1:111111111111:certificate/00000000-0000-0000-0000-000000000000", must be the ARN of a certificate in us-east-1`,
		},
		{func(e *env) { e.Regions = nil }, `Domain.Name is "events.example.com" and Domain.Certificate is ""`},
		{func(e *env) { e.Regions, e.Domain.Name = nil, "" }, `Domain.Zone is "Z0123456789ABCDEFGHIJ", must be empty without Regions`},
		{
			func(e *env) { e.Regions, e.Domain, e.Failover.NextDoor = nil, environment.Domain{}, true },
			"Failover.NextDoor is true, must be false without Regions",
		},
		{
			func(e *env) {
				e.Regions, e.Domain, e.Drained = nil, environment.Domain{}, []string{"eu-central-1"}
			},
			`Drained has "eu-central-1", must have regions of Regions, or Region with them`,
		},
		{func(e *env) { e.Failover.Every = 20 * time.Second }, "Failover.Every is 20s, must be 10s or 30s"},
		{func(e *env) { e.Drained = []string{"eu-west-1"} }, `Drained has "eu-west-1", must have regions of Regions`},
		{func(e *env) { e.Drained = []string{"us-east-1", "us-east-1"} }, `Drained has "us-east-1" twice`},
		{func(e *env) { e.Drained = append([]string{e.Region}, e.Regions...) }, "Drained has all 3 regions, must leave one"},
		{func(e *env) { e.In = in(environment.Place{Streams: 33}) }, "In.us-east-1: Streams is 33, must be 1 to 32"},
		{
			func(e *env) { e.Ingest.Reserved, e.In = 5, in(environment.Place{Provisioned: 6}) },
			"In.us-east-1: Provisioned is 6, must be at most Ingest.Reserved, 5",
		},
		{
			func(e *env) { e.In = in(environment.Place{Pager: "arn:aws:sns:eu-central-1:111111111111:t"}) },
			`In.us-east-1.Pager is "arn:aws:sns:eu-central-1:111111111111:t", must be a topic of us-east-1`,
		},
		{
			func(e *env) { e.In = map[string]environment.Place{"eu-central-1": {Streams: 2}} },
			`In has "eu-central-1", must have regions of Regions: ["us-east-1" "ap-southeast-1"]`,
		},
	} {
		e := worldwide()
		row.mistake(&e)
		err := e.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), "environment Mistaken: "+row.want) {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
}

// TestEachSiteHasItsRegionAndWhatDiffersThere, and the last one's neighbour is home.
func TestEachSiteHasItsRegionAndWhatDiffersThere(t *testing.T) {
	e := worldwide()
	e.Alarms.Pager = "arn:aws:sns:eu-central-1:111111111111:night"
	e.Drained = []string{"ap-southeast-1"}
	e.In = map[string]environment.Place{"us-east-1": {
		Streams: 4, Throttle: environment.Throttle{Burst: 9}, OwnAPILogRole: true,
		Pager: "arn:aws:sns:us-east-1:111111111111:day",
	}}
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range e.Sites() {
		got = append(got, fmt.Sprintln(s.Home, s.Path(), s.StackName("Storage"), s.Region, s.Streams, s.Throttle,
			s.Alarms.Pager, s.OwnAPILogRole, s.Joined(), s.NextDoor()))
	}
	want := []string{
		"true Mistaken Mistaken-Storage eu-central-1 1 {10000 5000} arn:aws:sns:eu-central-1:111111111111:night false true us-east-1",
		"false Mistaken/us-east-1 Mistaken-us-east-1-Storage us-east-1 4 {10000 9} arn:aws:sns:us-east-1:111111111111:day true true ap-southeast-1",
		"false Mistaken/ap-southeast-1 Mistaken-ap-southeast-1-Storage ap-southeast-1 1 {10000 5000}  false false eu-central-1",
	}
	if got, want := strings.Join(got, ""), strings.Join(want, "\n")+"\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// numbered returns so many tags.
func numbered(n int) map[string]string {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprint(i)] = ""
	}
	return tags
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
