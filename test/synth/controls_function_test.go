package synth

import (
	"fmt"
	"strings"
	"testing"
)

const (
	function   = "AWS::Lambda::Function"
	permission = "AWS::Lambda::Permission"
)

var functionControls = []control{
	{
		"AwsSolutions-L1", "functions use the latest runtime",
		every(function, is("provided.al2023", "Runtime")), set(function, "Runtime", "provided.al2"),
	},
	{
		"Lambda.1", "functions cannot be called by everybody",
		every(permission, isOneCaller), set(permission, "SourceArn", "arn:aws:execute-api:us-east-1:111111111111:*"),
	},
	{
		"Lambda.2", "functions use a supported runtime",
		every(function, is("provided.al2023", "Runtime")), set(function, "Runtime", "go1.x"),
	},
	{
		"Lambda.3", "functions are in a VPC",
		every(function, must("VpcConfig")), add(function, `{}`),
	},
	{
		"Lambda.5", "functions in a VPC are in several of its zones",
		every(function, hasSeveralZones), set(function, "VpcConfig", map[string]any{"SubnetIds": []any{"one"}}),
	},
	{
		"Lambda.7", "functions are traced by X-Ray",
		every(function, is("Active", "TracingConfig", "Mode")), set(function, "TracingConfig", nil),
	},
}

// isOneCaller is narrower than Lambda.1: the caller is one stage and method, or one
// rule, whose ARN names this account. SourceAccount would say the same, but Lambda
// refuses the call of a service that does not send it.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
func isOneCaller(s *stack, r resource) string {
	if asked := r.Properties["SourceAccount"]; asked != nil {
		return fmt.Sprintf("asks %v for SourceAccount %v, which it does not send", r.Properties["Principal"], asked)
	}
	arn := s.text(r.Properties["SourceArn"])
	ours := strings.HasPrefix(arn, "arn:") && strings.Contains(arn, ":"+account+":") ||
		strings.HasSuffix(arn, ".Arn") // of a resource beside it
	// {proxy+}, which any path may stand for, is the one source that is a pattern.
	path := strings.TrimSuffix(strings.TrimSuffix(arn, "/POST/*"), "/GET/*")
	if strings.Contains(path, "*") || !ours {
		return fmt.Sprintf("takes calls from %q, not from one source of this account", arn)
	}
	return ""
}

// TestPermissionsAskForWhatIsSent breaks each permission in every way that would let too
// many in, or nobody.
func TestPermissionsAskForWhatIsSent(t *testing.T) {
	for _, property := range []struct{ name, value string }{
		{"SourceAccount", account},
		{"SourceArn", "arn:aws:execute-api:us-east-1:222222222222:api/v1/POST/"},
		{"SourceArn", "arn:aws:execute-api:us-east-1:" + account + ":api/*"},
		{"SourceArn", ""},
	} {
		each(t, "Pipeline", func(t *testing.T, s *stack) {
			broken := s.copy(t)
			set(permission, property.name, property.value)(broken)
			for _, r := range broken.resources(permission) {
				if isOneCaller(broken, r) == "" {
					t.Errorf("%s with the %s %q passes", r.ID, property.name, property.value)
				}
			}
		})
	}
}

func hasSeveralZones(_ *stack, r resource) string {
	vpc := r.Properties["VpcConfig"]
	if subnets, _ := at(vpc, "SubnetIds").([]any); vpc != nil && len(subnets) < 2 {
		return fmt.Sprintf("is in %d subnets", len(subnets))
	}
	return ""
}
