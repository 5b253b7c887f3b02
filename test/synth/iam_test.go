package synth

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// roles are all rights, by role.
var roles = map[string][]string{
	"IngestRole": {
		"assumed by Service=lambda.amazonaws.com",
		"allow logs:CreateLogStream logs:PutLogEvents on IngestLogs.Arn",
		"allow firehose:PutRecord on EventsStream.Arn",
		"allow s3:PutObject on LakeBucket.Arn/spill/*",
	},
	"ValidatorRole": {
		"assumed by Service=lambda.amazonaws.com",
		"allow logs:CreateLogStream logs:PutLogEvents on ValidatorLogs.Arn",
		"allow firehose:PutRecordBatch on RejectsStream.Arn",
		"allow s3:PutObject on LakeBucket.Arn/events/* LakeBucket.Arn/rejected-large/* LakeBucket.Arn/spill/*",
		"allow kms:GenerateDataKey on LakeKey.Arn if StringEquals=kms:ViaService=s3.us-east-1.amazonaws.com",
	},
	"RedriveRole": {
		"assumed by Service=lambda.amazonaws.com",
		"allow logs:CreateLogStream logs:PutLogEvents on RedriveLogs.Arn",
		"allow firehose:PutRecordBatch on EventsStream.Arn RejectsStream.Arn",
		"allow sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:ReceiveMessage on SpillQueue.Arn",
		"allow s3:GetObject on LakeBucket.Arn/failed/* LakeBucket.Arn/rejected-large/* LakeBucket.Arn/rejected/* LakeBucket.Arn/spill/*",
		"allow s3:DeleteObject on LakeBucket.Arn/spill/*",
		"allow s3:PutObject on LakeBucket.Arn/rejected-large/*",
		"allow s3:ListBucket on LakeBucket.Arn",
		"allow kms:Decrypt on LakeKey.Arn if StringEquals=kms:ViaService=s3.us-east-1.amazonaws.com",
	},
	"ReleaseRole": {
		"assumed by Service=codedeploy.amazonaws.com if StringEquals=aws:SourceAccount=111111111111",
		"allow lambda:GetAlias lambda:GetProvisionedConcurrencyConfig lambda:UpdateAlias on IngestFunction.Arn IngestFunction.Arn:live",
		"allow cloudwatch:DescribeAlarms on *",
	},
	"EventsRole": {
		"assumed by Service=firehose.amazonaws.com if StringEquals=aws:SourceAccount=111111111111",
		"allow s3:GetBucketLocation s3:ListBucket s3:ListBucketMultipartUploads on LakeBucket.Arn",
		"allow s3:AbortMultipartUpload s3:GetObject s3:PutObject on LakeBucket.Arn/events/* LakeBucket.Arn/failed/*",
		"allow kms:Decrypt kms:GenerateDataKey on LakeKey.Arn if StringEquals=kms:ViaService=s3.us-east-1.amazonaws.com",
		"allow logs:PutLogEvents on EventsLogs.Arn",
		"allow lambda:GetFunctionConfiguration lambda:InvokeFunction on ValidatorFunction.Arn ValidatorFunction.Arn:$LATEST",
	},
	"RejectsRole": {
		"assumed by Service=firehose.amazonaws.com if StringEquals=aws:SourceAccount=111111111111",
		"allow s3:GetBucketLocation s3:ListBucket s3:ListBucketMultipartUploads on LakeBucket.Arn",
		"allow s3:AbortMultipartUpload s3:GetObject s3:PutObject on LakeBucket.Arn/failed/* LakeBucket.Arn/rejected/*",
		"allow kms:Decrypt kms:GenerateDataKey on LakeKey.Arn if StringEquals=kms:ViaService=s3.us-east-1.amazonaws.com",
		"allow logs:PutLogEvents on RejectsLogs.Arn",
	},
}

// canaryRole is that of the canary, where there is one.
var canaryRole = []string{
	"assumed by Service=lambda.amazonaws.com",
	"allow logs:CreateLogStream logs:PutLogEvents on CanaryLogs.Arn",
	"allow s3:GetObject on LakeBucket.Arn/events/* LakeBucket.Arn/rejected/*",
	"allow s3:ListBucket on LakeBucket.Arn if StringLike=s3:prefix=events/* rejected/*",
	"allow kms:Decrypt on LakeKey.Arn if StringEquals=kms:ViaService=s3.us-east-1.amazonaws.com",
}

// tracingStatement is the one statement about all resources: X-Ray's actions know no others.
const tracingStatement = "allow xray:PutTelemetryRecords xray:PutTraceSegments on *"

// apiLogRole is the role that an environment may set for the account's API Gateway.
var apiLogRole = []string{
	"assumed by Service=apigateway.amazonaws.com",
	"managed arn:AWS::Partition:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
}

