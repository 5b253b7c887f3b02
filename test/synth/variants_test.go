package synth

import (
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/validate"
)

// variants are environments for the settings that no other environment uses.
// Adding one took a value, as it does for a real one.
func variants() []environment.Environment {
	several := environment.Default("ThreeStreams")
	several.Streams = 3
	several.Origins = []string{"*"}

	closed := environment.Default("Closed")
	closed.Clients = []string{"none"}

	everything := environment.Default("Everything")
	everything.Throttle = environment.Throttle{RatePerSecond: 700, Burst: 350}
	everything.TLS = environment.TLS12PFS
	everything.Domain = environment.Domain{
		Name: "events.example.com", Only: true,
		Certificate: "arn:aws:acm:us-east-1:" + account + ":certificate/00000000-0000-0000-0000-000000000000",
	}
	everything.WAF = environment.WAF{On: true, RatePerAddress: 20_000}
	everything.Ingest = environment.Function{MemoryMiB: 1_770, Reserved: 500, Timeout: 11 * time.Second}
	everything.Validator = environment.Function{MemoryMiB: 2_048, Reserved: 100, Timeout: 2 * time.Minute}
	everything.Redrive = environment.Function{MemoryMiB: 3_072, Reserved: 10, Timeout: 3 * time.Minute}
	everything.RedriveConcurrency, everything.MaxReplays = 7, 10
	everything.Release = environment.Linear10PercentEvery1Minute
	everything.Terms = ingest.Terms{
		Origins: []string{"https://example.com", "https://shop.example.com"}, Acknowledge: ingest.Immediate,
		WhenUnstored: ingest.Acknowledge, ClientIP: ingest.Full, Clients: []string{"segment", "otlp"},
	}
	everything.Rules = validate.Rules{
		TypeFrom: []string{"meta.type", "type"}, Formats: false, Strict: true, WriteKeys: []string{"web", "ios"},
	}
	everything.Delivery = environment.Delivery{
		TransformFor: 20 * time.Second, Retries: 30, BufferMiB: 100, BufferFor: 2 * time.Minute,
	}
	everything.SourceBackup = true
	everything.LogRetention = 90
	everything.Lifecycle = environment.Lifecycle{
		EventsExpireAfter: 11, RejectsExpireAfter: 12, FailedExpireAfter: 13, SourceExpireAfter: 14,
		NoncurrentExpireAfter: 15,
	}
	everything.Alarms = environment.Alarms{
		Email: "events@example.com", Pager: "arn:aws:sns:" + region + ":" + account + ":pager",
		SpilledPercent: 2, ErrorPercent: 0.3, RefusedPercent: 6, RejectedPercent: 11, QuotaPercent: 60,
		Latency: 250 * time.Millisecond, Freshness: 25 * time.Minute, SpilledFor: 35 * time.Minute,
		RequestsPerDay: 1_000_000,
	}
	everything.Canary = environment.Canary{Every: time.Minute, Reserved: 3}
	everything.Query.Since, everything.Query.ScanLimitMiB = "2027-01-31", 10
	everything.Tracing, everything.OwnAPILogRole = true, true
	everything.Provisioned = 5
	everything.Tags = map[string]string{"owner": "events-team"}
	everything.Boundary = "arn:aws:iam::" + account + ":policy/boundary"
	everything.DeletableStorage = true
	return []environment.Environment{several, closed, everything}
}

func variant(t *testing.T, stage, name string) *stack {
	t.Helper()
	for _, s := range variantStacks {
		if s.Stage == stage && s.Name == name {
			return s
		}
	}
	t.Fatalf("no stack %s/%s", stage, name)
	return nil
}

// TestMoreStreamsChangeNone: an environment with one stream keeps it when it gets more, and
// Ingest and Redrive may put to exactly the streams that they know.
func TestMoreStreamsChangeNone(t *testing.T) {
	several, plain := variant(t, "ThreeStreams", "Pipeline"), stackOf(t, "Prod", "Pipeline")
	var ids, before []string
	for _, r := range several.resources("AWS::KinesisFirehose::DeliveryStream") {
		ids = append(ids, r.ID)
	}
	for _, r := range plain.resources("AWS::KinesisFirehose::DeliveryStream") {
		before = append(before, r.ID)
		if !slices.Contains(ids, r.ID) {
			t.Errorf("%s would be replaced: the streams are %v", r.ID, ids)
		}
	}
	if len(ids) != len(before)+2 {
		t.Errorf("streams are %v, want two more than %v", ids, before)
	}
	want := "EventsStream,Events2Stream,Events3Stream"
	for _, function := range []string{"IngestFunction", "RedriveFunction"} {
		if got := several.variables(t, function)["EVENTS_STREAM"]; got != want {
			t.Errorf("%s has the streams %s, want %s", function, got, want)
		}
	}
	policy := ""
	for _, r := range several.resources("AWS::IAM::Policy") {
		if strings.HasPrefix(r.ID, "IngestRole") {
			policy = string(encode(t, r.Properties))
		}
	}
	for _, id := range ids {
		if strings.Contains(policy, `"`+id+`"`) == strings.HasPrefix(id, "Rejects") {
			t.Errorf("ingest may put to the rejects stream, or not to an events stream: %s\n%s", id, policy)
		}
	}
}

