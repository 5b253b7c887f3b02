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
		"AwsSolutions-CFR1", "the distribution restricts countries",
		every(distribution, must("DistributionConfig", "Restrictions", "GeoRestriction")), add(distribution, `{}`),
	},
	{
		"AwsSolutions-CFR2", "the distribution has a web ACL",
		every(distribution, must("DistributionConfig", "WebACLId")), set(distribution, "DistributionConfig.WebACLId", nil),
	},
	{
		"AwsSolutions-CFR3", "the distribution has access logs",
		every(distribution, must("DistributionConfig", "Logging")), add(distribution, `{}`),
	},
	{
		"AwsSolutions-CFR4", "viewers speak no TLS that is broken",
		every(distribution, viewersSpeak("TLSv1.1_2016", "TLSv1.2_", "TLSv1.3_")),
		set(distribution, "DistributionConfig.ViewerCertificate.MinimumProtocolVersion", "TLSv1_2016"),
	},
	{
		"AwsSolutions-CFR5", "the distribution speaks no broken TLS to its origins",
		every(distribution, speaksTLS12ToOrigins),
		set(distribution, "DistributionConfig.Origins.0.CustomOriginConfig.OriginSSLProtocols", []any{"SSLv3"}),
	},
	{
		"CloudFront.1", "distributions have a default root object",
		every(distribution, must("DistributionConfig", "DefaultRootObject")), add(distribution, `{}`),
	},
	{
		"CloudFront.3", "distributions ask viewers for encryption",
		every(distribution, is("https-only", "DistributionConfig", "DefaultCacheBehavior", "ViewerProtocolPolicy")),
		set(distribution, "DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy", "allow-all"),
	},
	{
		"CloudFront.4", "distributions fail over to a second origin",
		every(distribution, must("DistributionConfig", "OriginGroups")), add(distribution, `{}`),
	},
	{
		"CloudFront.5", "distributions have access logs",
		every(distribution, must("DistributionConfig", "Logging")), add(distribution, `{}`),
	},
	{
		"CloudFront.6", "distributions have a web ACL",
		every(distribution, must("DistributionConfig", "WebACLId")), set(distribution, "DistributionConfig.WebACLId", nil),
	},
	{
		"CloudFront.7", "distributions use a certificate of their own",
		every(distribution, must("DistributionConfig", "ViewerCertificate", "AcmCertificateArn")),
		set(distribution, "DistributionConfig.ViewerCertificate.AcmCertificateArn", nil),
	},
	{
		"CloudFront.8", "distributions serve HTTPS by SNI",
		every(distribution, is("sni-only", "DistributionConfig", "ViewerCertificate", "SslSupportMethod")),
		set(distribution, "DistributionConfig.ViewerCertificate.SslSupportMethod", "vip"),
	},
	{
		"CloudFront.9", "distributions encrypt what they send to origins",
		every(distribution, encryptsToOrigins),
		set(distribution, "DistributionConfig.Origins.0.CustomOriginConfig.OriginProtocolPolicy", "http-only"),
	},
	{
		"CloudFront.10", "distributions speak no deprecated TLS to origins",
		every(distribution, speaksTLS12ToOrigins),
		set(distribution, "DistributionConfig.Origins.0.CustomOriginConfig.OriginSSLProtocols", []any{"TLSv1"}),
	},
	{
		"CloudFront.15", "distributions use a recommended security policy",
		every(distribution, viewersSpeak("TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025")), add(distribution, `{}`),
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

const (
	webACL       = "AWS::WAFv2::WebACL"
	distribution = "AWS::CloudFront::Distribution"
)

// viewersSpeak is the check that the security policy towards viewers begins like one of these.
func viewersSpeak(policies ...string) func(*stack, resource) string {
	return func(_ *stack, r resource) string {
		got, _ := at(r.Properties, "DistributionConfig", "ViewerCertificate", "MinimumProtocolVersion").(string)
		for _, policy := range policies {
			if strings.HasPrefix(got, policy) {
				return ""
			}
		}
		return fmt.Sprintf("has the security policy %q", got)
	}
}

func speaksTLS12ToOrigins(s *stack, r resource) string {
	for _, origin := range elements(at(r.Properties, "DistributionConfig", "Origins")) {
		if got := s.text(at(origin, "CustomOriginConfig", "OriginSSLProtocols")); got != "TLSv1.2" {
			return "speaks " + got + " to an origin"
		}
	}
	return ""
}

func encryptsToOrigins(_ *stack, r resource) string {
	for _, origin := range elements(at(r.Properties, "DistributionConfig", "Origins")) {
		if got := at(origin, "CustomOriginConfig", "OriginProtocolPolicy"); got != "https-only" {
			return fmt.Sprintf("sends to an origin by %v", got)
		}
	}
	return ""
}

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
