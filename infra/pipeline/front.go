package pipeline

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudfront"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsroute53"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/ingest"
)

// newFront adds the stack of what clients connect to when an environment has several regions:
// one CloudFront distribution. Its only origin is the name that each region's Origin has a
// record for, so it needs no stack of a region, and no region needs it.
func newFront(scope constructs.Construct, env environment.Environment) {
	stack := newStack(scope, environment.FrontStack, awscdk.StackProps{
		Description: jsii.String("global-ingest: what clients connect to, and the nearest region behind it"),
		Env:         &awscdk.Environment{Account: jsii.String(env.Account), Region: jsii.String(environment.FrontRegion)},
	})
	certificate := jsii.String(env.Domain.Certificate)
	if env.Domain.Certificate == "" {
		certificate = newCertificate(stack, env.Domain.Name, env.Domain.Zone)
	}
	var firewall *string
	if env.WAF.On {
		firewall = newWebACL(stack, env.WAF, "CLOUDFRONT").AttrArn()
	}
	distribution := awscloudfront.NewCfnDistribution(stack, jsii.String("Distribution"),
		&awscloudfront.CfnDistributionProps{
			DistributionConfig: &awscloudfront.CfnDistribution_DistributionConfigProperty{
				Enabled: jsii.Bool(true), Comment: jsii.String(apiName(env)), Aliases: jsii.Strings(env.Domain.Name),
				HttpVersion: jsii.String("http2and3"), Ipv6Enabled: jsii.Bool(true), WebAclId: firewall,
				ViewerCertificate: &awscloudfront.CfnDistribution_ViewerCertificateProperty{
					AcmCertificateArn: certificate, SslSupportMethod: jsii.String("sni-only"),
					MinimumProtocolVersion: jsii.String(behindFront[env.TLS].front),
				},
				Origins:              &[]any{nearestRegion(env)},
				DefaultCacheBehavior: passing(stack, env),
			},
		})
	for _, kind := range []struct{ id, record string }{{"IPv4", "A"}, {"IPv6", "AAAA"}} {
		awsroute53.NewCfnRecordSet(stack, jsii.String(kind.id), &awsroute53.CfnRecordSetProps{
			HostedZoneId: jsii.String(env.Domain.Zone), Name: jsii.String(env.Domain.Name), Type: jsii.String(kind.record),
			AliasTarget: &awsroute53.CfnRecordSet_AliasTargetProperty{
				DnsName: distribution.AttrDomainName(), HostedZoneId: jsii.String(zoneOfCloudFront),
			},
		})
	}
	newWorldBoard(stack, env, distribution.AttrId())
	output(stack, environment.EndpointOutput, "Where to POST events", jsii.String(env.PublicURL()))
	output(stack, "DomainTarget", "Where the domain's records point", distribution.AttrDomainName())
}

// zoneOfCloudFront is the hosted zone that aliases of every distribution name.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-route53-recordset-aliastarget.html
const zoneOfCloudFront = "Z2FDTNDATAQYW2"

// origin is the distribution's id of its only origin.
const origin = "NearestRegion"

// nearestRegion is the name that a location resolves. Locations send a POST straight to it, and
// CloudFront tries none twice. A location that is quiet for longer than the keep-alive connects
// anew, over the ocean: 5 seconds are CloudFront's default, 60 the longest without asking. The
// API answers within integrationTimeout, 3.5 s.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html
func nearestRegion(env environment.Environment) *awscloudfront.CfnDistribution_OriginProperty {
	return &awscloudfront.CfnDistribution_OriginProperty{
		Id: jsii.String(origin), DomainName: jsii.String(env.Origin()),
		ConnectionAttempts: jsii.Number(2), ConnectionTimeout: jsii.Number(2),
		CustomOriginConfig: &awscloudfront.CfnDistribution_CustomOriginConfigProperty{
			OriginProtocolPolicy: jsii.String("https-only"), OriginSslProtocols: jsii.Strings("TLSv1.2"),
			OriginKeepaliveTimeout: jsii.Number(60), OriginReadTimeout: jsii.Number(5),
		},
	}
}

// CloudFront's own policies, by their ids.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
const (
	cachingDisabled           = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
	allViewerExceptHostHeader = "b689b0a8-53d0-40ab-baf2-68738e2966ac" // API Gateway finds the API by Host
)

