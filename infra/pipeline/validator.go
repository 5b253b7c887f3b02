package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate"
)

// ValidatorProps configures a Validator.
type ValidatorProps struct {
	FunctionProps
	Environment string    // dimension of its metrics; required
	Rejects     *Delivery // the stream it puts rejects into; required
	Lake        *Lake     // where payloads of rejects go that fit no record; required
	TypeFrom    []string  // where an event names its type; required
	Formats     bool      // whether "format" in a schema refuses values; default false
	Strict      bool      // whether an event whose type has no schema is rejected; default false
}

// Validator is the function that Firehose calls with each batch of records.
type Validator struct {
	Function awslambda.Function
}

// NewValidator adds a Validator under scope.
func NewValidator(scope constructs.Construct, id string, props ValidatorProps) *Validator {
	this := constructs.NewConstruct(scope, jsii.String(id))
	config := validate.Default()
	config.Environment = props.Environment
	config.RejectsStream = *props.Rejects.Stream.DeliveryStreamName()
	config.Bucket = *props.Lake.Bucket.BucketName()
	config.TypeFrom, config.Formats, config.Strict = props.TypeFrom, props.Formats, props.Strict
	function := NewFunction(this, "validate", props.FunctionProps, config.Variables())
	props.Rejects.Stream.Grant(function, jsii.String("firehose:PutRecordBatch"))
	// Not Bucket.GrantPut, which adds tagging, retention, aborts and the key: the
	// function writes whole objects under the bucket's own kind of encryption.
	function.AddToRolePolicy(Allow(
		[]string{"s3:PutObject"},
		props.Lake.Bucket.ArnForObjects(jsii.String(record.RejectedLargePrefix+"*")),
	))
	return &Validator{Function: function}
}
