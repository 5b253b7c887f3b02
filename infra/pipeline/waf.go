package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awswafv2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// newWAF puts a web ACL in front of the API's stage: a regional one, although the API is
// edge-optimized.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-aws-waf.html
func newWAF(this constructs.Construct, waf environment.WAF, api awsapigateway.RestApi) {
	acl := newWebACL(this, waf, "REGIONAL")
	props := &awswafv2.CfnWebACLAssociationProps{ResourceArn: api.DeploymentStage().StageArn(), WebAclArn: acl.AttrArn()}
	association := awswafv2.NewCfnWebACLAssociation(this, jsii.String("FirewallOfStage"), props)
	association.Node().AddDependency(api.DeploymentStage())
}

// newWebACL adds the rules of waf for a stage (REGIONAL) or a distribution (CLOUDFRONT). No rule
// reads a body, because every payload is answered 200.
func newWebACL(this constructs.Construct, waf environment.WAF, scope string) awswafv2.CfnWebACL {
	return awswafv2.NewCfnWebACL(this, jsii.String("Firewall"), &awswafv2.CfnWebACLProps{
		Scope:            jsii.String(scope),
		DefaultAction:    &awswafv2.CfnWebACL_DefaultActionProperty{Allow: map[string]any{}},
		VisibilityConfig: visible("Firewall"),
		Rules: &[]*awswafv2.CfnWebACL_RuleProperty{
			{
				Name: jsii.String("RatePerAddress"), Priority: jsii.Number(0),
				VisibilityConfig: visible("RatePerAddress"),
				Action:           &awswafv2.CfnWebACL_RuleActionProperty{Block: map[string]any{}},
				Statement: &awswafv2.CfnWebACL_StatementProperty{
					RateBasedStatement: &awswafv2.CfnWebACL_RateBasedStatementProperty{
						AggregateKeyType: jsii.String("IP"), Limit: jsii.Number(waf.RatePerAddress),
						EvaluationWindowSec: jsii.Number(environment.WAFWindow.Seconds()),
					},
				},
			},
			{
				Name: jsii.String("BadReputation"), Priority: jsii.Number(1), VisibilityConfig: visible("BadReputation"),
				OverrideAction: &awswafv2.CfnWebACL_OverrideActionProperty{None: map[string]any{}},
				Statement: &awswafv2.CfnWebACL_StatementProperty{
					ManagedRuleGroupStatement: &awswafv2.CfnWebACL_ManagedRuleGroupStatementProperty{
						VendorName: jsii.String("AWS"), Name: jsii.String("AWSManagedRulesAmazonIpReputationList"),
					},
				},
			},
		},
	})
}

// visible counts what a rule matches. It keeps no samples of requests, because these have
// headers and addresses.
func visible(name string) *awswafv2.CfnWebACL_VisibilityConfigProperty {
	return &awswafv2.CfnWebACL_VisibilityConfigProperty{
		CloudWatchMetricsEnabled: jsii.Bool(true), MetricName: jsii.String(name),
		SampledRequestsEnabled: jsii.Bool(false),
	}
}