// passing sends every request on as it is, but for those that a location answers by itself.
func passing(
	stack awscdk.Stack, env environment.Environment,
) *awscloudfront.CfnDistribution_DefaultCacheBehaviorProperty {
	// The name is required, and one for the account.
	function := awscloudfront.NewCfnFunction(stack, jsii.String("Function"), &awscloudfront.CfnFunctionProps{
		Name: jsii.String(apiName(env)), AutoPublish: jsii.Bool(true), FunctionCode: jsii.String(FrontFunction(env)),
		FunctionConfig: &awscloudfront.CfnFunction_FunctionConfigProperty{
			Comment: jsii.String("Answers preflights and monitors"), Runtime: jsii.String("cloudfront-js-2.0"),
		},
	})
	return &awscloudfront.CfnDistribution_DefaultCacheBehaviorProperty{
		TargetOriginId: jsii.String(origin), ViewerProtocolPolicy: jsii.String("https-only"), Compress: jsii.Bool(false),
		AllowedMethods: jsii.Strings("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"),
		CachePolicyId:  jsii.String(cachingDisabled), OriginRequestPolicyId: jsii.String(allViewerExceptHostHeader),
		ResponseHeadersPolicyId: readable(stack, env).Ref(),
		FunctionAssociations: &[]any{&awscloudfront.CfnDistribution_FunctionAssociationProperty{
			EventType: jsii.String("viewer-request"), FunctionArn: function.AttrFunctionArn(),
		}},
	}
}

// readable lets pages read the 502 and 504 that CloudFront itself answers while no region does.
// It adds nothing to an answer that has these headers. Like cors.refusals it cannot give each
// page its origin back, so where every page may read answers it lets every page read these
// without credentials. With a list of origins it names them: an answer of the API to another
// page stays unreadable.
func readable(stack awscdk.Stack, env environment.Environment) awscloudfront.CfnResponseHeadersPolicy {
	pages := cors{env.Origins}
	from, credentials := env.Origins, true
	if pages.each() || pages.any() {
		from, credentials = []string{ingest.AnyOrigin}, false
	}
	return awscloudfront.NewCfnResponseHeadersPolicy(stack, jsii.String("Readable"),
		&awscloudfront.CfnResponseHeadersPolicyProps{
			ResponseHeadersPolicyConfig: &awscloudfront.CfnResponseHeadersPolicy_ResponseHeadersPolicyConfigProperty{
				Name: jsii.String(apiName(env)), Comment: jsii.String("Lets pages read CloudFront's own errors"),
				CorsConfig: &awscloudfront.CfnResponseHeadersPolicy_CorsConfigProperty{
					OriginOverride: jsii.Bool(false), AccessControlAllowCredentials: jsii.Bool(credentials),
					AccessControlAllowOrigins: &awscloudfront.CfnResponseHeadersPolicy_AccessControlAllowOriginsProperty{
						Items: jsii.Strings(from...),
					},
					AccessControlAllowMethods: &awscloudfront.CfnResponseHeadersPolicy_AccessControlAllowMethodsProperty{
						Items: jsii.Strings("GET", "HEAD", "OPTIONS", "POST"),
					},
					AccessControlAllowHeaders: &awscloudfront.CfnResponseHeadersPolicy_AccessControlAllowHeadersProperty{
						Items: jsii.Strings("Content-Type"),
					},
				},
			},
		})
}

//go:embed front.js
var frontCode string

// FrontFunction returns the code that runs at each CloudFront location for a request to env.
func FrontFunction(env environment.Environment) string {
	settings, err := json.Marshal(frontSettings(env))
	if err != nil {
		panic(fmt.Sprintf("front.js: %v", err))
	}
	return "const settings = " + string(settings) + ";\n\n" + frontCode
}

// settings are what front.js needs to answer as the API does.
type settings struct {
	Headers      map[string]string `json:"headers"`   // of every answer, by their names in lower case
	EveryPage    bool              `json:"everyPage"` // whether every page gets its origin back
	Pages        []string          `json:"pages"`     // otherwise those that do
	Methods      map[string]string `json:"methods"`   // of a preflight's answer, by path; empty: the API has none
	OtherMethods string            `json:"otherMethods"`
	Known        string            `json:"known"` // headers that a preflight may ask for without naming them
	MaxAge       string            `json:"maxAge"`
	Body         string            `json:"body"` // of GET /
}

func frontSettings(env environment.Environment) settings {
	pages := cors{env.Origins}
	s := settings{
		Headers: map[string]string{}, EveryPage: pages.each(), Pages: []string{},
		Methods: map[string]string{"/": methodsOfRoot, "/events": methodsOfEvents, ingest.HealthPath: ""},
		Known:   knownHeaders, MaxAge: preflightSeconds, Body: healthBody,
	}
	for name, value := range pages.headers() {
		s.Headers[strings.ToLower(name)] = value
	}
	if !pages.any() {
		s.Pages = append(s.Pages, env.Origins...)
	}
	if enabled := clients.Enabled(env.Clients); enabled.Posts() || enabled.Gets() {
		s.OtherMethods = methodsOfEvents
	}
	return s
}
