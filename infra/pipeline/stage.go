// Package pipeline is the infrastructure. A construct has a file: edge, ingest, delivery,
// validator, lake, backlog, redrive, watch, canary. So has a stack: storage, pipeline, query (SQL
// over the lake), front (what clients connect to where there are several regions) and ci (what the
// repository's workflows may do). The stage of an environment holds the stacks of each region;
// origin makes several regions part of one name.
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

// Stage is one environment, with the parts in its home region that other stacks may use.
type Stage struct {
	Scope   awscdk.Stage
	Lake    *Lake
	Events  []*Delivery
	Rejects *Delivery
	Ingest  *Ingest
}

// NewStage adds everything that env deploys.
func NewStage(scope constructs.Construct, env environment.Environment, dist string) *Stage {
	stage := awscdk.NewStage(scope, jsii.String(env.Name), &awscdk.StageProps{
		Env:                 &awscdk.Environment{Account: jsii.String(env.Account), Region: jsii.String(env.Region)},
		PermissionsBoundary: bounded(env.Boundary),
	})
	tag(stage, env.Tags)
	for i, warning := range cost.Warnings(env) {
		id := fmt.Sprintf("global-ingest:quota-%d", i)
		awscdk.Annotations_Of(stage).AddWarningV2(jsii.String(id), jsii.String(warning))
	}
	sites := env.Sites()
	places := map[string]place{}
	for _, site := range sites {
		places[site.Region] = newPlace(stage, site)
	}
	home := places[env.Region].fill(dist, places)
	for _, site := range sites[1:] {
		places[site.Region].fill(dist, places)
	}
	if env.Worldwide() {
		newFront(stage, env)
	}
	home.Scope = stage
	return home
}

// place is one region of an environment, with its storage. In all regions the stacks have
// the same ids, and so their resources have the same logical ids.
type place struct {
	scope   constructs.Construct
	site    environment.Site
	lake    *Lake
	backlog *Backlog
}

func newPlace(stage awscdk.Stage, site environment.Site) place {
	p := place{scope: stage, site: site}
	if !site.Home {
		p.scope = constructs.NewConstruct(stage, jsii.String(site.Region))
	}
	p.lake, p.backlog = newStorage(p.scope, site)
	return p
}

// fill adds the stacks that need the storage of p, or that of the region next to it.
func (p place) fill(dist string, places map[string]place) *Stage {
	var next *Lake
	if p.site.Failover.NextDoor {
		next = places[p.site.NextDoor()].lake
	}
	pipeline := newPipeline(p, next, dist)
	if !p.site.Query.Off {
		types, err := tablesOf(p.site.Environment)
		if err != nil {
			panic(err) // NewApp has read them before
		}
		newQuery(p.scope, p.site, p.lake, types).AddStackDependency(awscdk.Stack_Of(pipeline.Rejects.Stream), nil)
	}
	return pipeline
}

// newSiteStack adds a stack of one region.
func newSiteStack(scope constructs.Construct, site environment.Site, id string, props awscdk.StackProps) awscdk.Stack {
	props.Env = &awscdk.Environment{Account: jsii.String(site.Account), Region: jsii.String(site.Region)}
	props.StackName = jsii.String(site.StackName(id))
	return newStack(scope, id, props)
}

// newStack adds a stack with its own synthesizer. A shared one would list the assets of all
// stages in each.
func newStack(scope constructs.Construct, id string, props awscdk.StackProps) awscdk.Stack {
	props.Synthesizer = awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
		// The CLI checks the bootstrap's version before it deploys.
		GenerateBootstrapVersionRule: jsii.Bool(false),
	})
	return awscdk.NewStack(scope, jsii.String(id), &props)
}

// removal is the policy of everything that holds data: it is retained, unless the deploy that
// creates it is rolled back. It is empty then, and a retained key costs money.
func removal(env environment.Environment) awscdk.RemovalPolicy {
	if env.DeletableStorage {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
}

// bounded returns the permissions boundary with this ARN, or nil for none.
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
