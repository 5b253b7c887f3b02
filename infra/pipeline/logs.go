package pipeline

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// LogsProps configures a log group.
type LogsProps struct {
	Name      string                `optional:"true"` // only for a group that an AWS service names; default generated
	Retention environment.Retention // days
	Removal   awscdk.RemovalPolicy  // of the group with its lines
}

// newLogs adds a log group whose lines expire.
func newLogs(scope constructs.Construct, id string, props LogsProps) awslogs.LogGroup {
	need(id, props)
	group := awslogs.NewLogGroup(scope, jsii.String(id), &awslogs.LogGroupProps{
		LogGroupName: orNil(props.Name), RemovalPolicy: props.Removal,
	})
	// The construct takes the retention as a word ("ONE_MONTH"), the resource as days.
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(int(props.Retention)))
	return group
}

// writeAccessLog gives the stage its access log. The L2 would name the group by its own ARN,
// which ends in ":*". API Gateway stores it without, so drift detection would always report
// the stage.
// https://github.com/aws/aws-cdk/issues/38796
func writeAccessLog(this constructs.Construct, api awsapigateway.RestApi, logs LogsProps) {
	group := newLogs(this, "AccessLogs", logs)
	arn := awscdk.Stack_Of(this).FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("logs"), Resource: jsii.String("log-group"), ResourceName: group.LogGroupName(),
		ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
	})
	stage := api.DeploymentStage().Node().DefaultChild().(awsapigateway.CfnStage)
	stage.SetAccessLogSetting(&awsapigateway.CfnStage_AccessLogSettingProperty{
		DestinationArn: arn, Format: jsii.String(accessLog()),
	})
}

// keepExecutionLogs adds the log group for which API Gateway expects this name. Otherwise API
// Gateway makes it, with lines that never expire.
func keepExecutionLogs(this constructs.Construct, api awsapigateway.RestApi, logs LogsProps) {
	logs.Name = "API-Gateway-Execution-Logs_" + *api.RestApiId() + "/" + stageName
	api.DeploymentStage().Node().AddDependency(newLogs(this, "ExecutionLogs", logs))
}

// accessLog returns the format of a line of the access log. It says how a request went, and
// nothing that the client chose: no address, path, query, header or body. All values are
// quoted, because API Gateway writes a bare hyphen for those that it does not know.
func accessLog() string {
	var fields []string
	for _, field := range [][2]string{
		{"time", "$context.requestTimeEpoch"},
		{"request_id", "$context.requestId"},
		{"extended_request_id", "$context.extendedRequestId"},
		{"trace_id", "$context.xrayTraceId"},
		{"method", "$context.httpMethod"},
		{"resource", "$context.resourcePath"},
		{"status", "$context.status"},
		{"error", "$context.error.responseType"},
		{"latency_ms", "$context.responseLatency"},
		{"integration_latency_ms", "$context.integration.latency"},
		{"integration_status", "$context.integration.integrationStatus"},
		{"function_status", "$context.integration.status"},
		{"response_bytes", "$context.responseLength"},
		{"protocol", "$context.protocol"},
		{"tls_version", "$context.tlsVersion"},
		{"cipher_suite", "$context.cipherSuite"},
	} {
		fields = append(fields, `"`+field[0]+`":"`+field[1]+`"`)
	}
	return "{" + strings.Join(fields, ",") + "}"
}
