package pipeline

import (
	"fmt"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/setting"
)

// CanaryProps configures a Canary.
type CanaryProps struct {
	FunctionProps
	Every time.Duration // between two runs
	Waits time.Duration // how long an event waits in Firehose's buffers
	URL   *string       // where it sends
	Lake  *Lake         // where it looks
}

// Canary is the function that sends events as a client does, and looks for those that it sent
// before.
type Canary struct {
	Function awslambda.Function
	Every    time.Duration // between two runs
	Back     int           // runs between the one that sends an event and the one that looks for it
}

// NewCanary adds a Canary under scope.
func NewCanary(scope constructs.Construct, id string, props CanaryProps) *Canary {
	this := newConstruct(scope, id, props)
	config := canary.Default()
	config.Environment, config.Every, config.URL = props.Environment, props.Every, *props.URL
	config.Bucket = *props.Lake.Bucket.BucketName()
	// 3 minutes more, in which a spill can come back or a batch can be tried again.
	config.After = props.Waits + 3*time.Minute
	function := NewFunction(this, "canary", props.FunctionProps, setting.Variables(config))
	props.Lake.GrantRead(function, record.EventsPrefix, record.RejectedPrefix)
	props.Lake.GrantList(function, record.EventsPrefix, record.RejectedPrefix)
	props.Lake.GrantDecrypt(function)
	schedule(this, config.Every, function)
	return &Canary{Function: function, Every: config.Every, Back: int(config.Back() / config.Every)}
}

// schedule runs function at whole minutes that divide each hour. A rate would begin at any
// second, and two runs could fall into one slot.
func schedule(this constructs.Construct, every time.Duration, function awslambda.Function) {
	minutes := fmt.Sprintf("0/%d", int(every.Minutes()))
	if every == time.Hour {
		minutes = "0"
	}
	rule := awsevents.NewCfnRule(this, jsii.String("Schedule"), &awsevents.CfnRuleProps{
		Description:        jsii.String("Runs the canary"),
		ScheduleExpression: jsii.String("cron(" + minutes + " * * * ? *)"),
		Targets: &[]any{
			&awsevents.CfnRule_TargetProperty{Id: jsii.String("Canary"), Arn: function.FunctionArn()},
		},
	})
	// No SourceAccount: EventBridge sends none, and Lambda would refuse every call. The rule's
	// ARN names the account.
	// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
	function.AddPermission(jsii.String("Schedule"), &awslambda.Permission{
		Principal: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), nil),
		SourceArn: rule.AttrArn(),
	})
}
