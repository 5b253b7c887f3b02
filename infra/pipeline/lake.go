package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

// LakeProps configures a Lake.
type LakeProps struct {
	Name      string                // of the key, for people
	Lifecycle environment.Lifecycle // when objects are deleted
	Probes    bool                  `optional:"true"` // whether health checks leave objects; default false
	Removal   awscdk.RemovalPolicy  // of the bucket, its policy and the key
}

// Lake is the bucket that holds everything, and the key that encrypts it.
type Lake struct {
	Bucket awss3.Bucket
	Key    awskms.Key
}

// NewLake adds a Lake under scope: private, TLS only, versioned, encrypted.
func NewLake(scope constructs.Construct, id string, props LakeProps) *Lake {
	this := newConstruct(scope, id, props)
	key := newKey(this, props.Name, "Encrypts the objects of the lake", props.Removal)
	bucket := awss3.NewBucket(this, jsii.String("Bucket"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		Versioned:         jsii.Bool(true),
		Encryption:        awss3.BucketEncryption_KMS,
		EncryptionKey:     key,
		BucketKeyEnabled:  jsii.Bool(true),
		LifecycleRules:    lifecycleRules(props.Lifecycle, props.Probes),
		RemovalPolicy:     props.Removal,
	})
	// A retained bucket must go on to refuse requests without TLS.
	bucket.Policy().ApplyRemovalPolicy(props.Removal)
	return &Lake{Bucket: bucket, Key: key}
}

// elsewhere returns l for a stack of another region, which no export reaches. CloudFormation reads
// the bucket's name when it deploys that stack, and never again: only deleting Storage by hand
// could change the name.
func (l *Lake) elsewhere() ingest.NextDoor {
	stack, output := awscdk.Stack_Of(l.Bucket), jsii.String(environment.LakeBucketOutput)
	return ingest.NextDoor{
		Region: *stack.Region(),
		Bucket: *awscdk.Fn_GetStackOutput(stack.StackName(), output, stack.Region(), nil),
	}
}

// lifecycleRules deletes what nobody sees (parts of broken uploads, replaced versions, markers
// of deleted objects) and expires objects as l says. It expires probes after a day, the
// shortest that S3 knows.
func lifecycleRules(l environment.Lifecycle, probes bool) *[]*awss3.LifecycleRule {
	rules := []*awss3.LifecycleRule{{
		Id:                                  jsii.String("Unseen"),
		AbortIncompleteMultipartUploadAfter: days(7),
		NoncurrentVersionExpiration:         days(l.NoncurrentExpireAfter),
		ExpiredObjectDeleteMarker:           jsii.Bool(true),
	}}
	for _, rule := range []struct {
		id, prefix string
		after      int
	}{
		{"Events", record.EventsPrefix, l.EventsExpireAfter},
		{"Rejected", record.RejectedPrefix, l.RejectsExpireAfter},
		{"RejectedLarge", record.RejectedLargePrefix, l.RejectsExpireAfter},
		{"Failed", record.FailedPrefix, l.FailedExpireAfter},
		{"Source", record.SourcePrefix, l.SourceExpireAfter},
	} {
		if rule.after == 0 {
			continue
		}
		rules = append(rules, &awss3.LifecycleRule{
			Id: jsii.String(rule.id), Prefix: jsii.String(rule.prefix), Expiration: days(rule.after),
		})
	}
	if probes {
		rules = append(rules, &awss3.LifecycleRule{
			Id: jsii.String("Probes"), Prefix: jsii.String(record.HealthPrefix),
			Expiration: days(1), NoncurrentVersionExpiration: days(1),
		})
	}
	return &rules
}

// newKey adds a key that AWS rotates, and an alias by which people find it, because the console
// lists keys by UUID. The alias is free where the environment's stacks can be deployed, because
// their names begin with the environment too. The L2's alias would name the key by ARN where
// KMS stores the id: drift detection would report it.
func newKey(this constructs.Construct, alias, description string, removal awscdk.RemovalPolicy) awskms.Key {
	key := awskms.NewKey(this, jsii.String("Key"), &awskms.KeyProps{
		Description: jsii.String(description), EnableKeyRotation: jsii.Bool(true), RemovalPolicy: removal,
	})
	awskms.NewCfnAlias(this, jsii.String("Alias"), &awskms.CfnAliasProps{
		AliasName: jsii.String("alias/global-ingest-" + alias), TargetKeyId: key.KeyId(),
	})
	return key
}
