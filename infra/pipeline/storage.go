package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
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
