// Package deployed asks an account what is deployed there.
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
	described, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx,
		&cloudformation.DescribeStacksInput{StackName: &stack})
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

// Resource is one resource of a stack.
type Resource struct{ ID, Type, Name string } // logical id, type, physical id

// Resources returns the resources of a stack, however many there are.
func Resources(ctx context.Context, cfg aws.Config, stack string) ([]Resource, error) {
	var found []Resource
	pages := cloudformation.NewListStackResourcesPaginator(cloudformation.NewFromConfig(cfg),
		&cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the resources of stack %s: %w", stack, err)
		}
		for _, r := range page.StackResourceSummaries {
			found = append(found, Resource{
				ID: aws.ToString(r.LogicalResourceId), Type: aws.ToString(r.ResourceType),
				Name: aws.ToString(r.PhysicalResourceId),
			})
		}
	}
	return found, nil
}
