package synth

import (
	"fmt"
	"slices"
	"strings"
)

const (
	bucket = "AWS::S3::Bucket"
	policy = "AWS::S3::BucketPolicy"
	key    = "AWS::KMS::Key"
	queue  = "AWS::SQS::Queue"
	stream = "AWS::KinesisFirehose::DeliveryStream"

	// public is a policy that lets everybody do everything.
	public = `{"PolicyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Principal":{"AWS":"*"},"Resource":"*"}]}}`
)

var storeControls = []control{
	{
		"AwsSolutions-S1", "buckets have access logs",
		every(bucket, must("LoggingConfiguration")), add(bucket, `{}`),
	},
	{
		"AwsSolutions-S2", "buckets block public access",
		every(bucket, blocksPublicAccess), set(bucket, "PublicAccessBlockConfiguration", nil),
	},
	{
		"AwsSolutions-S10", "buckets refuse requests without TLS",
		every(bucket, refusesOldTLS), remove(policy),
	},
	{
		"AwsSolutions-S5", "buckets are no websites",
		every(bucket, isNoWebsite), set(bucket, "WebsiteConfiguration", map[string]any{}),
	},
	{
		"S3.2", "buckets cannot be read by everybody",
		every(bucket, isNoWebsite), set(bucket, "WebsiteConfiguration", map[string]any{"IndexDocument": "index.html"}),
	},
	{
		"S3.3", "buckets cannot be written by everybody",
		every(policy, isPrivate), add(policy, public),
	},
	{
		"S3.5", "buckets refuse requests without TLS, here 1.2",
		every(bucket, refusesOldTLS),
		set(policy, "PolicyDocument.Statement.1.Condition.NumericLessThan.s3:TlsVersion", 1.0),
	},
	{
		"S3.6", "policies of buckets let no other account in",
		every(policy, staysInTheAccount),
		add(policy, `{"PolicyDocument":{"Statement":[{"Effect":"Allow","Action":"s3:PutObjectAcl","Resource":"*",
			"Principal":{"AWS":"arn:aws:iam::999999999999:root"}}]}}`),
	},
	{
		"S3.7", "buckets are replicated to another region",
		every(bucket, must("ReplicationConfiguration")), add(bucket, `{}`),
	},
	{
		"S3.8", "buckets block public access",
		every(bucket, blocksPublicAccess), set(bucket, "PublicAccessBlockConfiguration.RestrictPublicBuckets", false),
	},
	{
		"S3.9", "buckets have access logs",
		every(bucket, must("LoggingConfiguration")), add(bucket, `{}`),
	},
	{
		"S3.10", "versioned buckets have lifecycle rules",
		every(bucket, must("LifecycleConfiguration", "Rules")), set(bucket, "LifecycleConfiguration", nil),
	},
	{
		"S3.11", "buckets announce events",
		every(bucket, must("NotificationConfiguration")), set(bucket, "NotificationConfiguration", nil),
	},
	{
		"S3.12", "buckets are not shared by ACLs",
		every(bucket, hasNoACLs), set(bucket, "OwnershipControls", nil),
	},
	{
		"S3.13", "buckets have lifecycle rules",
		every(bucket, must("LifecycleConfiguration", "Rules")), set(bucket, "LifecycleConfiguration", nil),
	},
	{
		"S3.14", "buckets are versioned",
		every(bucket, is("Enabled", "VersioningConfiguration", "Status")),
		set(bucket, "VersioningConfiguration.Status", "Suspended"),
	},
	{
		"S3.15", "buckets have an object lock",
		every(bucket, must("ObjectLockEnabled")), add(bucket, `{}`),
	},
	{
		"S3.17", "buckets are encrypted by a KMS key, here the lake's own",
		every(bucket, is("BucketKeyEnabled=true ServerSideEncryptionByDefault=KMSMasterKeyID=LakeKey.Arn "+
			"SSEAlgorithm=aws:kms", "BucketEncryption", "ServerSideEncryptionConfiguration")),
		set(bucket, "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.SSEAlgorithm",
			"AES256"),
	},
	{
		"AwsSolutions-KMS5", "keys are rotated",
		every(key, must("EnableKeyRotation")), set(key, "EnableKeyRotation", nil),
	},
	{
		"KMS.4", "keys are rotated",
		every(key, must("EnableKeyRotation")), set(key, "EnableKeyRotation", false),
	},
	{
		"KMS.5", "keys are not public",
		every(key, isPrivate), set(key, "KeyPolicy.Statement.0.Principal", "*"),
	},
	{
		"AwsSolutions-KDF1", "streams are encrypted",
		every(stream, must("DeliveryStreamEncryptionConfigurationInput", "KeyType")),
		set(stream, "DeliveryStreamEncryptionConfigurationInput", nil),
	},
	{
		"DataFirehose.1", "streams are encrypted",
		every(stream, must("DeliveryStreamEncryptionConfigurationInput", "KeyType")),
		set(stream, "DeliveryStreamEncryptionConfigurationInput", nil),
	},
	{
		"AwsSolutions-SQS2", "queues are encrypted",
		every(queue, isEncryptedQueue), set(queue, "SqsManagedSseEnabled", false),
	},
	{
		"AwsSolutions-SQS3", "queues have dead letters",
		every(queue, hasDeadLetters), set(queue, "RedrivePolicy", nil),
	},
	{
		"AwsSolutions-SQS4", "queues refuse requests without TLS",
		every(queue, refusesPlainHTTP("AWS::SQS::QueuePolicy", "Queues", "sqs:*")), remove("AWS::SQS::QueuePolicy"),
	},
	{
		"SQS.1", "queues are encrypted",
		every(queue, isEncryptedQueue), set(queue, "SqsManagedSseEnabled", nil),
	},
	{
		"SQS.3", "queues are not public",
		every("AWS::SQS::QueuePolicy", isPrivate), add("AWS::SQS::QueuePolicy", public),
	},
	{
		"CloudFormation.3", "stacks are protected from being deleted",
		isProtected, func(s *stack) { s.Protected = false },
	},
}

