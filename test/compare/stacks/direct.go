package stacks

import (
	_ "embed"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// recordTemplate is the mapping template that makes a record of a request. The body comes as
// base64, and stays so: the header is padded to whole groups of three bytes.
//
//go:embed record.vtl
var recordTemplate string

// direct adds the wiring without a function: API Gateway puts on the stream itself.
// What has another content type than the two below is answered 415, where a function
// would take it.
func (c comparison) direct() {
	stack := c.stack("Direct", "edge API, Firehose, no function")
	role := awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": c.env.Account}},
		}),
	})
	c.Events[0].GrantPut(role)
	template := jsii.String("#set($stream='" + *c.Events[0].Stream.DeliveryStreamName() + "')" + recordTemplate)
	integration := awsapigateway.NewAwsIntegration(&awsapigateway.AwsIntegrationProps{
		Service: jsii.String("firehose"), Action: jsii.String("PutRecord"), IntegrationHttpMethod: jsii.String("POST"),
		Options: &awsapigateway.IntegrationOptions{
			CredentialsRole:     role.WithoutPolicyUpdates(nil),
			ContentHandling:     awsapigateway.ContentHandling_CONVERT_TO_TEXT,
			PassthroughBehavior: awsapigateway.PassthroughBehavior_NEVER,
			RequestParameters: &map[string]*string{
				"integration.request.header.Content-Type": jsii.String("'application/x-amz-json-1.1'"),
			},
			RequestTemplates: &map[string]*string{"application/json": template, "text/plain": template},
			Timeout:          awscdk.Duration_Millis(jsii.Number(timeout)),
			IntegrationResponses: &[]*awsapigateway.IntegrationResponse{
				answer("200", "", `{"id":"$context.requestId"}`),
				answer("503", `4\d{2}|5\d{2}`, `{"message":"not stored"}`),
			},
		},
	})
	declared := func() *map[string]*bool {
		return &map[string]*bool{
			"method.response.header.Access-Control-Allow-Origin": jsii.Bool(true),
			"method.response.header.Content-Type":                jsii.Bool(true),
		}
	}
	c.api(stack, awsapigateway.EndpointType_EDGE, integration, &awsapigateway.MethodOptions{
		MethodResponses: &[]*awsapigateway.MethodResponse{
			{StatusCode: jsii.String("200"), ResponseParameters: declared()},
			{StatusCode: jsii.String("503"), ResponseParameters: declared()},
		},
	})
}

// answer is what a client hears when Firehose's status matches pattern; empty: any other.
func answer(status, pattern, body string) *awsapigateway.IntegrationResponse {
	response := &awsapigateway.IntegrationResponse{
		StatusCode:      jsii.String(status),
		ContentHandling: awsapigateway.ContentHandling_CONVERT_TO_TEXT,
		ResponseParameters: &map[string]*string{
			"method.response.header.Access-Control-Allow-Origin": jsii.String("'*'"),
			"method.response.header.Content-Type":                jsii.String("'application/json'"),
		},
		ResponseTemplates: &map[string]*string{
			"application/json": jsii.String(body), "application/x-amz-json-1.1": jsii.String(body),
		},
	}
	if pattern != "" {
		response.SelectionPattern = jsii.String(pattern)
	}
	return response
}
