package pipeline

import (
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/record"
)

// newStorage adds the stack of what outlives every version of the pipeline.
func newStorage(scope constructs.Construct, site environment.Site) (*Lake, *Backlog) {
	stack := newSiteStack(scope, site, environment.StorageStack, awscdk.StackProps{
		Description:           jsii.String("global-ingest: where events are kept"),
		TerminationProtection: jsii.Bool(!site.DeletableStorage),
	})
	kept := removal(site.Environment)
	lake := NewLake(stack, "Lake", LakeProps{
		Name: site.Name + "-lake", Lifecycle: site.Lifecycle, Probes: site.Worldwide(), Removal: kept,
	})
	backlog := NewBacklog(stack, "Spill", BacklogProps{Lake: lake, Redrive: site.Redrive, Removal: kept})
	output(stack, environment.LakeBucketOutput, "The bucket that keeps everything", lake.Bucket.BucketName())
	output(stack, environment.RedriveQueueOutput, "The queue of what goes through the pipeline again",
		backlog.Queue.QueueUrl())
	return lake, backlog
}

// newPipeline adds the stack of everything that an event passes on its way to the lake, and
// returns its parts. With a lake next door it is deployed after that lake.
func newPipeline(p place, next *Lake, dist string) *Stage {
	site, lake, backlog := p.site, p.lake, p.backlog
	env := site.Environment
	stack := newSiteStack(p.scope, site, environment.PipelineStack, awscdk.StackProps{
		Description: jsii.String("global-ingest: the way of an event from the client to the lake"),
	})
	logs := LogsProps{Retention: env.LogRetention, Removal: removal(env)}
	function := func(size environment.Function) FunctionProps {
		return FunctionProps{Environment: env.Name, Dist: dist, Size: size, Logs: logs, Tracing: env.Tracing}
	}

	rejects := NewDelivery(stack, "Rejects", DeliveryProps{
		Lake: lake, Prefix: record.RejectedPrefix, Buffers: env.Delivery, Logs: logs, Removal: removal(env),
	})
	validator := NewValidator(stack, "Validator", ValidatorProps{
		FunctionProps: function(env.Validator),
		Rules:         env.Rules, Rejects: rejects, Lake: lake,
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
		Terms:         env.Terms, Events: events, Lake: lake, Provisioned: env.Provisioned,
		Worldwide: site.Worldwide(), NextDoor: next,
	})
	if next != nil {
		stack.AddStackDependency(awscdk.Stack_Of(next.Bucket), jsii.String("it reads the name of the lake next door"))
	}
	back := NewRedrive(stack, "Redrive", RedriveProps{
		FunctionProps: function(env.Redrive),
		MaxReplays:    env.MaxReplays, Events: events, Rejects: rejects, Lake: lake, Backlog: backlog,
		Concurrency: env.RedriveConcurrency,
	})
	edge := NewEdge(stack, "Edge", edgeProps(site, accept, logs))
	if site.Worldwide() {
		NewOrigin(stack, "Origin", OriginProps{
			Name: site.Origin(), Zone: site.Domain.Zone, Title: apiName(env) + "-" + site.Region, Edge: edge,
			TLS: site.TLS, Failover: site.Failover, Drained: !site.Joined(),
		})
	}
	var probe *Canary
	if env.Canary.Every > 0 {
		// Enough to read every line that the lake gets in a few minutes.
		size := environment.Function{MemoryMiB: 512, Timeout: 5 * time.Minute, Reserved: env.Canary.Reserved}
		probe = NewCanary(stack, "Canary", CanaryProps{
			FunctionProps: function(size),
			Every:         env.Canary.Every, Waits: env.Delivery.TransformFor + env.Delivery.BufferFor,
			URL: canaryURL(site, edge), Lake: lake,
		})
	}
	watch := NewWatch(stack, "Watch", WatchProps{
		Environment: env.Name, API: apiName(env), Alarms: env.Alarms,
		Ingest: accept, Validator: validator, Redrive: back, Canary: probe,
		Events: events, Rejects: rejects, Backlog: backlog,
		Release: env.Release, NextDoor: next != nil, SourceBackup: env.SourceBackup,
	})
	NewRelease(stack, "Release", ReleaseProps{Ingest: accept, Config: env.Release, Alarms: watch.Release})
	output(stack, environment.EndpointOutput, "Where to POST events", edge.URL)
	return &Stage{Lake: lake, Events: events, Rejects: rejects, Ingest: accept}
}

// apiName is the API's name in the console, and the dimension of its metrics.
func apiName(env environment.Environment) string { return "global-ingest-" + env.Name }

// edgeProps configures the API of site. With several regions Front has the domain and the
// firewall, and only the home region keeps the edge-optimized address that its clients may know.
func edgeProps(site environment.Site, accept *Ingest, logs LogsProps) EdgeProps {
	props := EdgeProps{
		Name: apiName(site.Environment), Ingest: accept, Throttle: site.Throttle, TLS: site.TLS,
		Domain: site.Domain, WAF: site.WAF, Origins: site.Origins, Clients: site.Clients,
		Logs: logs, Tracing: site.Tracing, OwnLogRole: site.OwnAPILogRole,
	}
	if !site.Worldwide() {
		return props
	}
	props.Domain, props.WAF, props.Probed = environment.Domain{}, environment.WAF{}, true
	props.TLS = behindFront[site.TLS].home
	if !site.Home {
		props.TLS, props.Regional = behindFront[site.TLS].regional, true
	}
	return props
}

// canaryURL is where the canary of site sends. The home region's looks at the environment as
// clients do: the location nearest to it sends it to its own region. The others, and that of a
// region without clients, look at their own region alone.
func canaryURL(site environment.Site, edge *Edge) *string {
	if site.Worldwide() && site.Home && site.Joined() {
		return jsii.String(site.PublicURL())
	}
	return edge.URL
}
