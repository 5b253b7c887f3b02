package synth

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"global-ingest/infra/environment"
)

// frozen are the logical ids of what holds data. A resource whose id changes is
// replaced by an empty one.
var frozen = map[string]map[string]string{
	"Storage": {
		"LakeBucketB1D32E10": "AWS::S3::Bucket",
		"LakeKey7B6C155C":    "AWS::KMS::Key",

		"SpillQueueA8A782FD":       "AWS::SQS::Queue",
		"SpillDeadLetters603CC1FC": "AWS::SQS::Queue",
	},
	"Pipeline": {
		"EventsStreamA348795C":  "AWS::KinesisFirehose::DeliveryStream",
		"RejectsStreamCA43BEAC": "AWS::KinesisFirehose::DeliveryStream",
	},
}

// stateful are the types of what holds data.
var stateful = []string{
	"AWS::S3::Bucket", "AWS::KMS::Key", "AWS::KinesisFirehose::DeliveryStream", "AWS::SQS::Queue", "AWS::DynamoDB::Table",
}

func TestStatefulLogicalIDsAreFrozen(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		found := map[string]string{}
		for _, r := range s.resources(stateful...) {
			found[r.ID] = r.Type
			if frozen[s.Name][r.ID] == "" {
				t.Errorf("%s %s is not in the list of frozen ids", r.Type, r.ID)
			}
		}
		for id, kind := range frozen[s.Name] {
			if found[id] != kind {
				t.Errorf("%s %s is gone: what it holds would be replaced by something empty", kind, id)
			}
		}
	})
}

func TestStatefulResourcesAreRetained(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		want := "Retain"
		if environmentOf(t, s).DeletableStorage {
			want = "Delete"
		}
		for _, r := range s.resources(append(stateful, "AWS::Logs::LogGroup")...) {
			if r.Delete != want || r.Replace != want {
				t.Errorf("%s: on delete %q, on replacement %q, want %q for both", r.ID, r.Delete, r.Replace, want)
			}
		}
	})
}

func TestStorageStackIsProtected(t *testing.T) {
	each(t, "Storage", func(t *testing.T, s *stack) {
		if want := !environmentOf(t, s).DeletableStorage; s.Protected != want {
			t.Errorf("termination protection is %v, want %v", s.Protected, want)
		}
	})
}

func TestOnlyDevIsDeletable(t *testing.T) {
	for _, env := range environment.All() {
		if env.DeletableStorage && env.Name != "Dev" {
			t.Errorf("%s would let go of its events", env.Name)
		}
	}
}

func TestNothingIsPublic(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		for _, r := range s.resources() {
			checkPolicies(t, s, r)
			switch r.Type {
			case "AWS::S3::Bucket":
				checkPrivateBucket(t, s, r)
			case "AWS::Lambda::Permission":
				checkPermission(t, s, r)
			case "AWS::Lambda::Url", "AWS::S3::AccessPoint", "AWS::Lambda::LayerVersionPermission":
				t.Errorf("%s is a way in of type %s", r.ID, r.Type)
			}
		}
	})
}

// checkPolicies refuses what a resource's own policy allows to everybody.
func checkPolicies(t *testing.T, s *stack, r resource) {
	t.Helper()
	for _, property := range []string{"PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument", "Policy", "ResourcePolicy"} {
		for _, line := range s.statements(r.Properties[property]) {
			if strings.HasPrefix(line, "allow") && (strings.Contains(line, " by *") || strings.Contains(line, "=*") || strings.Contains(line, "all but")) {
				t.Errorf("%s: %s", r.ID, line)
			}
		}
	}
}

func checkPrivateBucket(t *testing.T, s *stack, r resource) {
	t.Helper()
	const want = "BlockPublicAcls=true BlockPublicPolicy=true IgnorePublicAcls=true RestrictPublicBuckets=true"
	if got := s.text(r.Properties["PublicAccessBlockConfiguration"]); got != want {
		t.Errorf("%s: public access block is %q", r.ID, got)
	}
	if got := s.text(at(r.Properties["OwnershipControls"], "Rules")); got != "ObjectOwnership=BucketOwnerEnforced" {
		t.Errorf("%s: ownership is %q", r.ID, got)
	}
	for _, property := range []string{"AccessControl", "WebsiteConfiguration", "CorsConfiguration"} {
		if r.Properties[property] != nil {
			t.Errorf("%s has %s", r.ID, property)
		}
	}
}

