package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront/experimental"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfrontorigins"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/test/compare/functions"
)

// noOrigin is where nothing is ever sent: the functions answer every request. The
// domain is reserved for what does not exist.
const noOrigin = "origin.invalid"

// edgeEmpty adds wiring 2.
func (c comparison) edgeEmpty() {
	stack := c.stack("EdgeEmpty", "wiring 2, Lambda@Edge that does nothing")
	c.atEdge(stack, functions.EdgeEmpty(), func(awsiam.Role) {})
}

// edgeChained adds wiring 3.
func (c comparison) edgeChained() {
	stack := c.stack("EdgeChained", "wiring 3, Lambda@Edge, validation function")
	validation := c.validation(stack)
	c.atEdge(stack, functions.EdgeChained(Region, *validation.FunctionName()), func(to awsiam.Role) {
		to.AddToPolicy(allow([]string{"lambda:InvokeFunction"}, validation.FunctionArn()))
	})
}

// edgeFirehose adds wiring 4.
func (c comparison) edgeFirehose() {
	stack := c.stack("EdgeFirehose", "wiring 4, Lambda@Edge, Firehose")
	c.atEdge(stack, functions.EdgeFirehose(Region, *c.Events[0].Stream.DeliveryStreamName()), func(to awsiam.Role) {
		c.Events[0].GrantPut(to)
	})
}

// atEdge adds a distribution whose requests a function answers at the location that
// they come to. It has no environment variables there, one architecture, and writes
// its lines in that location's region, to a group that Lambda makes and keeps for ever.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
func (c comparison) atEdge(stack awscdk.Stack, source string, grant func(to awsiam.Role)) {
	role := awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewCompositePrincipal(
			awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
			awsiam.NewServicePrincipal(jsii.String("edgelambda.amazonaws.com"), nil),
		),
	})
	role.AddToPolicy(allow([]string{"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"},
		jsii.String("arn:aws:logs:*:"+c.env.Account+":log-group:/aws/lambda/"+Region+"."+Name+"-*")))
	grant(role)
	function := experimental.NewEdgeFunction(stack, jsii.String("Function"), &experimental.EdgeFunctionProps{
		Runtime:    awslambda.Runtime_NODEJS_22_X(),
		Handler:    jsii.String("index.handler"),
		Code:       awslambda.Code_FromInline(jsii.String(source)),
		MemorySize: jsii.Number(128),                        // the most of a viewer's request
		Timeout:    awscdk.Duration_Seconds(jsii.Number(5)), // as above
		Role:       role.WithoutPolicyUpdates(nil),
	})
	// Lambda writes to a group of another name, in the region of each location.
	function.Node().FindChild(jsii.String("Fn")).Node().TryRemoveChild(jsii.String("LogGroup"))
	distribution := awscloudfront.NewDistribution(stack, jsii.String("Distribution"), &awscloudfront.DistributionProps{
		Comment: jsii.String("global-ingest: " + *stack.StackName()),
		DefaultBehavior: &awscloudfront.BehaviorOptions{
			Origin:               awscloudfrontorigins.NewHttpOrigin(jsii.String(noOrigin), nil),
			AllowedMethods:       awscloudfront.AllowedMethods_ALLOW_ALL(),
			CachePolicy:          awscloudfront.CachePolicy_CACHING_DISABLED(),
			ViewerProtocolPolicy: awscloudfront.ViewerProtocolPolicy_HTTPS_ONLY,
			EdgeLambdas: &[]*awscloudfront.EdgeLambda{{
				EventType:       awscloudfront.LambdaEdgeEventType_VIEWER_REQUEST,
				FunctionVersion: function.CurrentVersion(),
				IncludeBody:     jsii.Bool(true),
			}},
		},
	})
	output(stack, "EdgeFunction", "What a request waits for", function.FunctionName())
	output(stack, "Endpoint", "Where to POST events",
		jsii.String("https://"+*distribution.DistributionDomainName()+"/events"))
}
