package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

// Each right is a verb of the part that it is on. The CDK's own grants are wider: Bucket.GrantPut,
// for example, also allows tagging, retention and aborts.

// GrantPut allows putting single records.
func (d *Delivery) GrantPut(to awsiam.IGrantable) {
	grant(to, []string{"firehose:PutRecord"}, d.Stream.DeliveryStreamArn())
}

// GrantPutBatch allows putting many records in one call.
func (d *Delivery) GrantPutBatch(to awsiam.IGrantable) {
	grant(to, []string{"firehose:PutRecordBatch"}, d.Stream.DeliveryStreamArn())
}

// GrantWork allows working off the queue, but not sending to it.
func (b *Backlog) GrantWork(to awsiam.IGrantable) {
	work := []string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
	grant(to, work, b.Queue.QueueArn())
}

// GrantPut allows writing whole objects below prefixes.
func (l *Lake) GrantPut(to awsiam.IGrantable, prefixes ...string) {
	grant(to, []string{"s3:PutObject"}, l.below(prefixes)...)
}

// grantSpill allows leaving records in the lake of another region, from where that region brings
// them back. As at home they are not under the lake's key, so no right on a key is needed.
func grantSpill(to awsiam.IGrantable, next ingest.NextDoor) {
	grant(to, []string{"s3:PutObject"}, jsii.String("arn:aws:s3:::"+next.Bucket+"/"+record.SpillPrefix+"*"))
}

// GrantRead allows reading objects below prefixes. Objects under the lake's key need
// GrantDecrypt too.
func (l *Lake) GrantRead(to awsiam.IGrantable, prefixes ...string) {
	grant(to, []string{"s3:GetObject"}, l.below(prefixes)...)
}

// GrantDelete allows deleting objects below prefixes.
func (l *Lake) GrantDelete(to awsiam.IGrantable, prefixes ...string) {
	grant(to, []string{"s3:DeleteObject"}, l.below(prefixes)...)
}

// GrantList allows listing objects below prefixes, or all objects without a prefix. Without the
// right to list all, S3 answers "forbidden" for an object that does not exist.
func (l *Lake) GrantList(to awsiam.IGrantable, prefixes ...string) {
	list := allow([]string{"s3:ListBucket"}, l.Bucket.BucketArn())
	if len(prefixes) > 0 {
		list.AddCondition(jsii.String("StringLike"), map[string]any{"s3:prefix": everythingBelow(prefixes)})
	}
	attach(to, list)
}

// GrantEncrypt allows writing objects under the lake's key.
func (l *Lake) GrantEncrypt(to awsiam.IGrantable) { l.grantKey(to, "kms:GenerateDataKey") }

// GrantDecrypt allows reading objects under the lake's key.
func (l *Lake) GrantDecrypt(to awsiam.IGrantable) { l.grantKey(to, "kms:Decrypt") }

// GrantDelivery allows a Firehose stream to write below prefixes: AWS's documented policy for a
// destination in S3, narrowed to those prefixes. s3:GetObject is part of it. AWS does not
// say what Firehose reads, but every event passes through this role, and nobody but
// Firehose can assume it.
// https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3
func (l *Lake) GrantDelivery(to awsiam.IGrantable, prefixes ...string) {
	bucket := []string{"s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"}
	grant(to, bucket, l.Bucket.BucketArn())
	grant(to, []string{"s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"}, l.below(prefixes)...)
	l.grantKey(to, "kms:Decrypt", "kms:GenerateDataKey")
}

// grantKey allows using the lake's key for objects, and for nothing else.
func (l *Lake) grantKey(to awsiam.IGrantable, actions ...string) {
	use := allow(actions, l.Key.KeyArn())
	use.AddConditions(equals("kms:ViaService", jsii.String("s3."+*awscdk.Stack_Of(l.Bucket).Region()+".amazonaws.com")))
	attach(to, use)
}

func (l *Lake) below(prefixes []string) (arns []*string) {
	for _, pattern := range everythingBelow(prefixes) {
		arns = append(arns, l.Bucket.ArnForObjects(jsii.String(pattern)))
	}
	return arns
}

func everythingBelow(prefixes []string) (patterns []string) {
	for _, prefix := range prefixes {
		patterns = append(patterns, prefix+"*")
	}
	return patterns
}

// grantLines allows actions on a log group, such as writing lines.
func grantLines(to awsiam.IGrantable, group awslogs.LogGroup, actions ...string) {
	grant(to, actions, group.LogGroupArn())
}

func grant(to awsiam.IGrantable, actions []string, resources ...*string) {
	attach(to, allow(actions, resources...))
}

func attach(to awsiam.IGrantable, statement awsiam.PolicyStatement) {
	to.GrantPrincipal().AddToPrincipalPolicy(statement)
}

// allow returns the statement that allows actions on resources.
func allow(actions []string, resources ...*string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings(actions...),
		Resources: &resources,
	})
}

// allowService returns the statement of a resource's policy that allows an AWS service actions
// on it, for this account.
func allowService(
	scope constructs.IConstruct, service string, resource *string, actions ...string,
) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(service), nil)},
		Actions:    jsii.Strings(actions...),
		Resources:  &[]*string{resource},
		Conditions: ownAccount(scope),
	})
}

// ownAccount is the condition that AWS acts for the account of scope.
func ownAccount(scope constructs.IConstruct) *map[string]any {
	return equals("aws:SourceAccount", awscdk.Stack_Of(scope).Account())
}

func equals(key string, value *string) *map[string]any {
	return &map[string]any{"StringEquals": map[string]any{key: *value}}
}