// arrives has what a template of a variant says because of each setting.
var arrives = map[string]string{
	"Regions":                         `"SetIdentifier": "eu-central-1"`,
	"In":                              `"arn:aws:sns:ap-southeast-1:111111111111:pager"`,
	"Drained":                         `"ThrottlingRateLimit": 200`, // there, without a record: TestADrainedRegionGetsNoClients
	"Failover.Every":                  `"RequestInterval": 10`,
	"Failover.After":                  `"FailureThreshold": 3`,
	"Failover.NextDoor":               `"NEXT_DOOR_REGION": "eu-central-1"`,
	"Domain.Zone":                     `"HostedZoneId": "Z0123456789ABCDEFGHIJ"`,
	"Throttle.RatePerSecond":          `"ThrottlingRateLimit": 700`,
	"Throttle.Burst":                  `"ThrottlingBurstLimit": 350`,
	"TLS":                             `"SecurityPolicy": "SecurityPolicy_TLS12_PFS_2025_EDGE"`,
	"Domain.Name":                     `"DomainName": "events.example.com"`,
	"Domain.Certificate":              `"CertificateArn": "arn:aws:acm:us-east-1:`,
	"Domain.Only":                     `"DisableExecuteApiEndpoint": true`,
	"WAF.On":                          `"AWSManagedRulesAmazonIpReputationList"`,
	"WAF.RatePerAddress":              `"Limit": 20000`,
	"Ingest.MemoryMiB":                `"MemorySize": 1770`,
	"Ingest.Reserved":                 `"ReservedConcurrentExecutions": 500`,
	"Ingest.Timeout":                  `"Timeout": 11`,
	"Validator.MemoryMiB":             `"MemorySize": 2048`,
	"Validator.Reserved":              `"ReservedConcurrentExecutions": 100`,
	"Validator.Timeout":               `"Timeout": 120`,
	"Redrive.MemoryMiB":               `"MemorySize": 3072`,
	"Redrive.Reserved":                `"ReservedConcurrentExecutions": 10`,
	"Redrive.Timeout":                 `"Timeout": 180`,
	"RedriveConcurrency":              `"MaximumConcurrency": 7`,
	"MaxReplays":                      `"MAX_REPLAYS": "10"`,
	"Release":                         `"DeploymentConfigName": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"`,
	"Origins":                         `"CORS_ORIGINS": "https://example.com,https://shop.example.com"`,
	"Acknowledge":                     `"ACKNOWLEDGE": "immediate"`,
	"WhenUnstored":                    `"WHEN_UNSTORED": "acknowledge"`,
	"ClientIP":                        `"CLIENT_IP": "full"`,
	"Clients":                         `"CLIENTS": "segment,otlp"`,
	"WriteKeys":                       `"WRITE_KEYS": "web,ios"`,
	"TypeFrom":                        `"TYPE_FROM": "meta.type,type"`,
	"Formats":                         `"FORMATS": "false"`,
	"Portable":                        `"PORTABLE": "false"`,
	"Strict":                          `"STRICT": "true"`,
	"Streams":                         `"Events2Stream`,
	"Delivery.TransformFor":           `"ParameterValue": "20"`,
	"Delivery.Retries":                `"ParameterValue": "30"`,
	"Delivery.BufferMiB":              `"SizeInMBs": 100`,
	"Delivery.BufferFor":              `"IntervalInSeconds": 120`,
	"SourceBackup":                    `"S3BackupMode": "Enabled"`,
	"LogRetention":                    `"RetentionInDays": 90`,
	"Lifecycle.EventsExpireAfter":     `"ExpirationInDays": 11`,
	"Lifecycle.RejectsExpireAfter":    `"ExpirationInDays": 12`,
	"Lifecycle.FailedExpireAfter":     `"ExpirationInDays": 13`,
	"Lifecycle.SourceExpireAfter":     `"ExpirationInDays": 14`,
	"Lifecycle.NoncurrentExpireAfter": `"NoncurrentDays": 15`,
	"Alarms.Email":                    `"Endpoint": "events@example.com"`,
	"Alarms.Pager":                    `"arn:aws:sns:us-east-1:111111111111:pager"`,
	"Alarms.SpilledPercent":           `"Threshold": 2`,
	"Alarms.ErrorPercent":             `"Threshold": 0.3`,
	"Alarms.RefusedPercent":           `"Threshold": 6`,
	"Alarms.RejectedPercent":          `"Threshold": 11`,
	"Alarms.QuotaPercent":             `"Threshold": 60`,
	"Alarms.Latency":                  `"Threshold": 250`,
	"Alarms.Freshness":                `"Threshold": 1500`,
	"Alarms.SpilledFor":               `"EvaluationPeriods": 35`,
	"Alarms.RequestsPerDay":           `"Threshold": 1000000`,
	"Canary.Every":                    `"cron(0/1 * * * ? *)"`,
	"Canary.Reserved":                 `"ReservedConcurrentExecutions": 3`,
	"Query.Since":                     `"projection.day.range": "2027-01-31,NOW"`,
	"Query.ScanLimitMiB":              `"BytesScannedCutoffPerQuery": 10485760`,
	"Tracing":                         `"Mode": "Active"`,
	"OwnAPILogRole":                   `"AWS::ApiGateway::Account"`,
	"Provisioned":                     `"ProvisionedConcurrentExecutions": 5`,
	"Tags":                            `"Value": "events-team"`,
	"Boundary":                        `"PermissionsBoundary": "arn:aws:iam::111111111111:policy/boundary"`,
	"DeletableStorage":                `"DeletionPolicy": "Delete"`,
}

