// Package deployed asks an account what is deployed there: for the operator's
// commands, not for the functions.
package deployed

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
)

// Outputs returns the outputs of a stack by name. The error is CloudFormation's,
// also when there is no such stack.
func Outputs(ctx context.Context, cfg aws.Config, stack string) (map[string]string, error) {
	described, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &stack})
	if err != nil {
		return nil, fmt.Errorf("looking for stack %s: %w", stack, err)
	}
	found := map[string]string{}
	for _, s := range described.Stacks {
		for _, output := range s.Outputs {
			found[aws.ToString(output.OutputKey)] = aws.ToString(output.OutputValue)
		}
	}
	return found, nil
}
