package synth

import (
	"maps"
	"slices"
	"strings"
)

var accessControls = []control{
	{
		"AwsSolutions-IAM4", "roles have no policies that AWS manages",
		managedPolicies, add("AWS::IAM::Role", `{"ManagedPolicyArns":["arn:aws:iam::aws:policy/AdministratorAccess"]}`),
	},
	{
		"AwsSolutions-IAM5", "permissions have no wildcards",
		permissions(hasWildcard), allowing("s3:GetObject", "arn:aws:s3:::*"),
	},
	{
		"IAM.1", "nobody may do everything",
		permissions(func(action, on string) bool { return action == "*" && on == "*" }), allowing("*", "*"),
	},
	{
		"IAM.21", "nobody may do everything with a service",
		permissions(func(action, _ string) bool { return strings.HasSuffix(action, "*") }),
		allowing("s3:*", "arn:aws:s3:::lake/a"),
	},
	{
		"KMS.1", "policies decrypt with one key, not all",
		permissions(decryptsWithAnyKey), allowing("kms:Decrypt", "arn:aws:kms:us-east-1:111111111111:key/*"),
	},
	{
		"KMS.2", "inline policies decrypt with one key, not all",
		permissions(decryptsWithAnyKey), allowing("kms:ReEncryptFrom", "*"),
	},
}

func managedPolicies(s *stack) (found []finding) {
	for _, r := range s.resources("AWS::IAM::Role") {
		if arns := s.text(r.Properties["ManagedPolicyArns"]); strings.Contains(arns, ":iam::aws:policy/") {
			found = append(found, finding{name(r.ID), "has " + arns})
		}
	}
	return found
}

// permissions finds what roles are allowed that refused says no to.
func permissions(refused func(action, on string) bool) func(*stack) []finding {
	return func(s *stack) (found []finding) {
		documents := s.documents()
		for _, role := range slices.Sorted(maps.Keys(documents)) {
			for _, document := range documents[role] {
				for _, p := range s.allowed(document) {
					if refused(p.action, p.on) {
						found = append(found, finding{role + ": " + p.on, "may " + p.action})
					}
				}
			}
		}
		return found
	}
}

// permitted is one action on one resource.
type permitted struct{ action, on string }

// allowed returns every pair that a policy document allows.
func (s *stack) allowed(document any) (all []permitted) {
	statements, _ := at(document, "Statement").([]any)
	for _, statement := range statements {
		if at(statement, "Effect") != "Allow" {
			continue
		}
		for _, action := range elements(at(statement, "Action")) {
			for _, on := range elements(at(statement, "Resource")) {
				all = append(all, permitted{s.text(action), s.text(on)})
			}
		}
	}
	return all
}

// elements returns the elements of v, which is one of itself if it is no list.
func elements(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func hasWildcard(action, on string) bool {
	return strings.Contains(action, "*") || strings.Contains(on, "*")
}

func decryptsWithAnyKey(action, on string) bool {
	decrypts := slices.Contains([]string{"kms:Decrypt", "kms:ReEncryptFrom", "kms:*", "*"}, action)
	return decrypts && (on == "*" || strings.HasSuffix(on, ":key/*"))
}

// allowing breaks the templates by a role that may do action on a resource.
func allowing(action, on string) func(*stack) {
	return add("AWS::IAM::Role",
		`{"Policies":[{"PolicyDocument":{"Statement":[{"Effect":"Allow","Action":["`+action+`"],"Resource":"`+on+`"}]}}]}`)
}
