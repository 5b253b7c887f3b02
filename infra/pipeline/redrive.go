package pipeline

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
)

const (
	// redriveBatch is how many messages one invocation gets, each an object: as many as
	// one PutRecordBatch takes records. S3's message of an object takes about 1 KB, so 500
	// are far below the 6 MB of an invocation.
	redriveBatch = 500
	// redriveWindow is how long Lambda collects messages, in seconds. Batches of more than
	// ten need one.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
	redriveWindow = 1
)

// RedriveProps configures a Redrive.
type RedriveProps struct {
	FunctionProps
	Environment string      // dimension of its metrics; required
	Events      []*Delivery // the streams that get the records again; at least one
	Rejects     *Delivery   // the stream that gets what no record can carry; required
	Lake        *Lake       // where the records are read; required
	Spill       *Spill      // the queue that names them; required
	Concurrency int         // invocations at once; required
}

// Redrive is the function that brings spilled and replayed records back into the
// events stream.
type Redrive struct {
	Function awslambda.Function
}

// NewRedrive adds a Redrive under scope.
func NewRedrive(scope constructs.Construct, id string, props RedriveProps) *Redrive {
	this := constructs.NewConstruct(scope, jsii.String(id))
	config := redrive.Default()
	config.Environment = props.Environment
	config.Streams = names(props.Events)
	config.Rejects = *props.Rejects.Stream.DeliveryStreamName()
	config.Bucket = *props.Lake.Bucket.BucketName()
	function := NewFunction(this, "redrive", props.FunctionProps, config.Variables())
	for _, statement := range redriveRights(this, props) {
		function.AddToRolePolicy(statement)
	}
	function.AddEventSourceMapping(jsii.String("Mapping"), &awslambda.EventSourceMappingOptions{
		EventSourceArn:          props.Spill.Queue.QueueArn(),
		BatchSize:               jsii.Number(redriveBatch),
		MaxBatchingWindow:       awscdk.Duration_Seconds(jsii.Number(redriveWindow)),
		MaxConcurrency:          jsii.Number(props.Concurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	})
	return &Redrive{Function: function}
}

// redriveRights let it work off the queue, read what the queue may name, delete
// what was spilled, and put records.
func redriveRights(this constructs.Construct, props RedriveProps) []awsiam.PolicyStatement {
	bucket := props.Lake.Bucket
	below := func(prefixes ...string) (arns []*string) {
		for _, prefix := range prefixes {
			arns = append(arns, bucket.ArnForObjects(jsii.String(prefix+"*")))
		}
		return arns
	}
	var streams []*string
	for _, d := range append(slices.Clone(props.Events), props.Rejects) {
		streams = append(streams, d.Stream.DeliveryStreamArn())
	}
	return []awsiam.PolicyStatement{
		allow([]string{"firehose:PutRecordBatch"}, streams...),
		allow(
			[]string{"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"},
			props.Spill.Queue.QueueArn(),
		),
		allow([]string{"s3:GetObject"}, below(record.SpillPrefix, record.FailedPrefix, record.RejectedPrefix, record.RejectedLargePrefix)...),
		allow([]string{"s3:DeleteObject"}, below(record.SpillPrefix)...),
		allow([]string{"s3:PutObject"}, below(record.RejectedLargePrefix)...),
		// Without it S3 says "forbidden" of an object that does not exist any more.
		allow([]string{"s3:ListBucket"}, bucket.BucketArn()),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:    jsii.Strings("kms:Decrypt"),
			Resources:  &[]*string{props.Lake.Key.KeyArn()},
			Conditions: throughS3(awscdk.Stack_Of(this)),
		}),
	}
}
