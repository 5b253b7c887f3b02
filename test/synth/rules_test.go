package synth

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"global-ingest/infra/environment"
	"global-ingest/infra/stateful"
)

// watchKey encrypts what alarms say, where there are any.
const watchKey = "WatchKeyED03282E"

// originDomain is the region's part of the name behind Front, where there is one.
const originDomain = "OriginDomainFD7F854E"

// frozen are the logical ids of what holds data, or the address clients know. A
// resource whose id changes is replaced by an empty one.
var frozen = map[string]map[string]string{
	"Storage": {
		"LakeBucketB1D32E10": "AWS::S3::Bucket",
		"LakeKey7B6C155C":    "AWS::KMS::Key",

		"SpillQueueA8A782FD":       "AWS::SQS::Queue",
		"SpillDeadLetters603CC1FC": "AWS::SQS::Queue",
	},
	environment.FrontStack: {
		"Distribution": "AWS::CloudFront::Distribution",
		"IPv4":         "AWS::Route53::RecordSet",
		"IPv6":         "AWS::Route53::RecordSet",
	},
	"Pipeline": {
		originDomain:            "AWS::ApiGateway::DomainName",
		"EventsStreamA348795C":  "AWS::KinesisFirehose::DeliveryStream",
		"RejectsStreamCA43BEAC": "AWS::KinesisFirehose::DeliveryStream",
		"EdgeApi65822B7B":       "AWS::ApiGateway::RestApi",
		watchKey:                "AWS::KMS::Key",
	},
}

func TestStatefulLogicalIDsAreFrozen(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		found := map[string]string{}
		for _, r := range addresses(s) {
			found[r.ID] = r.Type
			if frozen[s.Name][r.ID] == "" {
				t.Errorf("%s %s is not in the list of frozen ids", r.Type, r.ID)
			}
		}
		for id, kind := range frozen[s.Name] {
			env := environmentOf(t, s)
			isOff := id == watchKey && env.Alarms.Off || id == originDomain && !env.Worldwide()
			if found[id] != kind && !isOff {
				t.Errorf("%s %s is gone: what it holds would be replaced by something empty", kind, id)
			}
		}
	})
}

// addresses are the resources of s that hold data or are an address. A record that is one of
// several of its name comes and goes with its region.
func addresses(s *stack) []resource {
	types := slices.Collect(maps.Keys(stateful.Replacing))
	return slices.DeleteFunc(s.resources(types...), func(r resource) bool {
		return r.Properties["SetIdentifier"] != nil
	})
}

// kept are the values of properties whose change would replace a resource; the
// others are not set.
var kept = map[string]any{
	"AWS::KinesisFirehose::DeliveryStream DeliveryStreamType": "DirectPut",

	"AWS::ApiGateway::DomainName DomainName": "origin.events.example.com",
	"AWS::Route53::RecordSet Name":           "events.example.com",
	"AWS::Route53::RecordSet HostedZoneId":   "Z0123456789ABCDEFGHIJ",
}

// TestNoStatefulResourceIsReplaced stands beside the frozen logical ids: with both,
// no deploy swaps what holds events for something empty.
func TestNoStatefulResourceIsReplaced(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		for _, r := range addresses(s) {
			for _, property := range stateful.Replacing[r.Type] {
				if got, want := r.Properties[property], kept[r.Type+" "+property]; got != want {
					t.Errorf("%s: %s is %v, was %v: the change replaces it", r.ID, property, got, want)
				}
			}
		}
	})
}

// holding are the types that hold data, of which a copy may stay behind; an address
// without what answers there is of no use.
var holding = slices.DeleteFunc(slices.Collect(maps.Keys(stateful.Replacing)), func(kind string) bool {
	return slices.Contains([]string{"ApiGateway", "CloudFront", "Route53"}, strings.Split(kind, "::")[1])
})

// guarding are the policies without which what is retained would let too much in, or
// nothing any more.
var guarding = []string{policy, "AWS::SQS::QueuePolicy"}

// TestStatefulResourcesAreRetained, with what guards them, unless it is their creation that
// is rolled back: a first deploy that fails leaves nothing behind that would be empty and
// in the way. The key of the alarms' topic has nothing to decrypt once the topic is gone.
func TestStatefulResourcesAreRetained(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		onDelete, onReplacement := "RetainExceptOnCreate", "Retain"
		if environmentOf(t, s).DeletableStorage {
			onDelete, onReplacement = "Delete", "Delete"
		}
		for _, r := range s.resources(slices.Concat(holding, guarding, []string{"AWS::Logs::LogGroup"})...) {
			wantDelete, wantReplace := onDelete, onReplacement
			if r.ID == watchKey {
				wantDelete, wantReplace = "Delete", "Delete"
			}
			if r.Delete != wantDelete || r.Replace != wantReplace {
				t.Errorf("%s: on delete %q, on replacement %q, want %q and %q", r.ID, r.Delete, r.Replace, wantDelete,
					wantReplace)
			}
		}
	})
}

