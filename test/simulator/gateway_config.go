package simulator

import (
	"errors"
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
	Name, EndpointConfiguration, Tags, DisableExecuteApiEndpoint any
	SecurityPolicy, EndpointAccessMode                           any `notSimulated:"there is no TLS here"`
	BinaryMediaTypes                                             []string
}

type apiResourceProperties struct {
	RestApiId, ParentId, PathPart string
}

type methodProperties struct {
	RestApiId, ResourceId, HttpMethod, AuthorizationType string
	Integration                                          integrationProperties
	MethodResponses                                      []methodResponseProperties
}

type methodResponseProperties struct {
	StatusCode         int `json:",string"`
	ResponseParameters map[string]bool
}

type integrationProperties struct {
	Type, Uri, IntegrationHttpMethod     string
	PassthroughBehavior, ContentHandling string
	TimeoutInMillis                      int
	RequestTemplates                     map[string]string
	IntegrationResponses                 []integrationResponseProperties
}

type integrationResponseProperties struct {
	StatusCode                            int `json:",string"`
	ContentHandling                       string
	ResponseParameters, ResponseTemplates map[string]string
}

type stageProperties struct {
	RestApiId, StageName string
	DeploymentId, Tags   any
	AccessLogSetting     any `notSimulated:"no request is logged by the gateway here"`
	TracingEnabled       any `notSimulated:"nothing is traced here"`
	MethodSettings       []struct {
		HttpMethod, ResourcePath                       string
		DataTraceEnabled, LoggingLevel, MetricsEnabled any
		ThrottlingBurstLimit, ThrottlingRateLimit      float64
	}
}

type gatewayResponseProperties struct {
	RestApiId, ResponseType               string
	StatusCode                            int `json:",string"`
	ResponseParameters, ResponseTemplates map[string]string
}

// gatewayBuilders put an API together, in the order in which its resources need each other.
// The stage is read before the methods, for the ARN that each invokes its function by, and
// after them, for their throttles.
var gatewayBuilders = []builder[*Gateway]{
	typed("AWS::ApiGateway::RestApi", restAPIProperties{}, (*Gateway).readAPI),
	typed("AWS::ApiGateway::Resource", apiResourceProperties{}, (*Gateway).addResource),
	typed("AWS::ApiGateway::Stage", stageProperties{}, (*Gateway).readStage),
	typed("AWS::ApiGateway::Method", methodProperties{}, (*Gateway).addMethod),
	typed("AWS::ApiGateway::Stage", stageProperties{}, (*Gateway).setThrottle),
	typed("AWS::ApiGateway::GatewayResponse", gatewayResponseProperties{}, (*Gateway).addResponse),
}

// NewGateway returns the API among the resources. A method invokes the function that invoker
// returns for the function's ARN and the method's own. Without such a function it returns nil.
func NewGateway(resources []Resolved, invoker func(function, source string) Invoker) (*Gateway, error) {
	g := &Gateway{
		invoker: invoker, resources: map[string]apiResourceProperties{},
		routes: map[string]map[string]*method{}, responses: map[string]gatewayResponse{}, Now: time.Now,
	}
	if err := buildAll(g, gatewayBuilders, resources); err != nil {
		return nil, err
	}
	if g.apiID == "" || g.stage == "" {
		return nil, errors.New("the templates hold no API with a stage")
	}
	return g, nil
}

func (g *Gateway) readAPI(r Resolved, p restAPIProperties) error {
	switch {
	case g.apiID != "":
		return errors.New("a second API is not supported by the simulator")
	case !slices.Equal(p.BinaryMediaTypes, []string{"*/*"}):
		return fmt.Errorf("binary media types %q are not supported by the simulator: only */* is", p.BinaryMediaTypes)
	}
	g.Place, g.apiID = r.Place, r.Attribute("")
	return nil
}

func (g *Gateway) addResource(r Resolved, p apiResourceProperties) error {
	g.resources[r.Attribute("")] = p
	return nil
}

func (g *Gateway) readStage(_ Resolved, p stageProperties) error {
	g.stage = p.StageName
	return nil
}

func (g *Gateway) addMethod(_ Resolved, p methodProperties) error {
	path, err := g.path(p.ResourceId)
	if err != nil {
		return err
	}
	m, err := g.newMethod(path, p)
	if err != nil {
		return fmt.Errorf("%s %s: %w", p.HttpMethod, path, err)
	}
	if g.routes[path] == nil {
		g.routes[path] = map[string]*method{}
	}
	g.routes[path][p.HttpMethod] = m
	return nil
}

