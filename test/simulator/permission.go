package simulator

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// errNotPermitted says that a resource-based policy does not let a service in.
var errNotPermitted = errors.New("not permitted")

// caller is a service that calls a function or a queue on behalf of a resource.
type caller struct {
	service, source string
	account         string // empty: the service does not say whose resource it is
}

func (c caller) String() string { return c.service + " on behalf of " + c.source }

// The services that resource-based policies let in.
const (
	apiGateway  = "apigateway.amazonaws.com"
	eventBridge = "events.amazonaws.com"
	s3Service   = "s3.amazonaws.com"
)

// policyStatement is one statement of a resource-based policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
type policyStatement struct {
	Effect           string
	Principal        map[string]any
	Action, Resource any // a text, or a list of texts
	Condition        map[string]map[string]any
}

// permits says whether the policy lets c do action on resource: a statement allows it, and
// no statement denies it.
func permits(policy []policyStatement, c caller, action, resource string) (allowed bool, err error) {
	for _, s := range policy {
		matches, err := s.matches(c, action, resource)
		switch {
		case err != nil:
			return false, err
		case matches && s.Effect == "Deny":
			return false, nil
		case matches:
			allowed = true
		}
	}
	return allowed, nil
}

func (s policyStatement) matches(c caller, action, resource string) (bool, error) {
	if !s.names(c.service) || !anyLike(s.Action, action) || !anyLike(s.Resource, resource) {
		return false, nil
	}
	given := map[string]string{"aws:sourcearn": c.source, "aws:securetransport": "true"} // services speak TLS
	if c.account != "" {
		given["aws:sourceaccount"] = c.account
	}
	for operator, wants := range s.Condition {
		for key, want := range wants {
			holds, err := conditionHolds(operator, key, want, given)
			if err != nil || !holds {
				return false, err
			}
		}
	}
	return true, nil
}

// names says whether service is one of the statement's principals.
func (s policyStatement) names(service string) bool {
	return slices.Contains(texts(s.Principal["Service"]), service) || slices.Contains(texts(s.Principal["AWS"]), "*")
}

// conditionHolds supports the conditions that policies for services need. A key that the
// service does not send holds for no value.
func conditionHolds(operator, key string, want any, given map[string]string) (bool, error) {
	got, sent := given[strings.ToLower(key)]
	switch operator {
	case "StringEquals", "Bool":
		return sent && slices.Contains(texts(want), got), nil
	case "ArnLike":
		return sent && anyLike(want, got), nil
	default:
		return false, fmt.Errorf("condition %s is not supported by the simulator", operator)
	}
}

// texts returns a text, or a list of texts, as a list.
func texts(value any) (list []string) {
	all, isList := value.([]any)
	if !isList {
		return []string{fmt.Sprint(value)}
	}
	for _, element := range all {
		list = append(list, fmt.Sprint(element))
	}
	return list
}

// anyLike says whether text is one of the patterns, in which * stands for any text and ?
// for any character.
func anyLike(patterns any, text string) bool {
	return slices.ContainsFunc(texts(patterns), func(pattern string) bool {
		matched, err := path.Match(noSlash(pattern), noSlash(text))
		return err == nil && matched
	})
}

// noSlash makes path.Match's * match what it stops at.
func noSlash(text string) string { return strings.ReplaceAll(text, "/", "\x00") }

type permissionProperties struct {
	Action, FunctionName, Principal string
	SourceAccount, SourceArn        string
}

// buildPermission adds a statement to the policy of a function, or of its alias.
func (s *Simulator) buildPermission(_ Resolved, p permissionProperties) error {
	arn, err := s.functionARN(p.FunctionName)
	if err != nil {
		return err
	}
	condition := map[string]map[string]any{}
	if p.SourceAccount != "" {
		condition["StringEquals"] = map[string]any{"aws:SourceAccount": p.SourceAccount}
	}
	if p.SourceArn != "" {
		condition["ArnLike"] = map[string]any{"aws:SourceArn": p.SourceArn}
	}
	s.policies[arn] = append(s.policies[arn], policyStatement{
		Effect: "Allow", Principal: map[string]any{"Service": p.Principal},
		Action: p.Action, Resource: arn, Condition: condition,
	})
	return nil
}

// permitted returns the function for c to invoke, or nil if there is no such function. Without
// a permission for c, it returns one that refuses, as Lambda does with a 403 whose cause the
// service does not report.
func (s *Simulator) permitted(arn string, c caller) Invoker {
	switch allowed, err := permits(s.policies[arn], c, "lambda:InvokeFunction", arn); {
	case s.invokers[arn] == nil:
		return nil
	case err != nil:
		return refusing{err}
	case !allowed:
		return refusing{fmt.Errorf("%w: no AWS::Lambda::Permission of %s is for %s%s",
			errNotPermitted, arn, c, s.accountHint(arn, c))}
	}
	return s.invokers[arn]
}

// accountHint says when only SourceAccount keeps c out.
func (s *Simulator) accountHint(arn string, c caller) string {
	if c.account != "" {
		return ""
	}
	c.account = s.place.Account
	if allowed, _ := permits(s.policies[arn], c, "lambda:InvokeFunction", arn); allowed {
		return ", which sends no source account: leave SourceAccount out"
	}
	return ""
}

// refusing is a function that its caller may not invoke.
type refusing struct{ because error }

func (r refusing) Invoke(context.Context, []byte) ([]byte, error) { return nil, r.because }

type queuePolicyProperties struct {
	PolicyDocument struct {
		Version   string
		Statement []policyStatement
	}
	Queues []string
}

func (s *Simulator) buildQueuePolicy(_ Resolved, p queuePolicyProperties) error {
	for arn, queue := range s.queues {
		if slices.Contains(p.Queues, queue.URL) {
			s.policies[arn] = append(s.policies[arn], p.PolicyDocument.Statement...)
		}
	}
	return nil
}

// checkAnnouncements refuses, as S3 does when a bucket is created, a notification to a
// queue whose policy does not let the bucket in.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
func (s *Simulator) checkAnnouncements() error {
	for _, a := range s.announcements {
		c := caller{s3Service, "arn:aws:s3:::" + a.bucket, s.place.Account}
		allowed, err := permits(s.policies[a.queue], c, "sqs:SendMessage", a.queue)
		if err != nil {
			return fmt.Errorf("policy of queue %s: %w", a.queue, err)
		}
		if !allowed {
			return fmt.Errorf("%w: the policy of queue %s does not let %s send", errNotPermitted, a.queue, c)
		}
	}
	return nil
}
