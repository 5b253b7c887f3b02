package simulator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The properties of API Gateway's resources that the simulator knows. Those of
// type any are known and have no effect on a laptop; a property that stands in no
// struct here is an error.

type restAPIProperties struct {
	Name, Description, EndpointConfiguration, Tags, FailOnWarnings any
	DisableExecuteApiEndpoint                                      any
	SecurityPolicy, EndpointAccessMode                             any `notSimulated:"there is no TLS here"`
	BinaryMediaTypes                                               []string
}

type apiResourceProperties struct {
	RestApiId, ParentId, PathPart string
}

type methodProperties struct {
	RestApiId, ResourceId, HttpMethod string
	AuthorizationType                 string
	ApiKeyRequired                    bool
	OperationName                     any
	Integration                       integrationProperties
	MethodResponses                   []struct {
		StatusCode         string
		ResponseParameters map[string]bool
		ResponseModels     any
	}
}

type integrationProperties struct {
	Type, Uri, IntegrationHttpMethod     string
	Credentials, CacheKeyParameters      any
	ResponseTransferMode                 string
	PassthroughBehavior, ContentHandling string
	TimeoutInMillis                      int
	RequestTemplates                     map[string]string
	IntegrationResponses                 []integrationResponseProperties
}

type integrationResponseProperties struct {
	StatusCode, SelectionPattern string
	ContentHandling              string
	ResponseParameters           map[string]string
	ResponseTemplates            map[string]string
}

type stageProperties struct {
	RestApiId, StageName            string
	DeploymentId, Description, Tags any
	AccessLogSetting                any `notSimulated:"no request is logged by the gateway here"`
	TracingEnabled                  any `notSimulated:"nothing is traced here"`
	MethodSettings                  []methodSettingProperties
}

type methodSettingProperties struct {
	HttpMethod, ResourcePath                       string
	DataTraceEnabled, LoggingLevel, MetricsEnabled any
	ThrottlingBurstLimit, ThrottlingRateLimit      float64
}

type gatewayResponseProperties struct {
	RestApiId, ResponseType, StatusCode string
	ResponseParameters                  map[string]string
	ResponseTemplates                   map[string]string
}

// gatewayParts are the resources of one API, before they are put together.
type gatewayParts struct {
	Place
	apiID     string
	api       *restAPIProperties
	resources map[string]apiResourceProperties // by resource id
	methods   map[string]methodProperties      // by logical id
	stage     *stageProperties
	responses map[string]gatewayResponse          // by response type
	permitted func(arn string, by caller) Invoker // the function as the caller may invoke it; nil: all may
}

// gateway puts the parts together.
func (p *gatewayParts) gateway(functions map[string]Invoker, throttled bool) (*Gateway, error) {
	if p.api == nil || p.stage == nil {
		return nil, fmt.Errorf("the templates hold no API with a stage")
	}
	g := &Gateway{
		Place: p.Place, apiID: p.apiID, stage: p.stage.StageName, binaryTypes: p.api.BinaryMediaTypes,
		routes: map[string]map[string]*method{}, responses: p.responses, Now: time.Now,
	}
	for id, properties := range p.methods {
		path, err := p.path(properties.ResourceId)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		m, err := newMethod(path, properties, functions)
		if err != nil {
			return nil, fmt.Errorf("%s (%s %s): %w", id, properties.HttpMethod, path, err)
		}
		if m.functionARN != "" && p.permitted != nil {
			m.function = p.permitted(m.functionARN,
				p.caller(properties.HttpMethod+strings.Replace(path, greedy, "/*", 1)))
		}
		if g.routes[path] == nil {
			g.routes[path] = map[string]*method{}
		}
		g.routes[path][properties.HttpMethod] = m
	}
	return g, g.setThrottle(p.stage.MethodSettings, throttled)
}

// caller is the API's method, such as "POST/events", as it invokes its function.
func (p *gatewayParts) caller(method string) caller {
	api := fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/", p.Region, p.Account, p.apiID)
	return callerFrom(apiGateway, api+p.stage.StageName+"/"+method, p.Account)
}

// greedy is the path of the one path parameter that the simulator knows.
const greedy = "/{proxy+}"

