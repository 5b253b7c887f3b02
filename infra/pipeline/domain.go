package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// newDomain puts a name of one's own in front of the API's stage, with the security
// policy tls.
func newDomain(this constructs.Construct, domain environment.Domain, tls environment.TLSPolicy, api awsapigateway.RestApi) *string {
	name := awsapigateway.NewCfnDomainName(this, jsii.String("Domain"), &awsapigateway.CfnDomainNameProps{
		DomainName:            jsii.String(domain.Name),
		CertificateArn:        jsii.String(domain.Certificate),
		EndpointConfiguration: &awsapigateway.CfnDomainName_EndpointConfigurationProperty{Types: jsii.Strings("EDGE")},
		SecurityPolicy:        jsii.String(string(tls)),
		EndpointAccessMode:    jsii.String(strict),
	})
	awsapigateway.NewCfnBasePathMapping(this, jsii.String("Mapping"), &awsapigateway.CfnBasePathMappingProps{
		DomainName: name.Ref(),
		RestApiId:  api.RestApiId(),
		Stage:      api.DeploymentStage().StageName(),
	})
	stack := awscdk.Stack_Of(this)
	output(stack, "DomainTarget", "Where the domain's alias record points", name.AttrDistributionDomainName())
	output(stack, "DomainTargetZone", "Hosted zone id that the alias record names", name.AttrDistributionHostedZoneId())
	return jsii.String("https://" + domain.Name + "/events")
}
