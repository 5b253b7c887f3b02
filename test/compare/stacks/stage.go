// Package stacks is the stage Compare: the product's wiring beside six others, one
// stack each, to be measured in an AWS account. `make compare-deploy` deploys it; no
// environment contains it, and the product does not know it.
package stacks

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/infra/pipeline"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate"
	"global-ingest/test/compare/functions"
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
	e.Query.Off = true // the events are sent to be measured, not to be read
	e.Account, e.Region = account, Region
	e.Throttle = environment.Throttle{RatePerSecond: 100, Burst: 200}
	e.LogRetention = 7
	e.Lifecycle = environment.Lifecycle{
		EventsExpireAfter: 7, RejectsExpireAfter: 7, FailedExpireAfter: 7, SourceExpireAfter: 7,
		NoncurrentExpireAfter: 1,
	}
	e.Alarms.Off = true
	e.DeletableStorage = true
	return e
}

// Dist holds the folders of the built functions, one folder with a bootstrap each.
type Dist struct {
	Product string // of the product's functions
	Chain   string // of the validation function of wirings 1 and 3
}

// comparison is what the wirings have in common.
type comparison struct {
	*pipeline.Stage
	env  environment.Environment
	dist Dist
}

// NewStage adds the stage: Storage and Pipeline, which are the product's wiring 5,
// Durable, and one stack for each other wiring.
func NewStage(scope constructs.Construct, account string, dist Dist) {
	env := Environment(account)
	c := comparison{Stage: pipeline.NewStage(scope, env, dist.Product), env: env, dist: dist}
	c.outputFunction(awscdk.Stack_Of(c.Ingest.Function), c.Ingest.Function)
	c.product("Immediate", "wiring 5, Immediate: answers before the record is stored", ingest.Immediate,
		awsapigateway.EndpointType_EDGE)
	c.product("Regional", "wiring 5 behind a regional API", ingest.Durable, awsapigateway.EndpointType_REGIONAL)
	c.direct()
	c.chained()
	c.edgeEmpty()
	c.edgeChained()
	c.edgeFirehose()
}

// stack adds the stack of one wiring.
func (c comparison) stack(id, description string) awscdk.Stack {
	return awscdk.NewStack(c.Scope, jsii.String(id),
		&awscdk.StackProps{Description: jsii.String("global-ingest, compared: " + description)})
}

func (c comparison) function(dist, name string, size environment.Function) pipeline.FunctionProps {
	logs := pipeline.LogsProps{Retention: c.env.LogRetention, Removal: awscdk.RemovalPolicy_DESTROY}
	return pipeline.FunctionProps{Environment: name, Dist: dist, Size: size, Logs: logs}
}

// outputFunction names the function whose duration CloudWatch is asked for.
func (comparison) outputFunction(stack awscdk.Stack, function awslambda.Function) {
	output(stack, "Function", "What a request waits for", function.FunctionName())
}

// behind is the integration that passes a request on to function.
func behind(function awslambda.IFunction) awsapigateway.Integration {
	return awsapigateway.NewLambdaIntegration(function, &awsapigateway.LambdaIntegrationOptions{
		AllowTestInvoke: jsii.Bool(false), Timeout: awscdk.Duration_Millis(jsii.Number(timeout)),
	})
}

// product adds the product's own ingest, another way.
func (c comparison) product(id, description string, acknowledge ingest.Acknowledgement,
	endpoint awsapigateway.EndpointType,
) {
	stack, terms := c.stack(id, description), ingest.Default().Terms
	terms.Acknowledge = acknowledge
	own := pipeline.NewIngest(stack, "Ingest", pipeline.IngestProps{
		FunctionProps: c.function(c.dist.Product, Name+id, c.env.Ingest), Terms: terms, Events: c.Events, Lake: c.Lake,
	})
	c.outputFunction(stack, own.Function)
	c.api(stack, endpoint, behind(own.Entry), nil)
}

// validation adds the function that the chains invoke, which validates one record and
// puts its lines on a stream.
func (c comparison) validation(stack awscdk.Stack) awslambda.Function {
	this := constructs.NewConstruct(stack, jsii.String("Validation"))
	name := Name + *stack.Node().Id()
	props := c.function(c.dist.Chain, name, environment.Function{MemoryMiB: 512, Timeout: time.Minute})
	lines := pipeline.NewDelivery(stack, "Lines", pipeline.DeliveryProps{
		Lake: c.Lake, Prefix: record.EventsPrefix, Buffers: c.env.Delivery, Logs: props.Logs,
		Removal: awscdk.RemovalPolicy_DESTROY,
	})
	config := validate.Default()
	config.Environment = name
	config.RejectsStream = *c.Rejects.Stream.DeliveryStreamName()
	config.Bucket = *c.Lake.Bucket.BucketName()
	variables := setting.Variables(config)
	variables[functions.LinesStream] = *lines.Stream.DeliveryStreamName()
	function := pipeline.NewFunction(this, "chain", props, variables)
	lines.GrantPut(function)
	c.Rejects.GrantPutBatch(function)
	c.Lake.GrantPut(function, record.RejectedLargePrefix)
	return function
}

// chained adds wiring 1: an API, a function in Python, the validation function.
func (c comparison) chained() {
	stack := c.stack("Chained", "wiring 1, edge API, Python, validation function")
	validation := c.validation(stack)
	injection := c.injection(stack, validation)
	c.outputFunction(stack, injection)
	c.api(stack, awsapigateway.EndpointType_EDGE, behind(injection), nil)
}

// injection adds the article's function in Python, of the size of the product's ingest, which invokes validation.
func (c comparison) injection(stack awscdk.Stack, validation awslambda.Function) awslambda.Function {
	this := constructs.NewConstruct(stack, jsii.String("Injection"))
	logs := c.logGroup(this, "Logs", nil)
	role := awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	role.AddToPolicy(allow([]string{"logs:CreateLogStream", "logs:PutLogEvents"}, logs.LogGroupArn()))
	role.AddToPolicy(allow([]string{"lambda:InvokeFunction"}, validation.FunctionArn()))
	return awslambda.NewFunction(this, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime:       awslambda.Runtime_PYTHON_3_13(),
		Architecture:  awslambda.Architecture_ARM_64(),
		Handler:       jsii.String("index.handler"),
		Code:          awslambda.Code_FromInline(jsii.String(functions.Injection())),
		MemorySize:    jsii.Number(c.env.Ingest.MemoryMiB),
		Timeout:       awscdk.Duration_Seconds(jsii.Number(c.env.Ingest.Timeout.Seconds())),
		Environment:   &map[string]*string{functions.ValidationFunction: validation.FunctionName()},
		Role:          role,
		LogGroup:      logs,
		LoggingFormat: awslambda.LoggingFormat_JSON,
	})
}
