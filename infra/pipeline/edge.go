package pipeline

import (
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/ingest"
)

// stageName is the first part of the path of API Gateway's own URL. It says which
// version of the contract answers there; a custom domain hides it.
const stageName = "v1"

// integrationTimeout is how long the API waits for Ingest: the longest that Ingest takes to
// answer whatever Firehose does, and 0.9 s for the start of a new sandbox. A client that gets
// 504 sends its events again, which costs duplicates. A client that waits longer has often
// left.
const integrationTimeout = ingest.AnswerWithin + 900*time.Millisecond

// EdgeProps configures an Edge.
type EdgeProps struct {
	Name       string                // of the API, in the console and as dimension of its metrics
	Ingest     *Ingest               // gets every POST
	Throttle   environment.Throttle  // what is let through
	TLS        environment.TLSPolicy // security policy of the API and its domain
	Domain     environment.Domain    `optional:"true"` // a domain name; default none
	WAF        environment.WAF       `optional:"true"` // a firewall; default none
	Origins    []string              `optional:"true"` // whose pages may read answers; default every page
	Clients    []string              `optional:"true"` // whose paths are open; default all
	Logs       LogsProps             // how long access and error lines are kept
	Tracing    bool                  `optional:"true"` // whether X-Ray follows requests; default false
	Regional   bool                  `optional:"true"` // whether clients connect in its region; default at the edge
	Probed     bool                  `optional:"true"` // whether health checks ask it; default false
	OwnLogRole bool                  `optional:"true"` // whether to set the account's role for API Gateway's logs
}

// Edge is the API that clients call, through the CloudFront location nearest to them.
type Edge struct {
	URL *string // where to POST events
	api awsapigateway.RestApi
}

// NewEdge adds an Edge under scope.
func NewEdge(scope constructs.Construct, id string, props EdgeProps) *Edge {
	this := newConstruct(scope, id, props)
	kind := awsapigateway.EndpointType_EDGE
	if props.Regional {
		kind = awsapigateway.EndpointType_REGIONAL
	}
	api := awsapigateway.NewRestApi(this, jsii.String("Api"), &awsapigateway.RestApiProps{
		RestApiName:           jsii.String(props.Name),
		EndpointConfiguration: &awsapigateway.EndpointConfiguration{Types: &[]awsapigateway.EndpointType{kind}},
		BinaryMediaTypes:      jsii.Strings("*/*"), // every body arrives byte for byte
		CloudWatchRole:        jsii.Bool(props.OwnLogRole),
		// nil instead of false, which would only lengthen every template.
		DisableExecuteApiEndpoint: orNil(props.Domain.Only),
		DeployOptions:             stageOptions(props),
	})
	// This output has a generated name; the stack has its own.
	api.Node().TryRemoveChild(jsii.String("Endpoint"))
	writeAccessLog(this, api, props.Logs)
	keepExecutionLogs(this, api, props.Logs)

	events := api.Root().AddResource(jsii.String("events"), nil)
	addMethod(api.Root(), "POST", "PostRoot", props.Ingest.Entry)
	addMethod(events, "POST", "PostEvents", props.Ingest.Entry)
	pages := cors{props.Origins}
	addHealth(api.Root(), pages)
	addPreflight(api.Root(), methodsOfRoot, pages)
	addPreflight(events, methodsOfEvents, pages)
	addClients(api.Root(), events, clients.Enabled(props.Clients), props.Ingest.Entry, pages)
	if props.Probed {
		health := api.Root().AddResource(jsii.String(strings.TrimPrefix(ingest.HealthPath, "/")), nil)
		addMethod(health, "GET", "GetHealth", props.Ingest.Entry)
	}
	addGatewayResponses(api, pages)
	resource := api.Node().DefaultChild().(awsapigateway.CfnRestApi)
	resource.SetSecurityPolicy(jsii.String(string(props.TLS)))
	resource.SetEndpointAccessMode(jsii.String(strict))
	if props.WAF.On {
		newWAF(this, props.WAF, api)
	}
	url := api.UrlForPath(jsii.String("/events"))
	if props.Domain.Name != "" {
		url = newDomain(this, props, api)
	}
	return &Edge{URL: url, api: api}
}

// newDomain puts a domain name in front of the API's stage, and returns where to POST events.
func newDomain(this constructs.Construct, props EdgeProps, api awsapigateway.RestApi) *string {
	name := newDomainName(this, api, &awsapigateway.CfnDomainNameProps{
		DomainName:            jsii.String(props.Domain.Name),
		CertificateArn:        jsii.String(props.Domain.Certificate),
		EndpointConfiguration: &awsapigateway.CfnDomainName_EndpointConfigurationProperty{Types: jsii.Strings("EDGE")},
		SecurityPolicy:        jsii.String(string(props.TLS)),
	})
	stack := awscdk.Stack_Of(this)
	output(stack, "DomainTarget", "Where the domain's alias record points", name.AttrDistributionDomainName())
	output(stack, "DomainTargetZone", "Hosted zone id that the alias record names", name.AttrDistributionHostedZoneId())
	return jsii.String("https://" + props.Domain.Name + "/events")
}