// TestKeysHaveNames by which people tell them apart.
func TestKeysHaveNames(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		names := map[string]string{}
		for _, r := range s.resources("AWS::KMS::Alias") {
			names[s.text(r.Properties["TargetKeyId"])] = s.text(r.Properties["AliasName"])
		}
		for _, r := range s.resources(key) {
			title := map[string]string{"LakeKey": "lake", "WatchKey": "alarms"}[name(r.ID)]
			if got, want := names[name(r.ID)], "alias/global-ingest-"+s.Stage+"-"+title; got != want {
				t.Errorf("%s is called %q, want %q", r.ID, got, want)
			}
		}
	})
}

// TestReferencesBetweenStacksAreStrong: CloudFormation then refuses to delete or change
// what another stack uses. A weak one is read when the reader is deployed and never again. No
// export crosses a region, so what Ingest knows of the lake next door is weak: its name, as a
// variable and in one right.
func TestReferencesBetweenStacksAreStrong(t *testing.T) {
	for _, s := range everyStack() {
		text, want := string(encode(t, s.Template)), 0
		if env := environmentOf(t, s); s.Name == "Pipeline" && env.Failover.NextDoor {
			for _, on := range []any{
				at(s.the(t, "IngestFunction").Properties, "Environment", "Variables", "NEXT_DOOR_BUCKET"),
				s.the(t, "IngestRoleDefaultPolicy").Properties,
			} {
				want += strings.Count(string(encode(t, on)), "Fn::GetStackOutput")
			}
		}
		if got := strings.Count(text, "Fn::GetStackOutput"); got != want || want != 0 && want != 2 {
			t.Errorf("%s reads %d outputs of other stacks without binding them, %d of them of the lake next door",
				s.title(), got, want)
		}
		if s.Name == "Pipeline" && !strings.Contains(text, `"Fn::ImportValue": "`+siteOf(t, s).StackName("Storage")+":") {
			t.Errorf("%s imports nothing from Storage", s.title())
		}
	}
}

// TestLogGroupsAreNamedAsServicesStoreThem: the ARN of a log group ends in ":*", which is
// right in a policy. Anywhere else the service stores it without, and the resource drifts
// from its template on the day it is deployed.
func TestLogGroupsAreNamedAsServicesStoreThem(t *testing.T) {
	var refers func(s *stack, v any) bool
	refers = func(s *stack, v any) bool {
		m, _ := v.(map[string]any)
		if get, ok := m["Fn::GetAtt"].([]any); ok {
			return get[1] == "Arn" && at(s.Template, "Resources", get[0].(string), "Type") == logGroup
		}
		for _, value := range m {
			if refers(s, value) {
				return true
			}
		}
		list, _ := v.([]any)
		return slices.ContainsFunc(list, func(element any) bool { return refers(s, element) })
	}
	for _, s := range everyStack() {
		for _, r := range s.resources() {
			if !strings.HasPrefix(r.Type, "AWS::IAM::") && refers(s, r.Properties) {
				t.Errorf("%s: %s has a log group's ARN with :*", s.title(), r.ID)
			}
		}
	}
}

func TestOnlyDevIsDeletable(t *testing.T) {
	for _, env := range environment.All() {
		if env.DeletableStorage && env.Name != "Dev" {
			t.Errorf("%s would delete its events", env.Name)
		}
	}
}

// TestNothingIsPublic stands beside the controls, which know the types that are
// there: it looks at the policies of all, and lets no other way in be added.
func TestNothingIsPublic(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		for _, r := range s.resources() {
			if says := isPrivate(s, r); says != "" {
				t.Errorf("%s %s", r.ID, says)
			}
			switch r.Type {
			case "AWS::Lambda::Url", "AWS::S3::AccessPoint", "AWS::Lambda::LayerVersionPermission":
				t.Errorf("%s is a way in of type %s", r.ID, r.Type)
			}
		}
	})
}

func TestEveryLogGroupExpires(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		want := float64(environmentOf(t, s).LogRetention)
		for _, r := range s.resources("AWS::Logs::LogGroup") {
			if r.Properties["RetentionInDays"] != want {
				t.Errorf("%s keeps lines for %v days, want %v", r.ID, r.Properties["RetentionInDays"], want)
			}
		}
		for _, r := range s.resources("AWS::Lambda::Function") {
			if group := s.text(at(r.Properties, "LoggingConfig", "LogGroup")); !strings.HasSuffix(group, "Logs") {
				t.Errorf("%s logs to %q, a group that Lambda makes and that never expires", r.ID, group)
			}
		}
	})
}

