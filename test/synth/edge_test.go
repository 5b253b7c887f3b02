package synth

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/ingest"
)

// methods are everything that the API answers, and how.
var methods = []string{
	"GET / MOCK 200 {\"status\":\"ok\"}",
	"GET /events AWS_PROXY IngestLive",
	"GET /{proxy+} AWS_PROXY IngestLive",
	"HEAD / MOCK 200 ",
	"OPTIONS / MOCK 204 ",
	"OPTIONS /events MOCK 204 ",
	"OPTIONS /{proxy+} MOCK 204 ",
	"POST / AWS_PROXY IngestLive",
	"POST /events AWS_PROXY IngestLive",
	"POST /{proxy+} AWS_PROXY IngestLive",
}

// methodsOf returns what an API answers, as methods has it.
func methodsOf(s *stack) (got []string) {
	for _, r := range s.resources("AWS::ApiGateway::Method") {
		got = append(got, describe(s, r))
	}
	slices.Sort(got)
	return got
}

func TestEdgeAnswersExactlyThis(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		want := methods
		if environmentOf(t, s).Worldwide() {
			want = slices.Sorted(slices.Values(append(slices.Clone(methods), "GET /health AWS_PROXY IngestLive")))
		}
		if diff := cmp.Diff(want, methodsOf(s)); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestFewerClientsHaveFewerMethods: of the variants one has clients without GET, the
// other none.
func TestFewerClientsHaveFewerMethods(t *testing.T) {
	for stage, gone := range map[string][]string{
		"Everything": {"GET /events ", "GET /{proxy+} "},
		"Closed":     {"GET /events ", "/{proxy+} "},
	} {
		want := slices.DeleteFunc(slices.Clone(methods), func(method string) bool {
			return slices.ContainsFunc(gone, func(part string) bool { return strings.Contains(method, part) })
		})
		if diff := cmp.Diff(want, methodsOf(variant(t, stage, "Pipeline"))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", stage, diff)
		}
	}
}

// TestAnUnknownPathIsToldSo instead of asking for a token.
func TestAnUnknownPathIsToldSo(t *testing.T) {
	for _, s := range everyStack() {
		for _, r := range s.resources("AWS::ApiGateway::GatewayResponse") {
			if r.Properties["ResponseType"] != "MISSING_AUTHENTICATION_TOKEN" {
				continue
			}
			text := at(r.Properties, "ResponseTemplates", "application/json")
			if text != clients.NoSuchPath || r.Properties["StatusCode"] != "404" {
				t.Errorf("%s: %v %v", s.title(), r.Properties["StatusCode"], text)
			}
		}
	}
}

// directiveEnd ends what a template does before its text.
const directiveEnd = "#end"

func describe(s *stack, r resource) string {
	path := map[string]string{
		"EdgeApievents": "/events", "EdgeApiproxy": "/{proxy+}", "EdgeApihealth": "/health",
	}[s.text(r.Properties["ResourceId"])]
	if path == "" {
		path = "/"
	}
	integration := r.Properties["Integration"]
	answer := "IngestLive"
	if at(integration, "Type") == "MOCK" {
		response := at(integration, "IntegrationResponses").([]any)[0]
		body, _ := at(response, "ResponseTemplates", "application/json").(string)
		answer = at(response, "StatusCode").(string) + " " + body[strings.LastIndex(body, directiveEnd)+len(directiveEnd):]
	} else if !strings.Contains(s.text(at(integration, "Uri")), "functions/IngestLive/invocations") {
		answer = s.text(at(integration, "Uri"))
	}
	return strings.Join([]string{r.Properties["HttpMethod"].(string), path, at(integration, "Type").(string), answer},
		" ")
}

func TestEdgePassesBytesUntouched(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		api := s.the(t, "EdgeApi")
		want := "Types=EDGE"
		if s.Region != "" { // its clients come from Front's location
			want = "Types=REGIONAL"
		}
		if got := s.text(api.Properties["EndpointConfiguration"]); got != want {
			t.Errorf("endpoint is %q, want %q", got, want)
		}
		if got := s.text(api.Properties["BinaryMediaTypes"]); got != "*/*" {
			t.Errorf("binary media types are %q", got)
		}
	})
}

