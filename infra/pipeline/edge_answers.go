package pipeline

import (
	"maps"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/lambdas/clients"
)

// healthBody is what an uptime monitor gets.
const healthBody = `{"status":"ok"}`

// addHealth answers GET and HEAD on resource without a function: for uptime monitors.
func addHealth(resource awsapigateway.IResource, c cors) {
	addMock(resource, "GET", mock{status: "200", headers: c.headers(), body: c.toPage() + healthBody})
	addMock(resource, "HEAD", mock{status: "200", headers: c.headers(), body: c.toPage()})
}

// knownHeaders are the request headers of the SDKs that were tried. They answer an OPTIONS
// that asks for no header. Otherwise the template allows what it asks for.
const knownHeaders = "Authorization,Content-Type,Content-Encoding,X-Write-Key,X-Api-Key,X-Requested-With," +
	"AnonymousId,SP-Anonymous,traceparent,tracestate,baggage,sentry-trace,*"

// methodsOfRoot and methodsOfEvents are those that a preflight allows.
const (
	methodsOfRoot   = "GET,HEAD,OPTIONS,POST"
	methodsOfEvents = "GET,OPTIONS,POST" // also of every other path
)

// preflightSeconds is how long a browser may keep the answer to a preflight: a day.
const preflightSeconds = "86400"

// addPreflight answers OPTIONS on resource, so that a browser's preflight invokes no function.
// Firefox keeps the answer for a day, Chromium for 2 hours at most.
func addPreflight(resource awsapigateway.IResource, methods string, c cors) {
	headers := c.headers()
	headers["Access-Control-Allow-Methods"] = methods
	headers["Access-Control-Allow-Headers"] = knownHeaders
	headers["Access-Control-Max-Age"] = preflightSeconds
	addMock(resource, "OPTIONS", mock{status: "204", headers: headers, body: c.toPreflight()})
}

// mock is an answer that API Gateway gives by itself.
type mock struct {
	status  string
	headers map[string]string
	body    string // a template
}

func (m mock) template() *map[string]*string {
	if m.body == "" {
		return nil
	}
	return texts(map[string]string{"application/json": m.body})
}

// mediaTypes are the content types of requests that a mock answers. A request without one
// counts as application/json. API Gateway knows no wildcard here, and answers 500 to a body
// that it passes through, because the body names no status.
var mediaTypes = []string{
	"application/json", "application/octet-stream", "application/x-ndjson", "application/x-www-form-urlencoded",
	"application/xhtml+xml", "application/xml", "multipart/form-data", "text/html", "text/plain", "text/xml",
}

// addMock answers method on resource with m. The API takes all bodies as binary, so request
// and response must be converted to text, or the answer is a 500. A content type without a
// template is refused.
func addMock(resource awsapigateway.IResource, method string, m mock) {
	declared, values := map[string]*bool{}, map[string]string{}
	for name, value := range m.headers {
		declared["method.response.header."+name] = jsii.Bool(true)
		values["method.response.header."+name] = quoted(value)
	}
	requests := map[string]string{}
	for _, mediaType := range mediaTypes {
		requests[mediaType] = `{"statusCode":` + m.status + `}`
	}
	integration := awsapigateway.NewMockIntegration(&awsapigateway.IntegrationOptions{
		ContentHandling:     awsapigateway.ContentHandling_CONVERT_TO_TEXT,
		PassthroughBehavior: awsapigateway.PassthroughBehavior_NEVER,
		RequestTemplates:    texts(requests),
		IntegrationResponses: &[]*awsapigateway.IntegrationResponse{{
			StatusCode:         jsii.String(m.status),
			ContentHandling:    awsapigateway.ContentHandling_CONVERT_TO_TEXT,
			ResponseParameters: texts(values),
			ResponseTemplates:  m.template(),
		}},
	})
	resource.AddMethod(jsii.String(method), integration, &awsapigateway.MethodOptions{
		MethodResponses: &[]*awsapigateway.MethodResponse{{
			StatusCode: jsii.String(m.status), ResponseParameters: &declared,
		}},
	})
}

// addGatewayResponses lets pages read the answers with which the API itself refuses requests,
// and tells every client when to try again.
func addGatewayResponses(api awsapigateway.RestApi, c cors) {
	readable := c.refusals()
	later := maps.Clone(readable)
	later["Retry-After"] = quoted("1")
	// The order is fixed, because the name of the API's deployment has a hash of all this.
	for _, response := range []struct {
		id      string
		kind    awsapigateway.ResponseType
		headers map[string]string
		status  *string // default API Gateway's
		body    string  // default API Gateway's
	}{
		{"Default4xx", awsapigateway.ResponseType_DEFAULT_4XX(), readable, nil, ""},
		{"Default5xx", awsapigateway.ResponseType_DEFAULT_5XX(), later, nil, ""},
		{"Throttled", awsapigateway.ResponseType_THROTTLED(), later, nil, ""},
		// Instead of 403 "Missing Authentication Token", which sends people looking for a token.
		{
			"NoSuchPath", awsapigateway.ResponseType_MISSING_AUTHENTICATION_TOKEN(), readable,
			jsii.String("404"), clients.NoSuchPath,
		},
	} {
		api.AddGatewayResponse(jsii.String(response.id), &awsapigateway.GatewayResponseOptions{
			Type: response.kind, StatusCode: response.status, ResponseHeaders: texts(response.headers),
			Templates: mock{body: response.body}.template(),
		})
	}
}
