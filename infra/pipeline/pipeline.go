package pipeline

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
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
	back := NewRedrive(stack, "Redrive", RedriveProps{
		FunctionProps: function(env.Redrive),
		Config:        redriveConfig(env), Events: events, Rejects: rejects, Lake: lake, Backlog: backlog,
		Concurrency: env.RedriveConcurrency,
	})
	api := "global-ingest-" + env.Name
	edge := NewEdge(stack, "Edge", EdgeProps{
		Name: api, Ingest: accept, Throttle: env.Throttle, TLS: env.TLS, Domain: env.Domain, WAF: env.WAF,
		Origins: env.Origins, Clients: env.Clients, Logs: logs,
		Tracing: env.Tracing, OwnLogRole: env.OwnAPILogRole,
	})
	var probe *Canary
	if env.Canary.Every > 0 {
		probe = NewCanary(stack, "Canary", CanaryProps{
			FunctionProps: function(canarySize(env.Canary)), Config: canaryConfig(env), Edge: edge, Lake: lake,
		})
	}
	watch := NewWatch(stack, "Watch", WatchProps{
		Environment: env.Name, API: api, Alarms: env.Alarms, Ingest: accept, Validator: validator, Redrive: back,
		Events: events, Rejects: rejects, Backlog: backlog, Canary: probe, Release: env.Release, SourceBackup: env.SourceBackup,
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

// redriveConfig is what env says of Redrive's settings.
func redriveConfig(env environment.Environment) redrive.Config {
	config := redrive.Default()
	config.Environment, config.MaxReplays = env.Name, env.MaxReplays
	return config
}

// canaryConfig is what env says of the canary's settings. An event of the canary may take
// 3 minutes longer than the buffers wait: for a spill to come back, or a batch to be tried
// again.
func canaryConfig(env environment.Environment) canary.Config {
	config := canary.Default()
	config.Environment, config.Every = env.Name, env.Canary.Every
	config.After = env.Delivery.TransformFor + env.Delivery.BufferFor + 3*time.Minute
	return config
}

// canarySize is enough to read, line by line, what the lake got in a few minutes.
func canarySize(c environment.Canary) environment.Function {
	return environment.Function{MemoryMiB: 512, Timeout: 5 * time.Minute, Reserved: c.Reserved}
}
