package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

// IngestProps configures an Ingest.
type IngestProps struct {
	FunctionProps
	Environment  string                 // dimension of its metrics; required
	Events       []*Delivery            // the streams it puts records into; at least one
	Lake         *Lake                  // where it leaves what the stream does not take; required
	ClientIP     ingest.ClientIP        // how much of a client's address is stored; required
	Acknowledge  ingest.Acknowledgement // when a client hears of its event; required
	WhenUnstored ingest.WhenUnstored    // what a client hears when nothing took its record; required
	Origins      []string               // whose pages may read answers, as environment.Environment has it; default every page
	Provisioned  int                    // environments that are kept started; default none
}

// memoryOfOneProcessor is the memory, in MiB, that buys the time of one processor. Below
// it Go still sees two, and pays for moving a request, of which there is one at a time,
// from one to the other.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
const memoryOfOneProcessor = 1_769

// Ingest is the function that accepts a request and puts it into the events stream,
// or into the lake when the stream does not take it.
type Ingest struct {
	Function awslambda.Function
	Entry    awslambda.IFunction // what requests go to: the function, or the alias of its version that is kept started
}

// NewIngest adds an Ingest under scope.
func NewIngest(scope constructs.Construct, id string, props IngestProps) *Ingest {
	this := constructs.NewConstruct(scope, jsii.String(id))
	config := ingest.Default()
	config.Environment = props.Environment
	config.Streams = names(props.Events)
	config.Bucket = *props.Lake.Bucket.BucketName()
	config.Origins = props.Origins
	config.ClientIP = props.ClientIP
	config.Acknowledge = props.Acknowledge
	config.WhenUnstored = props.WhenUnstored
	variables := config.Variables()
	if props.Size.MemoryMiB <= memoryOfOneProcessor {
		variables["GOMAXPROCS"] = "1"
	}
	function := NewFunction(this, "ingest", props.FunctionProps, variables)
	for _, events := range props.Events {
		events.Stream.Grant(function, jsii.String("firehose:PutRecord"))
	}
	// Not Bucket.GrantPut, see NewValidator: here too the key must not matter.
	function.AddToRolePolicy(Allow(
		[]string{"s3:PutObject"},
		props.Lake.Bucket.ArnForObjects(jsii.String(record.SpillPrefix+"*")),
	))
	return &Ingest{Function: function, Entry: entry(this, function, props.Provisioned)}
}

// entry is the function itself unless environments of it are kept started, which AWS
// does for one version only.
func entry(this constructs.Construct, function awslambda.Function, provisioned int) awslambda.IFunction {
	if provisioned == 0 {
		return function
	}
	return awslambda.NewAlias(this, jsii.String("Live"), &awslambda.AliasProps{
		AliasName: jsii.String("live"), Version: function.CurrentVersion(), ProvisionedConcurrentExecutions: jsii.Number(provisioned),
	})
}