// path returns the path of a resource, whose parents lead to the API's root.
func (p *gatewayParts) path(resource string) (string, error) {
	var parts []string
	for resource != rootResource(p.apiID) {
		properties, found := p.resources[resource]
		if !found || len(parts) > len(p.resources) {
			return "", fmt.Errorf("resource %s does not lead to the root of the API", resource)
		}
		if strings.ContainsAny(properties.PathPart, "{}") &&
			(properties.PathPart != greedy[1:] || properties.ParentId != rootResource(p.apiID)) {
			return "", fmt.Errorf("path parameter %s is not supported by the simulator", properties.PathPart)
		}
		parts = append(parts, properties.PathPart)
		resource = properties.ParentId
	}
	slices.Reverse(parts)
	return "/" + strings.Join(parts, "/"), nil
}

// setThrottle reads the stage's throttle, and those of methods, which then have a bucket of
// their own.
func (g *Gateway) setThrottle(settings []methodSettingProperties, on bool) error {
	for _, s := range settings {
		if s.ThrottlingRateLimit == 0 && s.ThrottlingBurstLimit == 0 {
			continue
		}
		limit := Throttle{RatePerSecond: s.ThrottlingRateLimit, Burst: s.ThrottlingBurstLimit}
		bucket := &tokenBucket{Throttle: limit, tokens: limit.Burst}
		if s.HttpMethod == "*" && s.ResourcePath == "/*" {
			if g.Throttle = limit; on {
				g.bucket = bucket
			}
			continue
		}
		// "/~1health" is /health.
		m := g.routes[strings.ReplaceAll(strings.TrimPrefix(s.ResourcePath, "/"), "~1", "/")][s.HttpMethod]
		if m == nil {
			return fmt.Errorf("throttle of %s %s: no such method", s.HttpMethod, s.ResourcePath)
		}
		if on {
			m.bucket = bucket
		}
	}
	return nil
}

// method is one method of one path: who answers it, and how.
type method struct {
	resourceID, resourcePath string
	function                 Invoker      // nil: MOCK
	bucket                   *tokenBucket // nil: the stage's
	functionARN              string
	timeout                  time.Duration
	mock                     *mock
}

// integrationTimeout is API Gateway's default and, without a raised quota, its
// longest. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const integrationTimeout = 29 * time.Second

func newMethod(path string, properties methodProperties, functions map[string]Invoker) (*method, error) {
	if a := properties.AuthorizationType; (a != "" && a != "NONE") || properties.ApiKeyRequired {
		return nil, fmt.Errorf("authorization is not supported by the simulator")
	}
	m := &method{resourceID: properties.ResourceId, resourcePath: path, timeout: integrationTimeout}
	in := properties.Integration
	if in.TimeoutInMillis > 0 {
		m.timeout = time.Duration(in.TimeoutInMillis) * time.Millisecond
	}
	switch in.Type {
	case "AWS_PROXY":
		return m, m.bindFunction(in, functions)
	case "MOCK":
		var err error
		m.mock, err = newMock(properties)
		return m, err
	default:
		return nil, fmt.Errorf("integration type %q is not supported by the simulator", in.Type)
	}
}

// integrationURI is how API Gateway names a Lambda function.
var integrationURI = regexp.MustCompile(`^arn:aws:apigateway:[^:]+:lambda:path/2015-03-31/functions/(.+)/invocations$`)

func (m *method) bindFunction(in integrationProperties, functions map[string]Invoker) error {
	match := integrationURI.FindStringSubmatch(in.Uri)
	if match == nil {
		return fmt.Errorf("integration URI %q names no Lambda function", in.Uri)
	}
	if in.IntegrationHttpMethod != "POST" {
		return fmt.Errorf("integration method is %q, a Lambda function is called by POST only",
			in.IntegrationHttpMethod)
	}
	if in.ResponseTransferMode != "" && in.ResponseTransferMode != "BUFFERED" {
		return fmt.Errorf("response transfer mode %s is not supported by the simulator", in.ResponseTransferMode)
	}
	function, found := functions[match[1]]
	if !found {
		return fmt.Errorf("no function %s", match[1])
	}
	m.function, m.functionARN = function, match[1]
	return nil
}

// literals reads parameter mappings whose values are constants: 'text'. Keys lose
// their prefix. Anything computed is an error.
func literals(mappings map[string]string, prefix string) (map[string]string, error) {
	values := map[string]string{}
	for key, value := range mappings {
		name, isHeader := strings.CutPrefix(key, prefix)
		if !isHeader || len(value) < 2 || value[0] != '\'' || value[len(value)-1] != '\'' {
			return nil, fmt.Errorf("mapping %s = %s is not supported by the simulator: not a constant header", key,
				value)
		}
		values[name] = value[1 : len(value)-1]
	}
	return values, nil
}

// requestHeader begins a mapping whose value is a header of the request.
const requestHeader = "method.request.header."
