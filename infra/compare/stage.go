// Package compare is the stage Compare: the product's wiring beside six that one could
// have chosen instead, one stack each, to be measured in an account of one's own. It is
// no part of any environment and deployed only when asked for.
package compare

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
	"global-ingest/lambdas/compare"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/validate"
)

// Name is the stage's.
const Name = "Compare"

// Region is where all of it lives: functions at the edge are deployed from here only,
// and the others would be compared over another distance elsewhere.
const Region = "us-east-1"

// Environment is what the product's own stacks of the stage are made from: Dev's
// removal, and nothing that watches.
func Environment(account string) environment.Environment {
	e := environment.Default(Name)
	e.Account, e.Region = account, Region
	e.Throttle = environment.Throttle{RatePerSecond: 100, Burst: 200}
	e.LogRetention = 7
	e.Lifecycle = environment.Lifecycle{EventsExpireAfter: 7, RejectsExpireAfter: 7, FailedExpireAfter: 7, SourceExpireAfter: 7, NoncurrentExpireAfter: 1}
	e.Alarms.Off = true
	e.DeletableStorage = true
	return e
}

// comparison is what the wirings have in common.
type comparison struct {
	*pipeline.Stage
	env  environment.Environment
	dist string
}

// NewStage adds the stage: Storage and Pipeline, which are the product's wiring 5,
// Durable, and one stack for each other one. dist is the folder of the built functions.
func NewStage(scope constructs.Construct, account, dist string) {
	env := Environment(account)
	c := comparison{Stage: pipeline.NewStage(scope, env, dist), env: env, dist: dist}
	c.outputFunction(awscdk.Stack_Of(c.Ingest.Function), c.Ingest.Function)
	c.product("Immediate", "wiring 5, Immediate: answers before the record is stored", ingest.Immediate, false)
	c.product("Regional", "wiring 5 behind a regional API", ingest.Durable, true)
	c.direct()
	c.chained()
	c.edgeEmpty()
	c.edgeChained()
	c.edgeFirehose()
}

// stack adds the stack of one wiring.
func (c comparison) stack(id, description string) awscdk.Stack {
	return pipeline.NewStack(c.Scope, id, awscdk.StackProps{Description: jsii.String("global-ingest, compared: " + description)})
}

func (c comparison) logs() pipeline.LogsProps {
	return pipeline.LogsProps{Retention: c.env.LogRetention, Removal: awscdk.RemovalPolicy_DESTROY}
}

func (c comparison) function(size environment.Function) pipeline.FunctionProps {
	return pipeline.FunctionProps{Dist: c.dist, Size: size, Logs: c.logs()}
}

// outputFunction names function to whoever measures.
func (comparison) outputFunction(stack awscdk.Stack, function awslambda.Function) {
	pipeline.Output(stack, "Function", "What a request waits for", function.FunctionName())
}

// api adds the product's edge in front of a function, or of what post adds.
func (c comparison) api(
	stack awscdk.Stack, id string, function awslambda.IFunction, regional bool, post func(awsapigateway.IResource, string),
) {
	edge := pipeline.NewEdge(stack, "Edge", pipeline.EdgeProps{
		Name: "global-ingest-" + Name + "-" + id, Ingest: &pipeline.Ingest{Entry: function},
		Throttle: c.env.Throttle, Logs: c.logs(), Regional: regional, Post: post,
	})
	pipeline.Output(stack, "Endpoint", "Where to POST events", edge.URL)
}

// product adds the product's own ingest, another way.
func (c comparison) product(id, description string, acknowledge ingest.Acknowledgement, regional bool) {
	stack := c.stack(id, description)
	own := pipeline.NewIngest(stack, "Ingest", pipeline.IngestProps{
		FunctionProps: c.function(c.env.Ingest), Environment: Name + id, Events: c.Events, Lake: c.Lake,
		ClientIP: c.env.ClientIP, Acknowledge: acknowledge, WhenUnstored: c.env.WhenUnstored,
	})
	c.outputFunction(stack, own.Function)
	c.api(stack, id, own.Entry, regional, nil)
}

// validation adds the function that the chains invoke, which validates one record and
// puts its lines on a stream.
func (c comparison) validation(stack awscdk.Stack) awslambda.Function {
	this := constructs.NewConstruct(stack, jsii.String("Validation"))
	lines := pipeline.NewDelivery(stack, "Lines", pipeline.DeliveryProps{
		Lake: c.Lake, Prefix: "events/", Buffers: c.env.Delivery, Logs: c.logs(), Removal: awscdk.RemovalPolicy_DESTROY,
	})
	config := validate.Default()
	config.Environment = Name + *stack.Node().Id()
	config.RejectsStream = *c.Rejects.Stream.DeliveryStreamName()
	config.Bucket = *c.Lake.Bucket.BucketName()
	variables := config.Variables()
	variables[compare.LinesStream] = *lines.Stream.DeliveryStreamName()
	function := pipeline.NewFunction(this, "chain", c.function(environment.Function{MemoryMiB: 512, Timeout: time.Minute}), variables)
	lines.Stream.Grant(function, jsii.String("firehose:PutRecord"))
	c.Rejects.Stream.Grant(function, jsii.String("firehose:PutRecordBatch"))
	function.AddToRolePolicy(pipeline.Allow([]string{"s3:PutObject"}, c.Lake.Bucket.ArnForObjects(jsii.String("rejected-large/*"))))
	return function
}

// chained adds wiring 1: an API, a function in Python, the validation function.
func (c comparison) chained() {
	stack := c.stack("Chained", "wiring 1, edge API, Python, validation function")
	validation := c.validation(stack)
	props := c.function(c.env.Ingest)
	props.Python = compare.Injection()
	injection := pipeline.NewFunction(constructs.NewConstruct(stack, jsii.String("Injection")), "", props,
		map[string]string{compare.ValidationFunction: *validation.FunctionName()})
	injection.AddToRolePolicy(pipeline.Allow([]string{"lambda:InvokeFunction"}, validation.FunctionArn()))
	c.outputFunction(stack, injection)
	c.api(stack, "Chained", injection, false, nil)
}
