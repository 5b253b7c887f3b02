package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// newStorage adds the stack of what outlives every version of the pipeline.
func newStorage(scope constructs.Construct, env environment.Environment) (*Lake, *Spill) {
	stack := NewStack(scope, environment.StorageStack, awscdk.StackProps{
		Description:           jsii.String("global-ingest: where events are kept"),
		TerminationProtection: jsii.Bool(!env.DeletableStorage),
	})
	lake := NewLake(stack, "Lake", LakeProps{Lifecycle: env.Lifecycle, Removal: removal(env)})
	spill := NewSpill(stack, "Spill", SpillProps{Lake: lake, Redrive: env.Redrive, Removal: removal(env)})
	Output(stack, environment.LakeBucketOutput, "The bucket that keeps everything", lake.Bucket.BucketName())
	Output(stack, environment.RedriveQueueOutput, "The queue of what goes through the pipeline again", spill.Queue.QueueUrl())
	return lake, spill
}

// removal says what becomes of everything that holds data.
func removal(env environment.Environment) awscdk.RemovalPolicy {
	if env.DeletableStorage {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN
}
