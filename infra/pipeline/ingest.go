package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/setting"
)

// IngestProps configures an Ingest.
type IngestProps struct {
	FunctionProps
	Terms       ingest.Terms // what clients can rely on
	Events      []*Delivery  // the streams it puts records into
	Lake        *Lake        // where it leaves what the stream does not take
	Provisioned int          `optional:"true"` // provisioned concurrency; default none
	Worldwide   bool         `optional:"true"` // whether health checks ask it, and Front sends it requests; default false
	NextDoor    *Lake        `optional:"true"` // of another region, for what neither takes; default none
}

// Ingest is the function that accepts a request and puts it into an events stream, or into the
// lake when the stream does not take it.
type Ingest struct {
	Function awslambda.Function
	Entry    awslambda.IFunction // what requests go to: the alias of the released version
	alias    awslambda.Alias
}

// liveAlias is the name of the alias that requests go to.
const liveAlias = "live"

// NewIngest adds an Ingest under scope.
func NewIngest(scope constructs.Construct, id string, props IngestProps) *Ingest {
	this := newConstruct(scope, id, props)
	config := ingest.Default()
	config.Environment, config.Terms = props.Environment, props.Terms
	config.Streams = names(props.Events)
	config.Bucket = *props.Lake.Bucket.BucketName()
	if props.NextDoor != nil {
		config.NextDoor = props.NextDoor.elsewhere()
	}
	if props.Worldwide {
		config.Proxies = 1
	}
	variables := setting.Variables(config)
	// With less, Go still sees two processors, and moving the one request between them costs time.
	if props.Size.MemoryMiB <= environment.MemoryOfOneProcessor {
		variables["GOMAXPROCS"] = "1"
	}
	function := NewFunction(this, "ingest", props.FunctionProps, variables)
	for _, events := range props.Events {
		events.GrantPut(function)
	}
	// It has no right on the lake's key: a key that is disabled must not stop the spill.
	prefixes := []string{record.SpillPrefix}
	if props.Worldwide {
		prefixes = append(prefixes, record.HealthPrefix)
	}
	props.Lake.GrantPut(function, prefixes...)
	if props.NextDoor != nil {
		grantSpill(function, config.NextDoor)
	}
	alias := awslambda.NewAlias(this, jsii.String("Live"), &awslambda.AliasProps{
		AliasName: jsii.String(liveAlias), Version: version(function),
		ProvisionedConcurrentExecutions: orNil(float64(props.Provisioned)),
	})
	return &Ingest{Function: function, Entry: alias, alias: alias}
}

// version publishes the function's present code and settings. Versions of earlier deploys are
// retained, so that the alias can be pointed back by hand. A package has 3 MB, and Lambda
// stores 75 GB for an account: 25,000 versions. The version of a failed deploy is deleted,
// because Lambda would refuse to publish the same code again.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func version(function awslambda.Function) awslambda.Version {
	published := function.CurrentVersion()
	published.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE)
	return published
}