func TestRolesMayDoExactlyThis(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		want := maps.Clone(roles)
		env := siteOf(t, s)
		if env.Worldwide() {
			want["IngestRole"] = append(slices.DeleteFunc(slices.Clone(want["IngestRole"]), func(statement string) bool {
				return strings.HasPrefix(statement, "allow s3:")
			}), "allow s3:PutObject on LakeBucket.Arn/health/* LakeBucket.Arn/spill/* "+
				"arn:aws:s3:::LakeBucket@"+env.NextDoor()+"/spill/*")
		}
		if env.Canary.Every > 0 {
			want["CanaryRole"] = canaryRole
		}
		if env.Tracing {
			for role, statements := range want {
				if slices.Contains(statements, canaryRole[0]) { // a function's
					want[role] = append(slices.Clone(statements), tracingStatement)
				}
			}
		}
		if env.OwnAPILogRole {
			want["EdgeApiCloudWatchRole"] = apiLogRole
		}
		for role, statements := range want {
			for i, statement := range statements {
				statements = slices.Clone(statements)
				statements[i] = strings.ReplaceAll(statement, "s3.us-east-1.", "s3."+env.Region+".")
				want[role] = statements
			}
		}
		if diff := cmp.Diff(sorted(want), sorted(s.roles())); diff != "" {
			t.Errorf("(-may +does)\n%s", diff)
		}
	})
}

// TestOnlyFirehoseAndTheValidatorWriteEvents: lines that fit no answer the Validator
// stores itself, under the lake's key, which it may use through S3 and not to read.
func TestOnlyFirehoseAndTheValidatorWriteEvents(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		found := map[string]bool{}
		for role, statements := range s.roles() {
			for _, statement := range statements {
				if strings.Contains(statement, "s3:PutObject") &&
					strings.Contains(statement, "LakeBucket.Arn/events/*") {
					found[role] = true
				}
				if role == "ValidatorRole" &&
					(strings.Contains(statement, ":Get") || strings.Contains(statement, "Decrypt")) {
					t.Errorf("the Validator may read: %s", statement)
				}
			}
		}
		if diff := cmp.Diff(map[string]bool{"EventsRole": true, "ValidatorRole": true}, found); diff != "" {
			t.Errorf("who may write events/ (-want +does)\n%s", diff)
		}
	})
}

func TestStorageHasNoRoles(t *testing.T) {
	each(t, "Storage", func(t *testing.T, s *stack) {
		for role, statements := range s.roles() {
			t.Errorf("%s: %v", role, statements)
		}
	})
}

// roles returns what each role of s may do and who may assume it.
func (s *stack) roles() map[string][]string {
	found := map[string][]string{}
	add := func(role string, lines ...string) { found[role] = append(found[role], lines...) }
	for _, r := range s.resources("AWS::IAM::Role") {
		for _, statement := range s.statements(r.Properties["AssumeRolePolicyDocument"]) {
			add(name(r.ID), strings.Replace(statement, "allow sts:AssumeRole by", "assumed by", 1))
		}
		managed, _ := r.Properties["ManagedPolicyArns"].([]any)
		for _, arn := range managed {
			add(name(r.ID), "managed "+s.text(arn))
		}
	}
	for role, documents := range s.documents() {
		for _, document := range documents {
			add(role, s.statements(document)...)
		}
	}
	return found
}

// documents returns the policies of each role of s, inline or attached.
func (s *stack) documents() map[string][]any {
	found := map[string][]any{}
	for _, r := range s.resources("AWS::IAM::Role") {
		inline, _ := r.Properties["Policies"].([]any)
		for _, policy := range inline {
			found[name(r.ID)] = append(found[name(r.ID)], at(policy, "PolicyDocument"))
		}
	}
	for _, r := range s.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy") {
		for _, role := range strings.Fields(s.text(r.Properties["Roles"]) + " " + s.text(r.Properties["RoleName"])) {
			if role != "<nil>" {
				found[role] = append(found[role], r.Properties["PolicyDocument"])
			}
		}
	}
	return found
}

// statements writes each statement of a policy document as one line.
func (s *stack) statements(document any) []string {
	var out []string
	statements, _ := at(document, "Statement").([]any)
	for _, statement := range statements {
		out = append(out, s.statement(statement.(map[string]any)))
	}
	return out
}

func (s *stack) statement(statement map[string]any) string {
	line := strings.ToLower(statement["Effect"].(string)) + " " + s.text(statement["Action"])
	for _, part := range []struct{ key, word string }{
		{"NotAction", "all but"},
		{"Principal", "by"},
		{"NotPrincipal", "by all but"},
		{"Resource", "on"},
		{"NotResource", "on all but"},
		{"Condition", "if"},
	} {
		if value, ok := statement[part.key]; ok {
			line += " " + part.word + " " + s.text(value)
		}
	}
	return line
}

func sorted(m map[string][]string) map[string][]string {
	out := map[string][]string{}
	for key, values := range m {
		out[key] = slices.Sorted(slices.Values(values))
	}
	return out
}
