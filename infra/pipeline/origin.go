package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscertificatemanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
)

// policies are what a TLS setting comes to with several regions.
type policies struct {
	front          string                // of CloudFront, which speaks to clients
	home, regional environment.TLSPolicy // of the edge-optimized API at home, and of regional ones and their domain
}

// behindFront has the policies of each setting. CloudFront's are those that edge-optimized APIs
// have under another name. No API takes TLS 1.3 alone: Route 53's health checkers speak 1.2 at
// most.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/secure-connections-supported-viewer-protocols-ciphers.html
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html
var behindFront = map[environment.TLSPolicy]policies{
	environment.TLS13:    {"TLSv1.3_2025", environment.TLS12PFS, "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"},
	environment.TLS12PFS: {"TLSv1.2_2025", environment.TLS12PFS, "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"},
	environment.TLS12:    {"TLSv1.2_2018", environment.TLS12, "SecurityPolicy_TLS13_1_2_PQ_2025_09"},
}

// OriginProps configures an Origin.
type OriginProps struct {
	Name     string                // that all regions share
	Zone     string                // hosted zone of the name
	Title    string                // of the health check, for people
	Edge     *Edge                 // the region's API
	TLS      environment.TLSPolicy // the setting, of which behindFront has the policy
	Failover environment.Failover  // when clients are sent elsewhere
	Drained  bool                  `optional:"true"` // whether the region gets no clients; default false
}

// NewOrigin makes the API of a region one of those that the origin's name resolves to: Route 53
// answers with the nearest one that is healthy. Each region adds and removes itself, so no reference
// crosses a region, and a deploy of one region cannot break another.
func NewOrigin(scope constructs.Construct, id string, props OriginProps) {
	this := newConstruct(scope, id, props)
	regional := &awsapigateway.CfnDomainName_EndpointConfigurationProperty{Types: jsii.Strings("REGIONAL")}
	name := newDomainName(this, props.Edge.api, &awsapigateway.CfnDomainNameProps{
		DomainName:             jsii.String(props.Name),
		RegionalCertificateArn: newCertificate(this, props.Name, props.Zone),
		EndpointConfiguration:  regional,
		SecurityPolicy:         jsii.String(string(behindFront[props.TLS].regional)),
	})
	health := newHealthCheck(this, props)
	if props.Drained {
		return
	}
	// CloudFront asks origins for IPv4 alone unless told otherwise, so there is no AAAA. The record
	// has the TTL of what it points to. API Gateway being healthy is not enough: the check asks
	// whether this region stores events.
	region := awscdk.Stack_Of(this).Region()
	awsroute53.NewCfnRecordSet(this, jsii.String("Record"), &awsroute53.CfnRecordSetProps{
		HostedZoneId: jsii.String(props.Zone), Name: jsii.String(props.Name), Type: jsii.String("A"),
		Region: region, SetIdentifier: region,
		HealthCheckId: health.AttrHealthCheckId(),
		AliasTarget: &awsroute53.CfnRecordSet_AliasTargetProperty{
			DnsName: name.AttrRegionalDomainName(), HostedZoneId: name.AttrRegionalHostedZoneId(),
			EvaluateTargetHealth: jsii.Bool(true),
		},
	})
}

// newHealthCheck asks the API under its own address: a check whose name is that of the record
// would ask whichever region the record points to.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-route53-recordset.html
func newHealthCheck(this constructs.Construct, props OriginProps) awsroute53.CfnHealthCheck {
	stack := awscdk.Stack_Of(this)
	host := *props.Edge.api.RestApiId() + ".execute-api." + *stack.Region() + "." + *stack.UrlSuffix()
	health := awsroute53.NewCfnHealthCheck(this, jsii.String("Health"), &awsroute53.CfnHealthCheckProps{
		HealthCheckConfig: &awsroute53.CfnHealthCheck_HealthCheckConfigProperty{
			Type: jsii.String("HTTPS"), FullyQualifiedDomainName: jsii.String(host), Port: jsii.Number(443),
			EnableSni: jsii.Bool(true), ResourcePath: jsii.String("/" + stageName + ingest.HealthPath),
			RequestInterval:  jsii.Number(props.Failover.Every.Seconds()),
			FailureThreshold: jsii.Number(props.Failover.After),
		},
	})
	// The console lists health checks by their tag Name.
	awscdk.Tags_Of(health).Add(jsii.String("Name"), jsii.String(props.Title), nil)
	return health
}

// newCertificate adds a certificate of the stack's region for name, and returns its ARN. ACM
// finds the proof in the zone, where CloudFormation writes it: the same record for the same name
// in each region. It stays there, because ACM looks for it before each renewal.
func newCertificate(this constructs.Construct, name, zone string) *string {
	return awscertificatemanager.NewCfnCertificate(this, jsii.String("Certificate"),
		&awscertificatemanager.CfnCertificateProps{
			DomainName: jsii.String(name), ValidationMethod: jsii.String("DNS"),
			DomainValidationOptions: &[]*awscertificatemanager.CfnCertificate_DomainValidationOptionProperty{
				{DomainName: jsii.String(name), HostedZoneId: jsii.String(zone)},
			},
		}).Ref()
}