func blocksPublicAccess(s *stack, r resource) string {
	const want = "BlockPublicAcls=true BlockPublicPolicy=true IgnorePublicAcls=true RestrictPublicBuckets=true"
	return is(want, "PublicAccessBlockConfiguration")(s, r)
}

func isNoWebsite(_ *stack, r resource) string {
	for _, property := range []string{"AccessControl", "WebsiteConfiguration", "CorsConfiguration"} {
		if r.Properties[property] != nil {
			return "has " + property
		}
	}
	return ""
}

func hasNoACLs(s *stack, r resource) string {
	if r.Properties["AccessControl"] != nil {
		return "has an ACL"
	}
	return is("ObjectOwnership=BucketOwnerEnforced", "OwnershipControls", "Rules")(s, r)
}

// refusesOldTLS wants both denials: of plain HTTP and of what came before TLS 1.2.
func refusesOldTLS(s *stack, r resource) string {
	lines := s.policyOf(r, policy, "Bucket")
	for _, condition := range []string{"Bool=aws:SecureTransport=false", "NumericLessThan=s3:TlsVersion=1.2"} {
		want := fmt.Sprintf("deny s3:* by AWS=* on %[1]s.Arn %[1]s.Arn/* if %[2]s", name(r.ID), condition)
		if !slices.Contains(lines, want) {
			return fmt.Sprintf("lacks the statement %q", want)
		}
	}
	return ""
}

// refusesPlainHTTP wants the resource's policy, of kind, to deny action without TLS.
func refusesPlainHTTP(kind, names, action string) func(*stack, resource) string {
	return func(s *stack, r resource) string {
		for _, line := range s.policyOf(r, kind, names) {
			if strings.HasPrefix(line, "deny "+action+" by ") &&
				strings.HasSuffix(line, " if Bool=aws:SecureTransport=false") {
				return ""
			}
		}
		return "takes requests without TLS"
	}
}

// policyOf returns the statements of the policies of kind whose property names r.
func (s *stack) policyOf(r resource, kind, property string) (lines []string) {
	for _, p := range s.resources(kind) {
		if s.text(p.Properties[property]) == name(r.ID) {
			lines = append(lines, s.statements(p.Properties["PolicyDocument"])...)
		}
	}
	return lines
}

// isPrivate refuses what a resource's own policy allows to everybody.
func isPrivate(s *stack, r resource) string {
	for _, property := range []string{
		"PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument", "Policy", "ResourcePolicy",
	} {
		for _, line := range s.statements(r.Properties[property]) {
			if strings.HasPrefix(line, "allow") &&
				(strings.Contains(line, " by *") || strings.Contains(line, "=*") || strings.Contains(line, "all but")) {
				return "allows everybody: " + line
			}
		}
	}
	return ""
}

func staysInTheAccount(s *stack, r resource) string {
	for _, line := range s.statements(r.Properties["PolicyDocument"]) {
		if strings.HasPrefix(line, "allow") && strings.Contains(line, " by AWS=") &&
			!strings.Contains(line, ":"+account+":") {
			return "lets another account in: " + line
		}
	}
	return ""
}

func isEncryptedQueue(_ *stack, r resource) string {
	if r.Properties["SqsManagedSseEnabled"] == true || r.Properties["KmsMasterKeyId"] != nil {
		return ""
	}
	return "is not encrypted"
}

// hasDeadLetters passes queues that are another's dead letters.
func hasDeadLetters(s *stack, r resource) string {
	if r.Properties["RedrivePolicy"] != nil {
		return ""
	}
	for _, other := range s.resources(queue) {
		if s.text(at(other.Properties["RedrivePolicy"], "deadLetterTargetArn")) == name(r.ID)+".Arn" {
			return ""
		}
	}
	return "has no dead letters"
}

func isProtected(s *stack) []finding {
	if s.Protected {
		return nil
	}
	return []finding{{s.Name, "is not protected"}}
}
