package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate"
)

// ValidatorProps configures a Validator.
type ValidatorProps struct {
	FunctionProps
	Rules   validate.Rules // what it refuses
	Rejects *Delivery      // the stream it puts rejects into
	Lake    *Lake          // where it stores what fits no answer or reject, and what it has no time for
}

// Validator is the function that Firehose calls with each batch of records.
type Validator struct {
	Function awslambda.Function
}

// NewValidator adds a Validator under scope.
func NewValidator(scope constructs.Construct, id string, props ValidatorProps) *Validator {
	this := newConstruct(scope, id, props)
	config := validate.Default()
	config.Environment, config.Rules = props.Environment, props.Rules
	config.RejectsStream = *props.Rejects.Stream.DeliveryStreamName()
	config.Bucket = *props.Lake.Bucket.BucketName()
	function := NewFunction(this, "validate", props.FunctionProps, setting.Variables(config))
	props.Rejects.GrantPutBatch(function)
	props.Lake.GrantPut(function, record.EventsPrefix, record.RejectedLargePrefix, record.SpillPrefix)
	props.Lake.GrantEncrypt(function) // of lines only, as Firehose's are
	return &Validator{Function: function}
}
