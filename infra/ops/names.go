package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"global-ingest/infra/environment"
	"global-ingest/infra/ops/deployed"
)

// generated are the resources whose names a person needs, "<type> <logical id>", and the
// variable of each. Logical ids end in eight hexadecimal digits of the CDK's.
var generated = []struct {
	resource *regexp.Regexp
	variable string
}{
	{regexp.MustCompile(`^AWS::KinesisFirehose::DeliveryStream (\w+)Stream[0-9A-F]{8}$`), "${1}"}, // events, events2, rejects
	{regexp.MustCompile(`^AWS::Logs::LogGroup (?:Edge)?(\w+)Logs[0-9A-F]{8}$`), "${1}_logs"},      // ingest_logs, access_logs
	{regexp.MustCompile(`^AWS::IAM::Role (\w+)Role[0-9A-F]{8}$`), "${1}_role"},                    // ingest_role
	{regexp.MustCompile(`^AWS::Lambda::Function (\w+)Function[0-9A-F]{8}$`), "${1}_function"},
	{regexp.MustCompile(`^AWS::Events::Rule (Canary)\w+$`), "${1}_rule"},
	{regexp.MustCompile(`^AWS::CloudWatch::(Dashboard) \w+$`), "${1}"},
	{regexp.MustCompile(`^AWS::ApiGateway::Rest(Api) \w+$`), "${1}"},
	{regexp.MustCompile(`^AWS::KMS::Key (Lake)Key[0-9A-F]{8}$`), "${1}_key"},
	{regexp.MustCompile(`^AWS::SQS::Queue \w*DeadLetters[0-9A-F]{8}$`), "dead_letters"},
}

// fromOutputs are the variables that are outputs of a stack.
var fromOutputs = map[string]string{
	environment.LakeBucketOutput: "lake", environment.RedriveQueueOutput: "queue", environment.EndpointOutput: "url",
}

// names prints the names that AWS generated as variables of a shell, and the region.
func names(ctx context.Context, t terminal, f *flags) error {
	c := f.where(inDev, home)
	if err := f.parse(); err != nil {
		return err
	}
	at, err := c.enterOne(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(t.notes, at)
	found, err := at.variables(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "export AWS_REGION='%s'\n", at.Region)
	return assign(t.out, found)
}

// variables returns the names by their variables.
func (p place) variables(ctx context.Context) (map[string]string, error) {
	outputs, err := p.outputs(ctx, environment.Stacks()...)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	for output, variable := range fromOutputs {
		if outputs[output] != "" {
			found[variable] = outputs[output]
		}
	}
	for _, stack := range environment.Stacks() {
		all, err := deployed.Resources(ctx, p.cfg, p.StackName(stack))
		if err != nil {
			return nil, err
		}
		for _, r := range all {
			if variable := variableOf(r); variable != "" {
				found[variable] = r.Name
			}
		}
	}
	if url := found["dead_letters"]; url != "" {
		found["dead_letters_arn"] = fmt.Sprintf("arn:aws:sqs:%s:%s:%s", p.Region, p.Account,
			url[strings.LastIndexByte(url, '/')+1:])
	}
	return found, nil
}

// variableOf returns the variable for the resource's name; empty for most resources.
func variableOf(r deployed.Resource) string {
	described := r.Type + " " + r.ID
	for _, g := range generated {
		if g.resource.MatchString(described) {
			return strings.ToLower(g.resource.ReplaceAllString(described, g.variable))
		}
	}
	return ""
}

// assign writes the variables for a shell to evaluate.
func assign(out io.Writer, variables map[string]string) error {
	for _, variable := range slices.Sorted(maps.Keys(variables)) {
		if strings.ContainsAny(variables[variable], "'\n") {
			return fmt.Errorf("%s is %q, which cannot be quoted for a shell", variable, variables[variable])
		}
		fmt.Fprintf(out, "%s='%s'\n", variable, variables[variable])
	}
	return nil
}
