package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// LogsProps configures a log group.
type LogsProps struct {
	Name      string                `optional:"true"` // only for a group that an AWS service names; default generated
	Retention environment.Retention // days
	Removal   awscdk.RemovalPolicy  // what becomes of the lines when the group leaves the stack
}

// newLogs adds a log group whose lines expire.
func newLogs(scope constructs.Construct, id string, props LogsProps) awslogs.LogGroup {
	need(id, props)
	var name *string
	if props.Name != "" {
		name = jsii.String(props.Name)
	}
	group := awslogs.NewLogGroup(scope, jsii.String(id), &awslogs.LogGroupProps{
		LogGroupName:  name,
		RemovalPolicy: props.Removal,
	})
	// The construct takes the retention as a word ("ONE_MONTH"), the resource as days.
	group.Node().DefaultChild().(awslogs.CfnLogGroup).SetRetentionInDays(jsii.Number(int(props.Retention)))
	return group
}