// TestMocksAreText keeps the API's own answers from being a 500: with all media
// types binary, a mock must turn request and response back into text, and must
// refuse a content type that it has no template for.
func TestMocksAreText(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		for _, r := range s.resources("AWS::ApiGateway::Method") {
			integration := r.Properties["Integration"]
			if at(integration, "Type") != "MOCK" {
				continue
			}
			response := at(integration, "IntegrationResponses").([]any)[0]
			if at(integration, "ContentHandling") != "CONVERT_TO_TEXT" ||
				at(response, "ContentHandling") != "CONVERT_TO_TEXT" {
				t.Errorf("%s does not convert to text", r.ID)
			}
			if at(integration, "PassthroughBehavior") != "NEVER" {
				t.Errorf("%s passes bodies through", r.ID)
			}
			if at(integration, "RequestTemplates", "text/html") == nil {
				t.Errorf("%s refuses what an uptime monitor sends", r.ID)
			}
		}
	})
}

func TestPreflightIsKeptForADay(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		for _, r := range s.resources("AWS::ApiGateway::Method") {
			if r.Properties["HttpMethod"] != "OPTIONS" {
				continue
			}
			for header, want := range map[string]string{
				"Access-Control-Allow-Origin": "'*'", "Access-Control-Max-Age": "'86400'",
			} {
				if got := mockHeaders(t, r)[header]; got != want {
					t.Errorf("%s: %s is %v, want %s", r.ID, header, got, want)
				}
			}
			if allowed := mockHeaders(t, r)["Access-Control-Allow-Headers"]; !strings.Contains(allowed,
				"Authorization,") {
				t.Errorf("%s allows %s: the wildcard does not mean Authorization", r.ID, allowed)
			}
		}
	})
}

// mockHeaders are the mappings of a mock's only answer, each of which its method
// response declares, as API Gateway asks.
func mockHeaders(t *testing.T, r resource) map[string]string {
	t.Helper()
	response := at(r.Properties["Integration"], "IntegrationResponses").([]any)[0]
	declared := at(r.Properties["MethodResponses"].([]any)[0], "ResponseParameters").(map[string]any)
	headers := map[string]string{}
	for key, value := range at(response, "ResponseParameters").(map[string]any) {
		if declared[key] != true {
			t.Errorf("%s does not declare %s", r.ID, key)
		}
		headers[strings.TrimPrefix(key, "method.response.header.")] = value.(string)
	}
	return headers
}

// TestEveryAnswerHasTheHeadersOfIngest: the API's own answers have them too, but for the
// Content-Type of a gateway response, which is that of its template.
func TestEveryAnswerHasTheHeadersOfIngest(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		for _, always := range ingest.Headers {
			want := "'" + always.Value + "'"
			for _, r := range s.resources("AWS::ApiGateway::Method") {
				if at(r.Properties["Integration"], "Type") == "MOCK" && mockHeaders(t, r)[always.Name] != want {
					t.Errorf("%s: %s is %s, want %s", r.ID, always.Name, mockHeaders(t, r)[always.Name], want)
				}
			}
			for _, r := range s.resources("AWS::ApiGateway::GatewayResponse") {
				got := at(r.Properties, "ResponseParameters", "gatewayresponse.header."+always.Name)
				if always.Name != "Content-Type" && got != want {
					t.Errorf("%s: %s is %v, want %s", r.ID, always.Name, got, want)
				}
			}
		}
	})
}

// TestBrowsersCanReadRefusals: a page gets its own origin back, as from Ingest.
func TestBrowsersCanReadRefusals(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		found := map[string]string{}
		for _, r := range s.resources("AWS::ApiGateway::GatewayResponse") {
			header := func(name string) any { return at(r.Properties, "ResponseParameters", "gatewayresponse.header."+name) }
			if header("Access-Control-Allow-Origin") != "method.request.header.Origin" ||
				header("Access-Control-Allow-Credentials") != "'true'" || header("Vary") != "'Origin'" {
				t.Errorf("%s has %s", r.ID, s.text(r.Properties["ResponseParameters"]))
			}
			found[r.Properties["ResponseType"].(string)] = fmt.Sprint(header("Retry-After"))
		}
		want := map[string]string{
			"DEFAULT_4XX": "<nil>", "DEFAULT_5XX": "'1'", "MISSING_AUTHENTICATION_TOKEN": "<nil>", "THROTTLED": "'1'",
		}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("Retry-After (-want +got)\n%s", diff)
		}
	})
}

