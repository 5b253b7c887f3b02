package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
)

// newStorage adds the stack of what outlives every version of the pipeline.
func newStorage(scope constructs.Construct, env environment.Environment) (*Lake, *Spill) {
	stack := newStack(scope, environment.StorageStack, awscdk.StackProps{
		Description:           jsii.String("global-ingest: where events are kept"),
		TerminationProtection: jsii.Bool(!env.DeletableStorage),
	})
	lake := NewLake(stack, "Lake", LakeProps{Name: env.Name + "-lake", Lifecycle: env.Lifecycle, Removal: removal(env)})
	spill := NewSpill(stack, "Spill", SpillProps{Lake: lake, Redrive: env.Redrive, Removal: removal(env)})
	output(stack, environment.LakeBucketOutput, "The bucket that keeps everything", lake.Bucket.BucketName())
	output(stack, environment.RedriveQueueOutput, "The queue of what goes through the pipeline again", spill.Queue.QueueUrl())
	return lake, spill
}

// removal says what becomes of everything that holds data: it stays, unless the deploy
// that creates it is rolled back. It is empty then, and a retained key costs $1 a month.
func removal(env environment.Environment) awscdk.RemovalPolicy {
	if env.DeletableStorage {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
}

// newKey adds a key that AWS rotates, and the name under which people find it: the console
// lists keys by UUID. The name is free wherever the environment's stacks are, for they
// are called by the environment too. The L2's alias would name the key by ARN where KMS
// stores the id, and drift.
func newKey(this constructs.Construct, alias, description string, removal awscdk.RemovalPolicy) awskms.Key {
	key := awskms.NewKey(this, jsii.String("Key"), &awskms.KeyProps{
		Description: jsii.String(description), EnableKeyRotation: jsii.Bool(true), RemovalPolicy: removal,
	})
	awskms.NewCfnAlias(this, jsii.String("Alias"), &awskms.CfnAliasProps{
		AliasName: jsii.String("alias/global-ingest-" + alias), TargetKeyId: key.KeyId(),
	})
	return key
}