// named are the names that are no resource's identity in its account, or that AWS chose.
var named = map[string]string{
	"AWS::ApiGateway::RestApi Name":                         "a label, and the dimension of the API's metrics",
	"AWS::ApiGateway::Stage StageName":                      "required, unique in its API only",
	"AWS::IAM::Policy PolicyName":                           "required, unique in its role only",
	"EdgeExecutionLogs LogGroupName":                        "the name that API Gateway gives its own log group",
	"AWS::Lambda::Permission FunctionName":                  "says whose permission",
	"AWS::Lambda::EventSourceMapping FunctionName":          "says whose messages",
	"AWS::Lambda::Version FunctionName":                     "says whose version",
	"AWS::Lambda::Alias FunctionName":                       "says whose alias",
	"AWS::Lambda::Alias Name":                               "required, unique in its function only",
	"AWS::CodeDeploy::DeploymentGroup ApplicationName":      "says whose group",
	"AWS::CodeDeploy::DeploymentGroup DeploymentConfigName": "a configuration of AWS's own",
	"AWS::Logs::LogStream LogGroupName":                     "says whose stream",
	"AWS::CloudWatch::Alarm MetricName":                     "says what is watched",
	"AWS::Glue::Table DatabaseName":                         "says whose table",
	"AWS::Athena::NamedQuery Name":                          "a label",
	"AWS::Athena::WorkGroup Name":                           "required; has the environment, as the stack's own name",
	"AWS::ApiGateway::DomainName DomainName":                "the environment's own domain",
	"AWS::ApiGateway::BasePathMapping DomainName":           "says whose mapping",
	"AWS::CertificateManager::Certificate DomainName":       "the environment's own domain",
	"AWS::Route53::RecordSet Name":                          "the environment's own domain",
	"AWS::CloudFront::Function Name":                        "required; has the environment",
	"AWS::KMS::Alias AliasName":                             "required; as free as the stack's own name, which has the environment too",
}

func TestNoPhysicalNames(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		for _, r := range s.resources() {
			for property := range r.Properties {
				if !strings.HasSuffix(property, "Name") {
					continue
				}
				if named[r.Type+" "+property] == "" && named[name(r.ID)+" "+property] == "" {
					t.Errorf("%s has the %s %s: two deployments could not live side by side", r.ID, property,
						s.text(r.Properties[property]))
				}
			}
		}
	})
}

func TestNoHiddenFunctions(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		for _, r := range s.resources() {
			if strings.HasPrefix(r.Type, "Custom::") || r.Type == "AWS::CloudFormation::CustomResource" {
				t.Errorf("%s is a custom resource: code of the CDK's own would run in the account", r.ID)
			}
			ours := []string{"IngestFunction", "ValidatorFunction", "RedriveFunction", "CanaryFunction"}
			if r.Type == "AWS::Lambda::Function" && !slices.Contains(ours, name(r.ID)) {
				t.Errorf("%s is a function that nobody wrote", r.ID)
			}
		}
	})
}

func TestNothingIsAccountWideUnlessSet(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		accounts := s.resources("AWS::ApiGateway::Account", "AWS::Lambda::AccountSettings",
			"AWS::S3::AccountPublicAccessBlock", "AWS::Logs::ResourcePolicy", "AWS::Logs::AccountPolicy")
		want := s.Name == "Pipeline" && environmentOf(t, s).OwnAPILogRole
		if (len(accounts) > 0) != want {
			t.Errorf("sets %v for the whole account, wanted: %v", accounts, want)
		}
	})
}

// TestNothingStarvesWhatBringsEventsHome: where slow requests to Ingest can take the whole
// account's concurrency, the other functions have some that is theirs.
func TestNothingStarvesWhatBringsEventsHome(t *testing.T) {
	// Lambda's quota, what it keeps unreserved, and seconds of a request.
	const account, least, hangs = 1_000.0, 100.0, 2.6
	checked := 0
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		if float64(environmentOf(t, s).Throttle.RatePerSecond)*hangs <= account {
			return
		}
		sum := 0.0
		for _, r := range s.resources(function) {
			reserved, _ := r.Properties["ReservedConcurrentExecutions"].(float64)
			sum += reserved
			if reserved == 0 && name(r.ID) != "IngestFunction" {
				t.Errorf("%s has no concurrency of its own", r.ID)
			}
			checked++
		}
		if sum > account-least {
			t.Errorf("%v executions are reserved, an account has %v", sum, account-least)
		}
		mapping := at(s.the(t, "RedriveFunctionMapping").Properties, "ScalingConfig", "MaximumConcurrency").(float64)
		reserved, _ := s.the(t, "RedriveFunction").Properties["ReservedConcurrentExecutions"].(float64)
		if reserved < mapping {
			t.Errorf("Redrive may run %v times at once, its queue asks for %v", reserved, mapping)
		}
	})
	if checked == 0 {
		t.Error("no environment lets through what would starve the others")
	}
}

// environmentOf returns the environment that s was made from, as it is in the region of s.
func environmentOf(t *testing.T, s *stack) environment.Environment {
	t.Helper()
	return siteOf(t, s).Environment
}

func siteOf(t *testing.T, s *stack) environment.Site {
	t.Helper()
	for _, env := range placed(append(ruled(), variants()...)) {
		for _, site := range env.Sites() {
			if env.Name == s.Stage && (site.Region == s.Region || site.Home && s.Region == "") {
				return site
			}
		}
	}
	t.Fatalf("no environment %s", s.Stage)
	return environment.Site{}
}
