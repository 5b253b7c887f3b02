package pipeline

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
	"global-ingest/lambdas/runtime/setting"
)

const (
	// redriveBatch is how many messages, each an object, one invocation gets: as many as one
	// PutRecordBatch takes records. A message from S3 has about 1 KB, so 500 are far below the
	// 6 MB of an invocation.
	redriveBatch = record.MaxBatch
	// redriveWindow is how long Lambda collects messages, in seconds. Batches of more than ten
	// need a window.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html
	redriveWindow = 1
)

// RedriveProps configures a Redrive.
type RedriveProps struct {
	FunctionProps
	MaxReplays  int         // how often one event may be replayed
	Events      []*Delivery // the streams that get the records again
	Rejects     *Delivery   // the stream that gets what no record can carry
	Lake        *Lake       // where the records are read
	Backlog     *Backlog    // the queue that names them
	Concurrency int         // invocations at once
}

// Redrive is the function that brings spilled and replayed records back into the events
// streams.
type Redrive struct {
	Function awslambda.Function
}

// NewRedrive adds a Redrive under scope.
func NewRedrive(scope constructs.Construct, id string, props RedriveProps) *Redrive {
	this := newConstruct(scope, id, props)
	config := redrive.Default()
	config.Environment, config.MaxReplays = props.Environment, props.MaxReplays
	config.Streams = names(props.Events)
	config.Rejects = *props.Rejects.Stream.DeliveryStreamName()
	config.Bucket = *props.Lake.Bucket.BucketName()
	function := NewFunction(this, "redrive", props.FunctionProps, setting.Variables(config))
	for _, stream := range append(slices.Clone(props.Events), props.Rejects) {
		stream.GrantPutBatch(function)
	}
	props.Backlog.GrantWork(function)
	props.Lake.GrantRead(function,
		record.SpillPrefix, record.FailedPrefix, record.RejectedPrefix, record.RejectedLargePrefix)
	props.Lake.GrantDelete(function, record.SpillPrefix)
	props.Lake.GrantPut(function, record.RejectedLargePrefix)
	props.Lake.GrantList(function) // to recognise an object that does not exist any more
	props.Lake.GrantDecrypt(function)
	function.AddEventSourceMapping(jsii.String("Mapping"), &awslambda.EventSourceMappingOptions{
		EventSourceArn:          props.Backlog.Queue.QueueArn(),
		BatchSize:               jsii.Number(redriveBatch),
		MaxBatchingWindow:       awscdk.Duration_Seconds(jsii.Number(redriveWindow)),
		MaxConcurrency:          jsii.Number(props.Concurrency),
		ReportBatchItemFailures: jsii.Bool(true),
	})
	return &Redrive{Function: function}
}