// TestEverySettingArrives in a template. A setting without a row, or that every variant
// leaves at its default, fails it.
func TestEverySettingArrives(t *testing.T) {
	var text string
	for _, s := range everyStack() {
		if s.Stage == worldwide().Name || slices.Contains(variantStacks, s) {
			text += string(encode(t, s.Template))
		}
	}
	all, plain := append(variants(), worldwide()), environment.Default("Default")
	for i, field := range plain.Fields() {
		if slices.Contains([]string{"Name", "Account", "Region", "Alarms.Off", "Query.Off"}, field.Path) ||
			field.Value.Kind() == reflect.Struct {
			continue // with one of them Off, the variant would have nothing to look at
		}
		isDefault := func(env environment.Environment) bool {
			return reflect.DeepEqual(env.Fields()[i].Value.Interface(), field.Value.Interface())
		}
		if !slices.ContainsFunc(all, func(env environment.Environment) bool { return !isDefault(env) }) {
			t.Errorf("%s has its default in every variant", field.Path)
		}
		if want, listed := arrives[field.Path]; !listed || !strings.Contains(text, want) {
			t.Errorf("%s: %q is in no template, or arrives has no row", field.Path, want)
		}
	}
	for promise, want := range map[string]string{
		"the domain's zone":        `"DistributionHostedZoneId"`,
		"origins at the preflight": `\"$!origin\" == \"https://example.com\" || \"$!origin\" == \"https://shop.example.com\"`,
		"origins of refusals":      `"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s: %s is in no template", promise, want)
		}
	}
	text = string(encode(t, variant(t, "Everything", "Pipeline").Template))
	roles, bounded := strings.Count(text, `"AWS::IAM::Role"`), strings.Count(text, `"PermissionsBoundary"`)
	if roles != bounded {
		t.Errorf("%d roles, %d with the boundary", roles, bounded)
	}
}

// TestTheFirewallReadsNoBody, for what blocks a body breaks the promise of a 200.
func TestTheFirewallReadsNoBody(t *testing.T) {
	everything, prod := variant(t, "Everything", "Pipeline"), stackOf(t, "Prod", "Pipeline")
	for _, r := range append(everything.resources(webACL), prod.resources(webACL)...) {
		text := string(encode(t, r.Properties))
		for _, match := range []string{
			`"Body"`, `"JsonBody"`, "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet",
			"AWSManagedRulesSQLiRuleSet",
		} {
			if strings.Contains(text, match) {
				t.Errorf("%s looks at %s", r.ID, match)
			}
		}
	}
}

// TestTheLargestEnvironmentFits what CloudFormation, CloudWatch and Lambda allow: every
// setting on, and as many streams as an environment may have.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func TestTheLargestEnvironmentFits(t *testing.T) {
	all := placed(variants())
	largest := all[len(all)-1]
	largest.Name = "Largest"
	largest.Canary.Every = 5 * time.Minute
	largest.Tracing, largest.OwnAPILogRole, largest.Alarms.Off = true, true, false
	largest.Alarms.Pager = "arn:aws:sns:" + region + ":" + account + ":night-shift"
	largest.Alarms.RequestsPerDay = 1
	largest.Release = environment.Canary10Percent10Minutes
	for largest.Validate() == nil {
		largest.Streams++
	}
	largest.Streams--
	found, err := synthesize(filepath.Join(workspace, "largest"), []environment.Environment{largest}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range found {
		if n := len(s.resources()); n > 500 {
			t.Errorf("%s has %d resources with %d streams, at most 500", s.title(), n, largest.Streams)
		}
		if n := len(encode(t, s.Template)); n > 1_000_000 {
			t.Errorf("%s has %d bytes, at most 1,000,000", s.title(), n)
		}
		for _, r := range s.resources(compositeAlarm) {
			if n := strings.Count(s.text(r.Properties["AlarmRule"]), "ALARM("); n > 100 {
				t.Errorf("%s watches %d alarms, at most 100", r.ID, n)
			}
		}
		for _, r := range s.resources(function) {
			bytes := 64 * largest.Streams // of the streams' names, which are generated
			for name, value := range s.variables(t, name(r.ID)) {
				bytes += len(name) + len(value)
			}
			if bytes > 4_096 {
				t.Errorf("%s has %d bytes of variables, at most 4,096", r.ID, bytes)
			}
		}
	}
}
