package synth

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// methods are everything that the API answers, and how.
var methods = []string{
	"GET / MOCK 200 {\"status\":\"ok\"}",
	"OPTIONS / MOCK 204 ",
	"OPTIONS /events MOCK 204 ",
	"POST / AWS_PROXY IngestLive",
	"POST /events AWS_PROXY IngestLive",
}

func TestEdgeAnswersExactlyThis(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		var got []string
		for _, r := range s.resources("AWS::ApiGateway::Method") {
			got = append(got, describe(s, r))
		}
		slices.Sort(got)
		if diff := cmp.Diff(methods, got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func describe(s *stack, r resource) string {
	path := "/"
	if s.text(r.Properties["ResourceId"]) == "EdgeApievents" {
		path = "/events"
	}
	integration := r.Properties["Integration"]
	answer := "IngestLive"
	if at(integration, "Type") == "MOCK" {
		response := at(integration, "IntegrationResponses").([]any)[0]
		body, _ := at(response, "ResponseTemplates", "application/json").(string)
		answer = at(response, "StatusCode").(string) + " " + body
	} else if !strings.Contains(s.text(at(integration, "Uri")), "functions/IngestLive/invocations") {
		answer = s.text(at(integration, "Uri"))
	}
	return strings.Join([]string{r.Properties["HttpMethod"].(string), path, at(integration, "Type").(string), answer}, " ")
}

func TestEdgePassesBytesUntouched(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		api := s.the(t, "EdgeApi")
		if got := s.text(api.Properties["EndpointConfiguration"]); got != "Types=EDGE" {
			t.Errorf("endpoint is %q", got)
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
			if at(integration, "ContentHandling") != "CONVERT_TO_TEXT" || at(response, "ContentHandling") != "CONVERT_TO_TEXT" {
				t.Errorf("%s does not convert to text", r.ID)
			}
			if at(integration, "PassthroughBehavior") != "NEVER" {
				t.Errorf("%s passes bodies through", r.ID)
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
			response := at(r.Properties["Integration"], "IntegrationResponses").([]any)[0]
			headers := at(response, "ResponseParameters").(map[string]any)
			declared := at(r.Properties["MethodResponses"].([]any)[0], "ResponseParameters").(map[string]any)
			for header, want := range map[string]string{"Access-Control-Allow-Origin": "'*'", "Access-Control-Max-Age": "'86400'"} {
				key := "method.response.header." + header
				if headers[key] != want || declared[key] != true {
					t.Errorf("%s: %s is %v (declared: %v), want %s", r.ID, header, headers[key], declared[key], want)
				}
			}
		}
	})
}

func TestBrowsersCanReadRefusals(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		found := map[string]string{}
		for _, r := range s.resources("AWS::ApiGateway::GatewayResponse") {
			found[r.Properties["ResponseType"].(string)] = s.text(r.Properties["ResponseParameters"])
		}
		const readable = "gatewayresponse.header.Access-Control-Allow-Origin='*' gatewayresponse.header.Access-Control-Expose-Headers='Retry-After'"
		const later = readable + " gatewayresponse.header.Retry-After='1'"
		want := map[string]string{"DEFAULT_4XX": readable, "DEFAULT_5XX": later, "THROTTLED": later}
		if diff := cmp.Diff(want, found); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

func TestEveryMethodIsThrottledAndWritesNoBodies(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		settings := s.the(t, "EdgeApiDeploymentStagev1").Properties["MethodSettings"].([]any)
		throttle := environmentOf(t, s).Throttle
		want := []any{map[string]any{
			"HttpMethod": "*", "ResourcePath": "/*",
			"ThrottlingRateLimit":  float64(throttle.RatePerSecond),
			"ThrottlingBurstLimit": float64(throttle.Burst),
			"DataTraceEnabled":     false, "LoggingLevel": "ERROR", "MetricsEnabled": true,
		}}
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
