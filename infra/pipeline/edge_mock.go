package pipeline

import (
	"maps"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/jsii-runtime-go"
)

// addHealth answers GET on resource without a function.
func addHealth(resource awsapigateway.IResource) {
	addMock(resource, "GET", mock{
		status: "200",
		body:   `{"status":"ok"}`,
		headers: map[string]string{
			"Access-Control-Allow-Origin": "*",
			"Cache-Control":               "no-store",
		},
	})
}

// addPreflight answers OPTIONS on resource, so that a browser's question before
// its POST costs no function. A day is the longest that browsers keep the answer.
func addPreflight(resource awsapigateway.IResource, methods string, origins []string) {
	m := mock{
		status: "204",
		headers: map[string]string{
			"Access-Control-Allow-Methods": methods,
			// The names are for browsers that do not know the wildcard, and for requests
			// with credentials, which have none.
			"Access-Control-Allow-Headers": "Content-Type,Content-Encoding,*",
			"Access-Control-Max-Age":       "86400",
		},
	}
	if len(origins) == 0 {
		m.headers["Access-Control-Allow-Origin"] = "*"
	} else {
		m.headers["Vary"] = "Origin"
		m.body = reflection(origins)
	}
	addMock(resource, "OPTIONS", m)
}

// reflection is a template that has no text, and sets the headers for an origin that
// is one of these. Browsers write the header's name in either case over HTTP/2.
func reflection(origins []string) string {
	var among []string
	for _, origin := range origins {
		among = append(among, `$origin == "`+origin+`"`)
	}
	return `#set($origin = $input.params().header.get("Origin"))#if("$!origin" == "")#set($origin = $input.params().header.get("origin"))#end` +
		`#if(` + strings.Join(among, " || ") + `)` +
		`#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)` +
		`#set($context.responseOverride.header.Access-Control-Allow-Credentials = "true")#end`
}

// mock is an answer that API Gateway gives by itself.
type mock struct {
	status  string
	body    string
	headers map[string]string
}

func (m mock) template() *map[string]*string {
	if m.body == "" {
		return nil
	}
	return texts(map[string]string{"application/json": m.body})
}

// addMock answers method on resource with m. Since the API takes all bodies as
// binary, request and response must be made text again, or the answer is a 500;
// and a content type without a template is refused, or its body, passed through,
// would make the answer a 500 too.
func addMock(resource awsapigateway.IResource, method string, m mock) {
	declared, values := map[string]*bool{}, map[string]string{}
	for name, value := range m.headers {
		declared["method.response.header."+name] = jsii.Bool(true)
		values["method.response.header."+name] = quoted(value)
	}
	integration := awsapigateway.NewMockIntegration(&awsapigateway.IntegrationOptions{
		ContentHandling:     awsapigateway.ContentHandling_CONVERT_TO_TEXT,
		PassthroughBehavior: awsapigateway.PassthroughBehavior_NEVER,
		RequestTemplates:    texts(map[string]string{"application/json": `{"statusCode":` + m.status + `}`}),
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

// addGatewayResponses lets a browser read what the API refuses by itself, and tells
// every client when to come back.
// It cannot compare here: with a list of origins it reflects any, for an answer that
// tells nothing of anybody.
func addGatewayResponses(api awsapigateway.RestApi, origins []string) {
	readable := map[string]string{
		"Access-Control-Allow-Origin":   quoted("*"),
		"Access-Control-Expose-Headers": quoted("Retry-After"),
	}
	if len(origins) > 0 {
		readable["Access-Control-Allow-Origin"] = "method.request.header.Origin"
		readable["Access-Control-Allow-Credentials"] = quoted("true")
		readable["Vary"] = quoted("Origin")
	}
	later := maps.Clone(readable)
	later["Retry-After"] = quoted("1")
	// In this order always: the API's deployment is named after a hash of all it has.
	for _, response := range []struct {
		id      string
		kind    awsapigateway.ResponseType
		headers map[string]string
	}{
		{"Default4xx", awsapigateway.ResponseType_DEFAULT_4XX(), readable},
		{"Default5xx", awsapigateway.ResponseType_DEFAULT_5XX(), later},
		{"Throttled", awsapigateway.ResponseType_THROTTLED(), later},
	} {
		api.AddGatewayResponse(jsii.String(response.id), &awsapigateway.GatewayResponseOptions{
			Type: response.kind, ResponseHeaders: texts(response.headers),
		})
	}
}

// quoted marks text as a constant in a mapping.
func quoted(text string) string { return "'" + text + "'" }

// accessLog returns the format of a line of the access log. It says how a request
// went and nothing that the client chose: no address, path, query, header or body.
// Everything is quoted, since what is not known is written as a bare hyphen.
func accessLog() string {
	var fields []string
	for _, field := range [][2]string{
		{"time", "$context.requestTimeEpoch"},
		{"request_id", "$context.requestId"},
		{"extended_request_id", "$context.extendedRequestId"},
		{"trace_id", "$context.xrayTraceId"},
		{"method", "$context.httpMethod"},
		{"resource", "$context.resourcePath"},
		{"status", "$context.status"},
		{"error", "$context.error.responseType"},
		{"latency_ms", "$context.responseLatency"},
		{"integration_latency_ms", "$context.integration.latency"},
		{"integration_status", "$context.integration.integrationStatus"},
		{"function_status", "$context.integration.status"},
		{"response_bytes", "$context.responseLength"},
		{"protocol", "$context.protocol"},
		{"tls_version", "$context.tlsVersion"},
		{"cipher_suite", "$context.cipherSuite"},
	} {
		fields = append(fields, `"`+field[0]+`":"`+field[1]+`"`)
	}
	return "{" + strings.Join(fields, ",") + "}"
}
