package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// timeout is how long an API waits for what is behind it: as long as the product's waits.
const timeout = 3_500 // ms

// api adds a REST API whose POST /events is integration, and the output Endpoint. Its
// throttle and logs are the product's, so that only the way of a request differs.
func (c comparison) api(
	stack awscdk.Stack, endpoint awsapigateway.EndpointType, integration awsapigateway.Integration,
	options *awsapigateway.MethodOptions,
) {
	this := constructs.NewConstruct(stack, jsii.String("Edge"))
	api := awsapigateway.NewRestApi(this, jsii.String("Api"), &awsapigateway.RestApiProps{
		RestApiName:           jsii.String("global-ingest-" + Name + "-" + *stack.Node().Id()),
		EndpointConfiguration: &awsapigateway.EndpointConfiguration{Types: &[]awsapigateway.EndpointType{endpoint}},
		BinaryMediaTypes:      jsii.Strings("*/*"),
		CloudWatchRole:        jsii.Bool(false),
		DeployOptions: &awsapigateway.StageOptions{
			StageName:            jsii.String("v1"),
			ThrottlingRateLimit:  jsii.Number(c.env.Throttle.RatePerSecond),
			ThrottlingBurstLimit: jsii.Number(c.env.Throttle.Burst),
			LoggingLevel:         awsapigateway.MethodLoggingLevel_ERROR,
			AccessLogDestination: awsapigateway.NewLogGroupLogDestination(c.logGroup(this, "AccessLogs", nil)),
			AccessLogFormat:      awsapigateway.AccessLogFormat_JsonWithStandardFields(nil),
		},
	})
	api.Node().TryRemoveChild(jsii.String("Endpoint")) // it would carry a generated name
	// API Gateway makes the group of this name itself, and keeps its lines for ever.
	api.DeploymentStage().Node().AddDependency(
		c.logGroup(this, "ExecutionLogs", jsii.String("API-Gateway-Execution-Logs_"+*api.RestApiId()+"/v1")))
	api.Root().AddResource(jsii.String("events"), nil).AddMethod(jsii.String("POST"), integration, options)
	output(stack, "Endpoint", "Where to POST events", api.UrlForPath(jsii.String("/events")))
}

// logGroup adds a log group that a measurement does not outlive. name is only for a
// group that an AWS service names.
func (c comparison) logGroup(scope constructs.Construct, id string, name *string) awslogs.LogGroup {
	return awslogs.NewLogGroup(scope, jsii.String(id), &awslogs.LogGroupProps{
		LogGroupName: name, Retention: awslogs.RetentionDays_ONE_WEEK, RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
}

// output adds an output to stack.
func output(stack awscdk.Stack, id, description string, value *string) {
	awscdk.NewCfnOutput(stack, jsii.String(id),
		&awscdk.CfnOutputProps{Description: jsii.String(description), Value: value})
}

// allow is the statement that allows actions on resources.
func allow(actions []string, resources ...*string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(
		&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &resources})
}