// newDomainName adds a domain name whose every path is one of the API's stage.
func newDomainName(
	this constructs.Construct, api awsapigateway.RestApi, props *awsapigateway.CfnDomainNameProps,
) awsapigateway.CfnDomainName {
	props.EndpointAccessMode = jsii.String(strict)
	name := awsapigateway.NewCfnDomainName(this, jsii.String("Domain"), props)
	awsapigateway.NewCfnBasePathMapping(this, jsii.String("Mapping"), &awsapigateway.CfnBasePathMappingProps{
		DomainName: name.Ref(), RestApiId: api.RestApiId(), Stage: api.DeploymentStage().StageName(),
	})
	return name
}

// strict refuses a request whose TLS handshake and Host header name different hosts. API
// Gateway requires an access mode with each SecurityPolicy_… policy.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
const strict = "STRICT"

func stageOptions(props EdgeProps) *awsapigateway.StageOptions {
	return &awsapigateway.StageOptions{
		StageName:            jsii.String(stageName),
		ThrottlingRateLimit:  jsii.Number(props.Throttle.RatePerSecond),
		ThrottlingBurstLimit: jsii.Number(props.Throttle.Burst),
		// Metrics of each method cost money. The API's own are free, and enough for the alarms.
		MetricsEnabled:   jsii.Bool(false),
		LoggingLevel:     awsapigateway.MethodLoggingLevel_ERROR,
		DataTraceEnabled: jsii.Bool(false), // it would write bodies to the log
		TracingEnabled:   jsii.Bool(props.Tracing),
		MethodOptions:    probed(props.Probed),
	}
}

// probed gives the health checks a throttle of their own: a flood of events that the API answers
// 429 must not look like a lost region. The checkers of Route 53 ask twice a second at most, so
// this is 25 times what they need, and somebody else's 50 a second cost $450 a month.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
func probed(on bool) *map[string]*awsapigateway.MethodDeploymentOptions {
	if !on {
		return nil
	}
	return &map[string]*awsapigateway.MethodDeploymentOptions{ingest.HealthPath + "/GET": {
		ThrottlingRateLimit: jsii.Number(50), ThrottlingBurstLimit: jsii.Number(100),
		// Without these a method of its own would have API Gateway's defaults.
		LoggingLevel:   awsapigateway.MethodLoggingLevel_ERROR,
		MetricsEnabled: jsii.Bool(false), DataTraceEnabled: jsii.Bool(false),
	}}
}

// addClients passes to function what the enabled clients send to paths of their own. One
// resource is for all of these paths, so that a client costs nothing here. It is also for
// paths of no client: function answers these 404, for what a request of Lambda costs, and
// the API's throttle bounds them like any other.
func addClients(root, events awsapigateway.IResource, enabled *clients.Set, function awslambda.IFunction, pages cors) {
	if enabled.Get([]byte("/events")) != nil {
		addMethod(events, "GET", "GetEvents", function)
	}
	if !enabled.Posts() && !enabled.Gets() {
		return
	}
	paths := root.AddResource(jsii.String("{proxy+}"), nil)
	if enabled.Posts() {
		addMethod(paths, "POST", "PostClients", function)
	}
	if enabled.Gets() {
		addMethod(paths, "GET", "GetClients", function)
	}
	addPreflight(paths, methodsOfEvents, pages)
}

// addMethod passes a method on resource to function unchanged.
func addMethod(resource awsapigateway.IResource, name, id string, function awslambda.IFunction) {
	integration := awsapigateway.NewAwsIntegration(&awsapigateway.AwsIntegrationProps{
		Proxy:   jsii.Bool(true),
		Service: jsii.String("lambda"),
		Path:    jsii.String("2015-03-31/functions/" + *function.FunctionArn() + "/invocations"),
		Options: &awsapigateway.IntegrationOptions{
			Timeout: awscdk.Duration_Millis(jsii.Number(integrationTimeout.Milliseconds())),
		},
	})
	method := resource.AddMethod(jsii.String(name), integration, nil)
	// No SourceAccount: AWS documents none for API Gateway. The method's ARN names the account.
	function.AddPermission(jsii.String(id), &awslambda.Permission{
		Principal: awsiam.NewServicePrincipal(jsii.String("apigateway.amazonaws.com"), nil),
		SourceArn: method.MethodArn(),
	})
}
