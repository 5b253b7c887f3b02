package world

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"global-ingest/infra/assembly"
	"global-ingest/test/simulator"
)

const pipelineText = `{"Resources": {
	"Api": {"Type": "AWS::ApiGateway::RestApi"},
	"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "v1"}},
	"Domain": {"Type": "AWS::ApiGateway::DomainName", "Properties": {
		"DomainName": "origin.example.com", "EndpointConfiguration": {"Types": ["REGIONAL"]}}},
	"Health": {"Type": "AWS::Route53::HealthCheck", "Properties": {"HealthCheckConfig": {
		"FullyQualifiedDomainName": {"Fn::Join": ["", [
			{"Ref": "Api"}, ".execute-api.", {"Ref": "AWS::Region"}, ".", {"Ref": "AWS::URLSuffix"}]]},
		"ResourcePath": {"Fn::Join": ["", ["/", {"Ref": "Stage"}, "/health"]]},
		"RequestInterval": 30, "FailureThreshold": 2}}},
	"Record": {"Type": "AWS::Route53::RecordSet", "Properties": {
		"Name": "origin.example.com.", "Type": "A", "SetIdentifier": "REGION", "Region": "REGION",
		"HealthCheckId": {"Fn::GetAtt": ["Health", "HealthCheckId"]},
		"AliasTarget": {"DNSName": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]},
			"HostedZoneId": {"Fn::GetAtt": ["Domain", "RegionalHostedZoneId"]}}}}
}}`

const frontText = `{"Resources": {
	"Function": {"Type": "AWS::CloudFront::Function", "Properties": {"Name": "f", "FunctionCode": "CODE"}},
	"Policy": {"Type": "AWS::CloudFront::ResponseHeadersPolicy", "Properties": {"ResponseHeadersPolicyConfig": {
		"CorsConfig": {"AccessControlAllowOrigins": {"Items": ["*"]}, "OriginOverride": false}}}},
	"Front": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": {
		"Aliases": ["events.example.com"],
		"Origins": [{"Id": "origin", "DomainName": "origin.example.com", "ConnectionAttempts": 2, "ConnectionTimeout": 2,
			"CustomOriginConfig": {"OriginReadTimeout": 5, "OriginKeepaliveTimeout": 60}}],
		"DefaultCacheBehavior": {"TargetOriginId": "origin", "ResponseHeadersPolicyId": {"Ref": "Policy"} ASSOCIATION}}}}
}}`

// handWritten returns the templates of three regions behind a front with this function, or none.
func handWritten(t *testing.T, function string) (templates []*simulator.Template) {
	t.Helper()
	read := func(stack, region, text string) {
		path := filepath.Join(t.TempDir(), "template.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		template, err := assembly.ReadTemplate(path, stack, simulator.Place{Account: "111111111111", Region: region})
		if err != nil {
			t.Fatal(err)
		}
		templates = append(templates, template)
	}
	for _, region := range []string{"home", "europe", "asia"} {
		read("Test-"+region+"-Pipeline", region, strings.ReplaceAll(pipelineText, "REGION", region))
	}
	code := strings.NewReplacer("\n", `\n`, "\t", " ").Replace(function)
	association := ""
	if function != "" {
		association = `, "FunctionAssociations": [{"EventType": "viewer-request",
			"FunctionARN": {"Fn::GetAtt": ["Function", "FunctionARN"]}}]`
	}
	read("Test-Front", "us-east-1", strings.NewReplacer("CODE", code, "ASSOCIATION", association).Replace(frontText))
	return templates
}

func TestTheTemplatesSayWhatStandsInFrontOfTheRegions(t *testing.T) {
	p := behind(t, "")
	if len(p.regions) != 3 || len(p.records) != 3 || len(p.checks) != 3 || len(p.hosts) != 6 {
		t.Fatalf("%d regions, %d records, %d checks, %d hosts", len(p.regions), len(p.records), len(p.checks),
			len(p.hosts))
	}
	for _, r := range p.records {
		c := p.checks[r.HealthCheckID]
		asked := p.hosts[c.FullyQualifiedDomainName]
		if asked != (host{r.Region, "v1"}) || c.ResourcePath != "/v1/health" {
			t.Errorf("the check of %s asks %s%s", r.Region, c.FullyQualifiedDomainName, c.ResourcePath)
		}
	}
}
