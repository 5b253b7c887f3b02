package synth

import (
	"fmt"
	"strings"
)

const (
	apiStage  = "AWS::ApiGateway::Stage"
	apiMethod = "AWS::ApiGateway::Method"
)

var edgeControls = []control{
	{
		"AwsSolutions-APIG1", "the API has access logs",
		every(apiStage, must("AccessLogSetting", "DestinationArn")), set(apiStage, "AccessLogSetting", nil),
	},
	{
		"AwsSolutions-APIG2", "the API validates requests",
		every("AWS::ApiGateway::RestApi", validatesRequests), add("AWS::ApiGateway::RestApi", `{}`),
	},
	{
		"AwsSolutions-APIG3", "the API's stage has a web ACL",
		every(apiStage, hasWebACL), add(apiStage, `{"RestApiId":"other"}`),
	},
	{
		"AwsSolutions-APIG4", "every method asks for authorization",
		every(apiMethod, authorizes("AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS")),
		add(apiMethod, `{"HttpMethod":"PUT","AuthorizationType":"NONE"}`),
	},
	{
		"AwsSolutions-COG4", "every method asks a Cognito user pool",
		every(apiMethod, authorizes("COGNITO_USER_POOLS")),
		add(apiMethod, `{"HttpMethod":"PUT","AuthorizationType":"AWS_IAM"}`),
	},
	{
		"AwsSolutions-APIG6", "all methods have execution logs",
		every(apiStage, logsExecution), set(apiStage, "MethodSettings.0.HttpMethod", "GET"),
	},
	{
		"APIGateway.1", "REST APIs have execution logs",
		every(apiStage, logsExecution), set(apiStage, "MethodSettings.0.LoggingLevel", "OFF"),
	},
	{
		"APIGateway.2", "REST API stages show a client certificate to their backend",
		every(apiStage, must("ClientCertificateId")), add(apiStage, `{}`),
	},
	{
		"APIGateway.3", "REST API stages are traced by X-Ray",
		every(apiStage, must("TracingEnabled")), set(apiStage, "TracingEnabled", false),
	},
	{
		"APIGateway.4", "API Gateway is associated with a web ACL",
		every(apiStage, hasWebACL), add(apiStage, `{"RestApiId":"other"}`),
	},
	{
		"APIGateway.5", "REST API caches are encrypted",
		every(apiStage, encryptsCache), set(apiStage, "MethodSettings.0.CachingEnabled", true),
	},
	{
		"APIGateway.11", "domain names use a recommended security policy",
		every("AWS::ApiGateway::DomainName", hasModernTLS),
		add("AWS::ApiGateway::DomainName", `{"SecurityPolicy":"TLS_1_0"}`),
	},
	{
		"WAF.10", "web ACLs have at least one rule",
		every(webACL, must("Rules")), add(webACL, `{}`),
	},
	{
		"WAF.12", "rules of web ACLs have metrics",
		every(webACL, countsEveryRule), add(webACL, `{"Rules":[{"Name":"silent"}]}`),
	},
}

const webACL = "AWS::WAFv2::WebACL"

func validatesRequests(s *stack, api resource) string {
	for _, r := range s.resources("AWS::ApiGateway::RequestValidator") {
		if at(r.Properties["RestApiId"], "Ref") == api.ID && r.Properties["ValidateRequestBody"] == true {
			return ""
		}
	}
	return "has no request validator"
}

func hasWebACL(s *stack, stage resource) string {
	want := fmt.Sprintf("/restapis/%s/stages/%s", s.text(stage.Properties["RestApiId"]), name(stage.ID))
	for _, r := range s.resources("AWS::WAFv2::WebACLAssociation") {
		if strings.HasSuffix(s.text(r.Properties["ResourceArn"]), want) {
			return ""
		}
	}
	return "has no web ACL"
}

// authorizes passes OPTIONS: a browser's preflight carries no credentials.
func authorizes(kinds ...string) func(*stack, resource) string {
	return func(_ *stack, method resource) string {
		if method.Properties["HttpMethod"] == "OPTIONS" {
			return ""
		}
		for _, kind := range kinds {
			if method.Properties["AuthorizationType"] == kind {
				return ""
			}
		}
		return fmt.Sprintf("asks for %v", method.Properties["AuthorizationType"])
	}
}

func logsExecution(_ *stack, stage resource) string {
	settings, _ := stage.Properties["MethodSettings"].([]any)
	for _, setting := range settings {
		level := at(setting, "LoggingLevel")
		if at(setting, "HttpMethod") == "*" && at(setting, "ResourcePath") == "/*" &&
			(level == "ERROR" || level == "INFO") {
			return ""
		}
	}
	return "does not log every method's execution"
}

func encryptsCache(_ *stack, stage resource) string {
	settings, _ := stage.Properties["MethodSettings"].([]any)
	for _, setting := range settings {
		if at(setting, "CachingEnabled") == true && at(setting, "CacheDataEncrypted") != true {
			return "keeps answers in a cache that is not encrypted"
		}
	}
	return ""
}

func hasModernTLS(_ *stack, domain resource) string {
	policy, _ := domain.Properties["SecurityPolicy"].(string)
	for _, recommended := range []string{"TLS_1_2", "SecurityPolicy_TLS12_", "SecurityPolicy_TLS13_"} {
		if strings.HasPrefix(policy, recommended) {
			return ""
		}
	}
	return fmt.Sprintf("has the security policy %q", policy)
}

func countsEveryRule(_ *stack, acl resource) string {
	rules, _ := acl.Properties["Rules"].([]any)
	for _, rule := range rules {
		if at(rule, "VisibilityConfig", "CloudWatchMetricsEnabled") != true {
			return fmt.Sprintf("has a rule without metrics: %v", at(rule, "Name"))
		}
	}
	return ""
}
