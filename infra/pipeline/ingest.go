package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/ingest"
)

// IngestProps configures an Ingest.
type IngestProps struct {
	FunctionProps
	Environment string          // dimension of its metrics; required
	Events      *Delivery       // the stream it puts records into; required
	ClientIP    ingest.ClientIP // how much of a client's address is stored; required
}

// Ingest is the function that accepts a request and puts it into the events stream.
type Ingest struct {
	Function awslambda.Function
}

// NewIngest adds an Ingest under scope.
func NewIngest(scope constructs.Construct, id string, props IngestProps) *Ingest {
	this := constructs.NewConstruct(scope, jsii.String(id))
	config := ingest.Default()
	config.Environment = props.Environment
	config.Stream = *props.Events.Stream.DeliveryStreamName()
	config.ClientIP = props.ClientIP
	function := newFunction(this, "ingest", props.FunctionProps, config.Variables())
	props.Events.Stream.Grant(function, jsii.String("firehose:PutRecord"))
	return &Ingest{Function: function}
}