func checkPermission(t *testing.T, s *stack, r resource) {
	t.Helper()
	if r.Properties["SourceAccount"] != account {
		t.Errorf("%s: source account is %v", r.ID, r.Properties["SourceAccount"])
	}
	if arn := s.text(r.Properties["SourceArn"]); strings.Contains(arn, "*") || !strings.HasPrefix(arn, "arn:") {
		t.Errorf("%s: source is %q, must be one stage and method", r.ID, arn)
	}
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

func TestEveryBucketIsTLSOnlyAndEncrypted(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		for _, r := range s.resources("AWS::S3::Bucket") {
			const encryption = "BucketKeyEnabled=true ServerSideEncryptionByDefault=KMSMasterKeyID=LakeKey.Arn SSEAlgorithm=aws:kms"
			if got := s.text(at(r.Properties["BucketEncryption"], "ServerSideEncryptionConfiguration")); got != encryption {
				t.Errorf("%s: encryption is %q", r.ID, got)
			}
			if at(r.Properties["VersioningConfiguration"], "Status") != "Enabled" {
				t.Errorf("%s is not versioned", r.ID)
			}
			policy := s.bucketPolicy(r)
			for _, condition := range []string{"Bool=aws:SecureTransport=false", "NumericLessThan=s3:TlsVersion=1.2"} {
				want := fmt.Sprintf("deny s3:* by AWS=* on %[1]s.Arn %[1]s.Arn/* if %[2]s", name(r.ID), condition)
				if !slices.Contains(policy, want) {
					t.Errorf("%s: policy lacks %q: %q", r.ID, want, policy)
				}
			}
		}
		for _, r := range s.resources("AWS::KMS::Key") {
			if r.Properties["EnableKeyRotation"] != true {
				t.Errorf("%s is never rotated", r.ID)
			}
		}
	})
}

func (s *stack) bucketPolicy(bucket resource) []string {
	for _, r := range s.resources("AWS::S3::BucketPolicy") {
		if at(r.Properties["Bucket"], "Ref") == bucket.ID {
			return s.statements(r.Properties["PolicyDocument"])
		}
	}
	return nil
}

// named are the names that are no resource's identity in its account, or that AWS chose.
var named = map[string]string{
	"AWS::ApiGateway::RestApi Name":                "a label, and the dimension of the API's metrics",
	"AWS::ApiGateway::Stage StageName":             "required, unique in its API only",
	"AWS::IAM::Policy PolicyName":                  "required, unique in its role only",
	"EdgeExecutionLogs LogGroupName":               "the name that API Gateway gives its own log group",
	"AWS::Lambda::Permission FunctionName":         "says whose permission",
	"AWS::Lambda::EventSourceMapping FunctionName": "says whose messages",
	"AWS::Logs::LogStream LogGroupName":            "says whose stream",
}

func TestNoPhysicalNames(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		for _, r := range s.resources() {
			for property := range r.Properties {
				if !strings.HasSuffix(property, "Name") {
					continue
				}
				if named[r.Type+" "+property] == "" && named[name(r.ID)+" "+property] == "" {
					t.Errorf("%s has the %s %s: two deployments could not live side by side", r.ID, property, s.text(r.Properties[property]))
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
			if r.Type == "AWS::Lambda::Function" && !slices.Contains([]string{"IngestFunction", "ValidatorFunction", "RedriveFunction"}, name(r.ID)) {
				t.Errorf("%s is a function that nobody wrote", r.ID)
			}
		}
	})
}

func TestNothingIsAccountWideUnlessSet(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		accounts := s.resources("AWS::ApiGateway::Account", "AWS::Lambda::AccountSettings", "AWS::S3::AccountPublicAccessBlock", "AWS::Logs::ResourcePolicy", "AWS::Logs::AccountPolicy")
		want := s.Name == "Pipeline" && environmentOf(t, s).OwnAPILogRole
		if (len(accounts) > 0) != want {
			t.Errorf("sets %v for the whole account, wanted: %v", accounts, want)
		}
	})
}

// environmentOf returns the environment that s was made from.
func environmentOf(t *testing.T, s *stack) environment.Environment {
	t.Helper()
	for _, env := range environment.All() {
		if env.Name == s.Stage {
			return env
		}
	}
	t.Fatalf("no environment %s", s.Stage)
	return environment.Environment{}
}
