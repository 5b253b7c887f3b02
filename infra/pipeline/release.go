package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodedeploy"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// ReleaseProps configures a Release.
type ReleaseProps struct {
	Ingest *Ingest                  // whose requests move
	Config environment.Release      // how fast they do
	Alarms []awscloudwatch.CfnAlarm `optional:"true"` // that end a release, at most 10; none with AllAtOnce
}

// NewRelease makes CodeDeploy move requests from one version of Ingest to the next. When an
// alarm rings meanwhile, CodeDeploy moves them back within seconds, and CloudFormation rolls
// the rest of the deploy back.
//
// The construct LambdaDeploymentGroup would attach an AWS managed policy that may change every
// alias of the account and read objects of every bucket.
func NewRelease(scope constructs.Construct, id string, props ReleaseProps) {
	this := newConstruct(scope, id, props)
	application := awscodedeploy.NewCfnApplication(this, jsii.String("Application"), &awscodedeploy.CfnApplicationProps{
		ComputePlatform: jsii.String("Lambda"),
	})
	group := awscodedeploy.NewCfnDeploymentGroup(this, jsii.String("Group"), &awscodedeploy.CfnDeploymentGroupProps{
		ApplicationName:      application.Ref(),
		ServiceRoleArn:       releaseRole(this, props.Ingest.Function).RoleArn(),
		DeploymentConfigName: jsii.String("CodeDeployDefault.Lambda" + string(props.Config)),
		DeploymentStyle: &awscodedeploy.CfnDeploymentGroup_DeploymentStyleProperty{
			DeploymentType: jsii.String("BLUE_GREEN"), DeploymentOption: jsii.String("WITH_TRAFFIC_CONTROL"),
		},
		AlarmConfiguration: ending(props.Alarms),
		AutoRollbackConfiguration: &awscodedeploy.CfnDeploymentGroup_AutoRollbackConfigurationProperty{
			Enabled: jsii.Bool(true), Events: jsii.Strings(rollsBack(props.Alarms)...),
		},
	})
	alias := props.Ingest.alias.Node().DefaultChild().(awslambda.CfnAlias)
	alias.CfnOptions().SetUpdatePolicy(&awscdk.CfnUpdatePolicy{
		CodeDeployLambdaAliasUpdate: &awscdk.CfnCodeDeployLambdaAliasUpdate{
			ApplicationName: application.Ref(), DeploymentGroupName: group.Ref(),
		},
	})
	// The group must know the new version's alarm before the alias moves to it.
	alias.AddResourceDependency(group, nil)
}

// ending lists alarms, and gives an empty list for no alarm: without a list CodeDeploy keeps the alarms of the
// last deploy.
func ending(alarms []awscloudwatch.CfnAlarm) *awscodedeploy.CfnDeploymentGroup_AlarmConfigurationProperty {
	names := []any{}
	for _, alarm := range alarms {
		names = append(names, &awscodedeploy.CfnDeploymentGroup_AlarmProperty{Name: alarm.Ref()})
	}
	return &awscodedeploy.CfnDeploymentGroup_AlarmConfigurationProperty{
		Alarms: names, Enabled: jsii.Bool(len(names) > 0),
	}
}

// rollsBack lists what moves requests back. CodeDeploy accepts the last event only from a group
// with alarms.
func rollsBack(alarms []awscloudwatch.CfnAlarm) []string {
	events := []string{"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"}
	if len(alarms) > 0 {
		events = append(events, "DEPLOYMENT_STOP_ON_ALARM")
	}
	return events
}

// releaseRole may move the one alias and read alarms. CodeDeploy does not name the alarms to
// IAM, hence the wildcard. AWS's AWSCodeDeployRoleForLambdaLimited may also read objects and
// call hooks. Neither is needed: CloudFormation hands the revision over as text, and there are
// no hooks.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForLambdaLimited.html
func releaseRole(this constructs.Construct, function awslambda.Function) awsiam.Role {
	arn := function.FunctionArn()
	return awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("codedeploy.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: ownAccount(this),
		}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{"Release": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{
			Statements: &[]awsiam.PolicyStatement{
				allow(
					[]string{"lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:UpdateAlias"},
					arn, jsii.String(*arn+":"+liveAlias),
				),
				allow([]string{"cloudwatch:DescribeAlarms"}, jsii.String("*")),
			},
		})},
	})
}
