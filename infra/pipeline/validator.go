package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate"
)

// ValidatorProps configures a Validator.
type ValidatorProps struct {
	FunctionProps
	Config  validate.Config // its settings; RejectsStream and Bucket come from Rejects and Lake; required
	Rejects *Delivery       // the stream it puts rejects into; required
	Lake    *Lake           // where it stores what fits no answer or reject, or it has no time for; required
}

// Validator is the function that Firehose calls with each batch of records.
type Validator struct {
	Function awslambda.Function
}

// NewValidator adds a Validator under scope.
func NewValidator(scope constructs.Construct, id string, props ValidatorProps) *Validator {
	this := constructs.NewConstruct(scope, jsii.String(id))
	config := props.Config
	config.RejectsStream = *props.Rejects.Stream.DeliveryStreamName()
	config.Bucket = *props.Lake.Bucket.BucketName()
	function := NewFunction(this, "validate", props.FunctionProps, config.Variables())
	props.Rejects.Stream.Grant(function, jsii.String("firehose:PutRecordBatch"))
	for _, statement := range validatorRights(this, props.Lake) {
		function.AddToRolePolicy(statement)
	}
	return &Validator{Function: function}
}

// validatorRights let it write whole objects. Bucket.GrantPut would add tagging,
// retention and aborts. Only lines are under the lake's key, as Firehose's are.
func validatorRights(this constructs.Construct, lake *Lake) []awsiam.PolicyStatement {
	var objects []*string
	for _, prefix := range []string{record.EventsPrefix, record.RejectedLargePrefix, record.SpillPrefix} {
		objects = append(objects, lake.Bucket.ArnForObjects(jsii.String(prefix+"*")))
	}
	return []awsiam.PolicyStatement{
		allow([]string{"s3:PutObject"}, objects...),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:    jsii.Strings("kms:GenerateDataKey"),
			Resources:  &[]*string{lake.Key.KeyArn()},
			Conditions: throughS3(awscdk.Stack_Of(this)),
		}),
	}
}