// TestRefusalsReflectNoOriginBesideAList: a mapping cannot compare, so that any page would
// be told that it may read with credentials.
func TestRefusalsReflectNoOriginBesideAList(t *testing.T) {
	for _, stage := range []string{"Everything", "ThreeStreams"} {
		for _, r := range variant(t, stage, "Pipeline").resources("AWS::ApiGateway::GatewayResponse") {
			parameters := r.Properties["ResponseParameters"].(map[string]any)
			if got := parameters["gatewayresponse.header.Access-Control-Allow-Origin"]; got != "'*'" {
				t.Errorf("%s: %s lets %v read", stage, r.ID, got)
			}
			if got, found := parameters["gatewayresponse.header.Access-Control-Allow-Credentials"]; found {
				t.Errorf("%s: %s has credentials %v", stage, r.ID, got)
			}
		}
	}
}

// TestClientsSpeakTLS12: the policy of every API and domain is one that API Gateway takes
// for its type of endpoint, with the access mode that it asks for. A regional one must take
// TLS 1.2, because Route 53's health checkers speak no other.
func TestClientsSpeakTLS12(t *testing.T) {
	for _, s := range everyStack() {
		for _, r := range s.resources("AWS::ApiGateway::RestApi", "AWS::ApiGateway::DomainName") {
			policy, _ := r.Properties["SecurityPolicy"].(string)
			fits := environment.TLSPolicy(policy).Validate() == nil
			if s.text(r.Properties["EndpointConfiguration"]) == "Types=REGIONAL" {
				fits = strings.HasPrefix(policy, "SecurityPolicy_TLS13_1_2_")
			}
			if !fits || r.Properties["EndpointAccessMode"] != "STRICT" {
				t.Errorf("%s: %s has the policy %q, access mode %v", s.title(), r.ID, policy,
					r.Properties["EndpointAccessMode"])
			}
		}
	}
}

func TestEveryMethodIsThrottledAndWritesNoBodies(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		settings := s.the(t, "EdgeApiDeploymentStagev1").Properties["MethodSettings"].([]any)
		env := environmentOf(t, s)
		throttle := env.Throttle
		want := []any{map[string]any{
			"HttpMethod": "*", "ResourcePath": "/*",
			"ThrottlingRateLimit":  float64(throttle.RatePerSecond),
			"ThrottlingBurstLimit": float64(throttle.Burst),
			"DataTraceEnabled":     false, "LoggingLevel": "ERROR", "MetricsEnabled": false,
		}}
		if env.Worldwide() { // a flood of events must not look like a lost region
			health := maps.Clone(want[0].(map[string]any))
			health["HttpMethod"], health["ResourcePath"] = "GET", "/~1health"
			health["ThrottlingRateLimit"], health["ThrottlingBurstLimit"] = 50.0, 100.0
			want = append(want, health)
		}
		if diff := cmp.Diff(want, settings); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestAccessLogSaysNothingPersonal allows only variables that a client cannot
// write into and that say nothing about who it is.
func TestAccessLogSaysNothingPersonal(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		allowed := []string{
			"requestTimeEpoch", "requestId", "extendedRequestId", "xrayTraceId", "httpMethod", "resourcePath", "status",
			"error.responseType", "responseLatency", "integration.latency", "integration.integrationStatus",
			"integration.status", "responseLength", "protocol", "tlsVersion", "cipherSuite",
		}
		format := at(s.the(t, "EdgeApiDeploymentStagev1").Properties, "AccessLogSetting", "Format").(string)
		line := decodeObject(t, format)
		for _, field := range slices.Sorted(maps.Keys(line)) {
			variable, _ := strings.CutPrefix(line[field].(string), "$context.")
			if !slices.Contains(allowed, variable) {
				t.Errorf("field %s is %s, which is not among the allowed", field, line[field])
			}
		}
	})
}

func TestTracingOnlyWhereSet(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		want := environmentOf(t, s).Tracing
		if got := s.the(t, "EdgeApiDeploymentStagev1").Properties["TracingEnabled"]; got != want {
			t.Errorf("API is traced: %v, want %v", got, want)
		}
		for _, r := range s.resources("AWS::Lambda::Function") {
			if got := at(r.Properties["TracingConfig"], "Mode") == "Active"; got != want {
				t.Errorf("%s is traced: %v, want %v", r.ID, got, want)
			}
		}
	})
}
