package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// oldestTLS is the least that a client of a domain must speak.
const oldestTLS = "TLS_1_2"

// newDomain puts a name of one's own in front of the API's stage.
func newDomain(this constructs.Construct, domain environment.Domain, api awsapigateway.RestApi) *string {
	name := awsapigateway.NewCfnDomainName(this, jsii.String("Domain"), &awsapigateway.CfnDomainNameProps{
		DomainName:            jsii.String(domain.Name),
		CertificateArn:        jsii.String(domain.Certificate),
		EndpointConfiguration: &awsapigateway.CfnDomainName_EndpointConfigurationProperty{Types: jsii.Strings("EDGE")},
		SecurityPolicy:        jsii.String(oldestTLS),
	})
	awsapigateway.NewCfnBasePathMapping(this, jsii.String("Mapping"), &awsapigateway.CfnBasePathMappingProps{
		DomainName: name.Ref(),
		RestApiId:  api.RestApiId(),
		Stage:      api.DeploymentStage().StageName(),
	})
	Output(awscdk.Stack_Of(this), "DomainTarget", "Where the domain's alias record points", name.AttrDistributionDomainName())
	return jsii.String("https://" + domain.Name + "/events")
}
