package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate"
)

// newPipeline adds the stack of everything that an event passes on its way to lake,
// and returns what it is made of.
func newPipeline(scope awscdk.Stage, env environment.Environment, dist string, lake *Lake, backlog *Backlog) *Stage {
	stack := newStack(scope, environment.PipelineStack, awscdk.StackProps{
		Description: jsii.String("global-ingest: the way of an event from the client to the lake"),
	})
	logs := LogsProps{Retention: env.LogRetention, Removal: removal(env)}
	function := func(size environment.Function) FunctionProps {
		return FunctionProps{Dist: dist, Size: size, Logs: logs, Tracing: env.Tracing}
	}

	rejects := NewDelivery(stack, "Rejects", DeliveryProps{
		Lake: lake, Prefix: record.RejectedPrefix, Buffers: env.Delivery, Logs: logs, Removal: removal(env),
	})
	validator := NewValidator(stack, "Validator", ValidatorProps{
		FunctionProps: function(env.Validator),
		Config:        validatorConfig(env), Rejects: rejects, Lake: lake,
	})
	var events []*Delivery
	for i := range env.Streams {
		events = append(events, NewDelivery(stack, eventsTitle(i), DeliveryProps{
			Lake: lake, Prefix: record.EventsPrefix, Function: validator.Function, Buffers: env.Delivery,
			SourceBackup: env.SourceBackup, Logs: logs, Removal: removal(env),
		}))
	}
	accept := NewIngest(stack, "Ingest", IngestProps{
		FunctionProps: function(env.Ingest),
		Config:        ingestConfig(env), Events: events, Lake: lake, Provisioned: env.Provisioned,
	})
	redrive := NewRedrive(stack, "Redrive", RedriveProps{
		FunctionProps: function(env.Redrive),
		Environment:   env.Name, Events: events, Rejects: rejects, Lake: lake, Backlog: backlog, Concurrency: env.RedriveConcurrency,
	})
	api := "global-ingest-" + env.Name
	edge := NewEdge(stack, "Edge", EdgeProps{
		Name: api, Ingest: accept, Throttle: env.Throttle, TLS: env.TLS, Domain: env.Domain, WAF: env.WAF, Origins: env.Origins, Logs: logs,
		Tracing: env.Tracing, OwnLogRole: env.OwnAPILogRole,
	})
	var canary *Canary
	if env.Canary.Every > 0 {
		canary = NewCanary(stack, "Canary", CanaryProps{
			FunctionProps: function(canarySize(env.Canary)),
			Environment:   env.Name, Every: env.Canary.Every, Delivery: env.Delivery, Edge: edge, Lake: lake,
		})
	}
	watch := NewWatch(stack, "Watch", WatchProps{
		Environment: env.Name, API: api, Alarms: env.Alarms, Ingest: accept, Validator: validator, Redrive: redrive,
		Events: events, Rejects: rejects, Backlog: backlog, Canary: canary, Release: env.Release, SourceBackup: env.SourceBackup,
	})
	NewRelease(stack, "Release", ReleaseProps{Ingest: accept, Config: env.Release, Alarms: watch.Release})
	output(stack, environment.EndpointOutput, "Where to POST events", edge.URL)
	return &Stage{Scope: scope, Lake: lake, Events: events, Rejects: rejects, Ingest: accept}
}

// ingestConfig is what env says of Ingest's settings.
func ingestConfig(env environment.Environment) ingest.Config {
	config := ingest.Default()
	config.Environment, config.Terms = env.Name, env.Terms
	return config
}

// validatorConfig is what env says of the Validator's settings.
func validatorConfig(env environment.Environment) validate.Config {
	config := validate.Default()
	config.Environment, config.Rules = env.Name, env.Rules
	return config
}
