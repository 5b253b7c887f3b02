package simulator

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// scheduled is a stack of one function that a rule and an API may invoke, as the
// properties of their permissions say.
func scheduled(t *testing.T, ofRule, ofAPI string) []*Template {
	t.Helper()
	return []*Template{mustParse(t, "Dev", fmt.Sprintf(`{"Resources": {
		"Ingest": {"Type": "AWS::Lambda::Function", "Properties": {
			"Runtime": "provided.al2023", "Handler": "bootstrap", "Environment": {"Variables": {%q: "proxy"}}}},
		"Rule": {"Type": "AWS::Events::Rule", "Properties": {
			"ScheduleExpression": "rate(1 hour)", "Targets": [{"Id": "T", "Arn": {"Fn::GetAtt": ["Ingest", "Arn"]}}]}},
		"Other": {"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 hour)"}},
		"OfRule": {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Ref": "Ingest"}, %s}},
		"OfAPI": {"Type": "AWS::Lambda::Permission", "Properties": {"FunctionName": {"Fn::GetAtt": ["Ingest", "Arn"]}, %s}},
		"API": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"BinaryMediaTypes": ["*/*"]}},
		"Stage": {"Type": "AWS::ApiGateway::Stage", "Properties": {"RestApiId": {"Ref": "API"}, "StageName": "v1"}},
		"Post": {"Type": "AWS::ApiGateway::Method", "Properties": {
			"RestApiId": {"Ref": "API"}, "ResourceId": {"Fn::GetAtt": ["API", "RootResourceId"]}, "HttpMethod": "POST",
			"AuthorizationType": "NONE", "Integration": {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": {"Fn::Join": ["", [
				"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/", {"Fn::GetAtt": ["Ingest", "Arn"]}, "/invocations"]]}}}}
	}}`, actVariable, ofRule, ofAPI))}
}

const invokeAction = `"Action": "lambda:InvokeFunction", `

// TestARuleInvokesOnlyWhatItsPermissionAllows: EventBridge sends no source account, so a
// permission that asks for one keeps it out.
func TestARuleInvokesOnlyWhatItsPermissionAllows(t *testing.T) {
	const source = `"SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]}`
	for name, c := range map[string]struct{ permission, refusal string }{
		"its ARN":           {invokeAction + `"Principal": "events.amazonaws.com", ` + source, ""},
		"a pattern":         {invokeAction + `"Principal": "events.amazonaws.com", "SourceArn": "arn:aws:events:*:111111111111:rule/*"`, ""},
		"with an account":   {invokeAction + `"Principal": "events.amazonaws.com", "SourceAccount": "111111111111", ` + source, "leave SourceAccount out"},
		"another rule":      {invokeAction + `"Principal": "events.amazonaws.com", "SourceArn": {"Fn::GetAtt": ["Other", "Arn"]}`, "no AWS::Lambda::Permission"},
		"another service":   {invokeAction + `"Principal": "sns.amazonaws.com", ` + source, "no AWS::Lambda::Permission"},
		"another operation": {`"Action": "lambda:GetFunction", "Principal": "events.amazonaws.com", ` + source, "no AWS::Lambda::Permission"},
	} {
		t.Run(name, func(t *testing.T) {
			sim := mustStart(t, scheduled(t, c.permission, c.permission))
			err := sim.RunRule(t.Context(), "Rule", time.Now())
			if c.refusal == "" && err != nil {
				t.Error(err)
			}
			if c.refusal != "" && (!errors.Is(err, errNotPermitted) || !strings.Contains(err.Error(), c.refusal)) {
				t.Errorf("error is %v, want one with %q", err, c.refusal)
			}
		})
	}
}

// TestAnAPIInvokesOnlyWhatItsPermissionAllows: the client gets the answer of any fault of
// the configuration, and the console shows the cause.
func TestAnAPIInvokesOnlyWhatItsPermissionAllows(t *testing.T) {
	const api = invokeAction + `"Principal": "apigateway.amazonaws.com", "SourceArn": {"Fn::Join": ["", [
		"arn:aws:execute-api:us-east-1:111111111111:", {"Ref": "API"}, "%s"]]}`
	for name, c := range map[string]struct {
		source string
		status int
	}{
		"its method": {"/v1/POST/", http.StatusOK}, "any method": {"/*", http.StatusOK},
		"another path":  {"/v1/POST/events", http.StatusInternalServerError},
		"another stage": {"/v2/POST/", http.StatusInternalServerError},
	} {
		t.Run(name, func(t *testing.T) {
			notices := make(chan string, 10)
			permission := fmt.Sprintf(api, c.source)
			sim := mustStart(t, scheduled(t, permission, permission),
				func(o *Options) { o.Notice = func(sentence string) { notices <- sentence } })
			for range 2 {
				response, err := http.Post(sim.URL, "text/plain", strings.NewReader("fine"))
				if err != nil {
					t.Fatal(err)
				}
				response.Body.Close()
				if response.StatusCode != c.status {
					t.Errorf("answer is %d, want %d", response.StatusCode, c.status)
				}
			}
			if c.status == http.StatusOK {
				return
			}
			if said := <-notices; len(notices) > 0 || !strings.Contains(said, "no AWS::Lambda::Permission") {
				t.Errorf("the console showed %q and %d more, want the cause once", said, len(notices))
			}
		})
	}
}

// TestABucketAnnouncesOnlyWhereTheQueuesPolicyAllows, and S3 says so when the bucket is
// made.
func TestABucketAnnouncesOnlyWhereTheQueuesPolicyAllows(t *testing.T) {
	for change, value := range map[string]any{
		"Condition": map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": "222222222222"}},
		"Action":    "sqs:ReceiveMessage", "Principal": map[string]any{"Service": "sns.amazonaws.com"},
		"Effect": "Deny",
	} {
		templates := goldenTemplates(t, "Dev")
		policy := Properties(templates, "SpillQueuePolicy", "AWS::SQS::QueuePolicy")["PolicyDocument"].(map[string]any)
		for _, s := range policy["Statement"].([]any) {
			if s := s.(map[string]any); s["Action"] == "sqs:SendMessage" {
				s[change] = value
			}
		}
		if _, err := startDev(t, templates); !errors.Is(err, errNotPermitted) ||
			!strings.Contains(err.Error(), "s3.amazonaws.com") {
			t.Errorf("%s: error is %v, want that S3 may not send", change, err)
		}
	}
}