// greedy is the path of the one path parameter that the simulator knows.
const greedy = "/{proxy+}"

// path returns the path of a resource, whose parents lead to the API's root.
func (g *Gateway) path(resource string) (string, error) {
	var parts []string
	for resource != rootResource(g.apiID) {
		p, found := g.resources[resource]
		if !found || len(parts) > len(g.resources) {
			return "", fmt.Errorf("resource %s does not lead to the root of the API", resource)
		}
		if strings.ContainsAny(p.PathPart, "{}") &&
			(p.PathPart != greedy[1:] || p.ParentId != rootResource(g.apiID)) {
			return "", fmt.Errorf("path parameter %s is not supported by the simulator", p.PathPart)
		}
		parts = append(parts, p.PathPart)
		resource = p.ParentId
	}
	slices.Reverse(parts)
	return "/" + strings.Join(parts, "/"), nil
}

// setThrottle reads the stage's throttle, and those of methods, which then have a bucket of
// their own.
func (g *Gateway) setThrottle(_ Resolved, p stageProperties) error {
	for _, s := range p.MethodSettings {
		if s.ThrottlingRateLimit == 0 && s.ThrottlingBurstLimit == 0 {
			continue
		}
		limit := Throttle{RatePerSecond: s.ThrottlingRateLimit, Burst: s.ThrottlingBurstLimit}
		bucket := &tokenBucket{Throttle: limit, tokens: limit.Burst}
		if s.HttpMethod == "*" && s.ResourcePath == "/*" {
			g.Throttle, g.bucket = limit, bucket
			continue
		}
		// "/~1health" is /health.
		m := g.routes[strings.ReplaceAll(strings.TrimPrefix(s.ResourcePath, "/"), "~1", "/")][s.HttpMethod]
		if m == nil {
			return fmt.Errorf("throttle of %s %s: no such method", s.HttpMethod, s.ResourcePath)
		}
		m.bucket = bucket
	}
	return nil
}

// method is one method of one path: who answers it, and how.
type method struct {
	resourceID, resourcePath string
	bucket                   *tokenBucket // nil: the stage's
	timeout                  time.Duration
	function                 Invoker // or:
	mock                     *mock
}

// integrationTimeout is API Gateway's default and, without a raised quota, its
// longest. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
const integrationTimeout = 29 * time.Second

func (g *Gateway) newMethod(path string, p methodProperties) (m *method, err error) {
	if p.AuthorizationType != "NONE" {
		return nil, fmt.Errorf("authorization %q is not supported by the simulator", p.AuthorizationType)
	}
	m = &method{resourceID: p.ResourceId, resourcePath: path, timeout: integrationTimeout}
	if p.Integration.TimeoutInMillis > 0 {
		m.timeout = time.Duration(p.Integration.TimeoutInMillis) * time.Millisecond
	}
	switch p.Integration.Type {
	case "AWS_PROXY":
		m.function, err = g.function(p.HttpMethod+path, p.Integration)
	case "MOCK":
		m.mock, err = newMock(p)
	default:
		err = fmt.Errorf("integration type %q is not supported by the simulator", p.Integration.Type)
	}
	return m, err
}

// integrationURI is how API Gateway names a Lambda function.
var integrationURI = regexp.MustCompile(`^arn:aws:apigateway:[^:]+:lambda:path/2015-03-31/functions/(.+)/invocations$`)

// function returns the function of a method, such as "POST/events".
func (g *Gateway) function(method string, in integrationProperties) (Invoker, error) {
	match := integrationURI.FindStringSubmatch(in.Uri)
	if match == nil {
		return nil, fmt.Errorf("integration URI %q names no Lambda function", in.Uri)
	}
	if in.IntegrationHttpMethod != "POST" {
		return nil, fmt.Errorf("integration method is %q, a Lambda function is called by POST only",
			in.IntegrationHttpMethod)
	}
	source := fmt.Sprintf("arn:aws:execute-api:%s:%s:%s/%s/%s", g.Region, g.Account, g.apiID, g.stage,
		strings.Replace(method, greedy, "/*", 1))
	function := g.invoker(match[1], source)
	if function == nil {
		return nil, fmt.Errorf("no function %s", match[1])
	}
	return function, nil
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
