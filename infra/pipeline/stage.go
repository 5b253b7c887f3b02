// Package pipeline is the infrastructure: one file for each noun (edge, ingest,
// delivery, validator, lake, backlog, redrive, watch, canary), the two stacks that compose
// them, the stack query over what they stored, and the stage of one environment that holds
// the stacks; and ci, what the repository's workflows may do.
package pipeline

import (
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/cost"
	"global-ingest/infra/environment"
)

// Stage is one environment: what others may add stacks to, or put records into.
type Stage struct {
	Scope   awscdk.Stage
	Lake    *Lake
	Events  []*Delivery
	Rejects *Delivery
	Ingest  *Ingest
}

// NewStage adds everything that env deploys, as its stacks.
func NewStage(scope constructs.Construct, env environment.Environment, dist string) *Stage {
	stage := awscdk.NewStage(scope, jsii.String(env.Name), &awscdk.StageProps{
		Env:                 &awscdk.Environment{Account: jsii.String(env.Account), Region: jsii.String(env.Region)},
		PermissionsBoundary: bounded(env.Boundary),
	})
	tag(stage, env.Tags)
	for i, warning := range cost.Warnings(env) {
		awscdk.Annotations_Of(stage).AddWarningV2(jsii.String(fmt.Sprintf("global-ingest:quota-%d", i)), jsii.String(warning))
	}
	lake, backlog := newStorage(stage, env)
	pipeline := newPipeline(stage, env, dist, lake, backlog)
	if !env.Query.Off {
		types, err := tablesOf(env)
		if err != nil {
			panic(err) // NewApp has said it before
		}
		newQuery(stage, env, lake, types).AddStackDependency(awscdk.Stack_Of(pipeline.Rejects.Stream), nil)
	}
	return pipeline
}

// newStack adds a stack with a synthesizer of its own: a shared one would list the
// assets of every stage for each.
func newStack(scope constructs.Construct, id string, props awscdk.StackProps) awscdk.Stack {
	props.Synthesizer = awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
		// The CLI checks the bootstrap's version before it deploys.
		GenerateBootstrapVersionRule: jsii.Bool(false),
	})
	return awscdk.NewStack(scope, jsii.String(id), &props)
}

// removal says what becomes of everything that holds data: it stays, unless the deploy
// that creates it is rolled back. It is empty then, and a retained key costs $1 a month.
func removal(env environment.Environment) awscdk.RemovalPolicy {
	if env.DeletableStorage {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
}

// bounded is the permissions boundary of an ARN, or nil.
func bounded(arn string) awscdk.PermissionsBoundary {
	if arn == "" {
		return nil
	}
	return awscdk.PermissionsBoundary_FromArn(jsii.String(arn))
}

// tag gives tags to every resource below scope.
func tag(scope constructs.IConstruct, tags map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		awscdk.Tags_Of(scope).Add(jsii.String(key), jsii.String(tags[key]), nil)
	}
}

// output adds an output to stack.
func output(stack awscdk.Stack, id, description string, value *string) {
	awscdk.NewCfnOutput(stack, jsii.String(id), &awscdk.CfnOutputProps{
		Description: jsii.String(description), Value: value,
	})
}
