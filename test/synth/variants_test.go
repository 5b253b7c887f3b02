package synth

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"global-ingest/infra/environment"
)

// variants are environments for the settings that no other environment uses.
// Adding one took a value, as it does for a real one.
func variants() []environment.Environment {
	several := environment.Default("ThreeStreams")
	several.Streams = 3
	several.Origins = []string{"*"}

	everything := environment.Default("Everything")
	everything.TLS = "SecurityPolicy_TLS12_PFS_2025_EDGE"
	everything.Domain = environment.Domain{
		Name:        "events.example.com",
		Certificate: "arn:aws:acm:us-east-1:" + account + ":certificate/00000000-0000-0000-0000-000000000000",
		Only:        true,
	}
	everything.WAF.On = true
	everything.Origins = []string{"https://example.com", "https://shop.example.com"}
	everything.Ingest.Reserved, everything.Validator.Reserved, everything.Redrive.Reserved = 500, 100, 10
	everything.RedriveConcurrency = 7
	everything.Provisioned = 5
	everything.Release = environment.Linear10PercentEvery1Minute
	everything.SourceBackup = true
	everything.Strict = true
	everything.TypeFrom = []string{"meta.type", "type"}
	everything.Formats = false
	everything.Tags = map[string]string{"owner": "events-team"}
	everything.Boundary = "arn:aws:iam::" + account + ":policy/boundary"
	everything.Alarms.Email = "events@example.com"
	everything.Alarms.Pager = "arn:aws:sns:" + region + ":" + account + ":pager"
	everything.Alarms.RequestsPerDay = 1_000_000
	everything.Canary.Every = time.Minute
	return []environment.Environment{several, everything}
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

// TestEverySettingArrives in a template, and what it promises holds there.
func TestEverySettingArrives(t *testing.T) {
	text := string(encode(t, variant(t, "Everything", "Pipeline").Template)) +
		string(encode(t, variant(t, "Everything", "Storage").Template))
	for setting, want := range map[string]string{
		"TLS":                `"SecurityPolicy": "SecurityPolicy_TLS12_PFS_2025_EDGE"`,
		"Domain.Only":        `"DisableExecuteApiEndpoint": true`,
		"Domain, zone":       `"DistributionHostedZoneId"`,
		"Domain.Name":        `"DomainName": "events.example.com"`,
		"Domain.Certificate": `"CertificateArn": "arn:aws:acm:us-east-1:`,
		"WAF":                `"AWSManagedRulesAmazonIpReputationList"`,
		"WAF.RatePerAddress": `"Limit": 10000`,
		"Ingest.Reserved":    `"ReservedConcurrentExecutions": 500`,
		"Validator.Reserved": `"ReservedConcurrentExecutions": 100`,
		"Redrive.Reserved":   `"ReservedConcurrentExecutions": 10`,
		"RedriveConcurrency": `"MaximumConcurrency": 7`,
		"Origins, function":  `"CORS_ORIGINS": "https://example.com,https://shop.example.com"`,
		"Origins, preflight": `\"$!origin\" == \"https://example.com\" || \"$!origin\" == \"https://shop.example.com\"`,
		"Origins, refusals":  `"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"`,
		"Provisioned":        `"ProvisionedConcurrentExecutions": 5`,
		"Release":            `"DeploymentConfigName": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"`,
		"SourceBackup":       `"S3BackupMode": "Enabled"`,
		"Strict":             `"STRICT": "true"`,
		"TypeFrom":           `"TYPE_FROM": "meta.type,type"`,
		"Formats":            `"FORMATS": "false"`,
		"Tags":               `"Value": "events-team"`,
		"Boundary":           `"PermissionsBoundary": "arn:aws:iam::111111111111:policy/boundary"`,
		"Alarms.Email":       `"Endpoint": "events@example.com"`,
		"Alarms.Pager":       `"arn:aws:sns:us-east-1:111111111111:pager"`,
		"Alarms.Requests":    `"Threshold": 1000000`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s: %s is in no template", setting, want)
		}
	}
	if roles, bounded := strings.Count(text, `"AWS::IAM::Role"`), strings.Count(text, `"PermissionsBoundary"`); roles != bounded {
		t.Errorf("%d roles, %d with the boundary", roles, bounded)
	}
}

// TestTheFirewallReadsNoBody, for what blocks a body breaks the promise of a 200.
func TestTheFirewallReadsNoBody(t *testing.T) {
	everything, prod := variant(t, "Everything", "Pipeline"), stackOf(t, "Prod", "Pipeline")
	for _, r := range append(everything.resources(webACL), prod.resources(webACL)...) {
		text := string(encode(t, r.Properties))
		for _, match := range []string{
			`"Body"`, `"JsonBody"`, "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesSQLiRuleSet",
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
	found, err := synthesize(filepath.Join(workspace, "largest"), []environment.Environment{largest}, "")
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
