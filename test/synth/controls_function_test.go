package synth

import (
	"fmt"
	"strings"
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
// rule, of this account.
func isOneCaller(s *stack, r resource) string {
	if r.Properties["SourceAccount"] != account {
		return fmt.Sprintf("takes calls from account %v", r.Properties["SourceAccount"])
	}
	if arn := s.text(r.Properties["SourceArn"]); strings.Contains(arn, "*") || !strings.HasPrefix(arn, "arn:") {
		return fmt.Sprintf("takes calls from %q, not from one source", arn)
	}
	return ""
}

func hasSeveralZones(_ *stack, r resource) string {
	vpc := r.Properties["VpcConfig"]
	if subnets, _ := at(vpc, "SubnetIds").([]any); vpc != nil && len(subnets) < 2 {
		return fmt.Sprintf("is in %d subnets", len(subnets))
	}
	return ""
}
