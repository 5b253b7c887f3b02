package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/record"
)

const (
	// keepMessages is how long the queue keeps a message. What is not redriven by then needs
	// a person, and the objects that the messages name are still there.
	keepMessages = 12 // days
	// keepDeadLetters is SQS's longest. A message keeps its first timestamp when it moves to
	// the dead letters, so a person has 14 - 12 = 2 days at least; after a hundred
	// receives in a row, 20 hours, it is 13.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
	keepDeadLetters = 14 // days
	// maxReceives is how often a message is tried before it is a dead letter. It is
	// an outage that fails them, hardly ever a message: with a visibility timeout of
	// 12 minutes 100 receives last for 20 hours.
	maxReceives = 100
	// visibilityFactor times the function's timeout is how long a received message
	// is hidden, as Lambda's guide asks for.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	visibilityFactor = 6
)

// SpillProps configures a Spill.
type SpillProps struct {
	Lake    *Lake                // whose bucket keeps the records; required
	Redrive environment.Function // the function that works the queue off; required
	Removal awscdk.RemovalPolicy // what becomes of the queues when they leave the stack; required
}

// Spill is the queue of what is to go through the pipeline again: the bucket
// announces every object that Ingest or the Validator leaves below spill/, operators
// send what they replay.
type Spill struct {
	Queue       awssqs.Queue
	DeadLetters awssqs.Queue
}

// NewSpill adds a Spill under scope, which must be the Lake's stack: a notification
// across stacks would make each depend on the other.
func NewSpill(scope constructs.Construct, id string, props SpillProps) *Spill {
	this := constructs.NewConstruct(scope, jsii.String(id))
	// No RedriveAllowPolicy: it would name the queue by ARN, and the queue names this one, a
	// circle that only a physical name could cut.
	deadLetters := newQueue(this, "DeadLetters", props.Removal, &awssqs.QueueProps{RetentionPeriod: days(keepDeadLetters)})
	queue := newQueue(this, "Queue", props.Removal, &awssqs.QueueProps{
		RetentionPeriod:   days(keepMessages),
		VisibilityTimeout: duration(visibilityFactor * props.Redrive.Timeout),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(maxReceives)},
	})
	announce(props.Lake.Bucket, queue)
	return &Spill{Queue: queue, DeadLetters: deadLetters}
}

func newQueue(this constructs.Construct, id string, removal awscdk.RemovalPolicy, props *awssqs.QueueProps) awssqs.Queue {
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	props.EnforceSSL = jsii.Bool(true)
	props.RemovalPolicy = removal
	queue := awssqs.NewQueue(this, jsii.String(id), props)
	// A queue that stays must keep taking what the bucket announces, and only over TLS.
	policyOf(queue).ApplyRemovalPolicy(removal)
	return queue
}

// policyOf is the policy that EnforceSSL has given queue.
func policyOf(queue awssqs.Queue) awssqs.QueuePolicy {
	return queue.Node().FindChild(jsii.String("Policy")).(awssqs.QueuePolicy)
}

// announce has bucket tell queue of each object below spill/. Bucket's own
// AddEventNotification would do it by a hidden function with rights on every bucket.
func announce(bucket awss3.Bucket, queue awssqs.Queue) {
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("s3.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{queue.QueueArn()},
		// Not the bucket, which waits for this policy before it can exist.
		Conditions: equals("aws:SourceAccount", awscdk.Stack_Of(queue).Account()),
	}))
	resource := bucket.Node().DefaultChild().(awss3.CfnBucket)
	resource.SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
		QueueConfigurations: &[]*awss3.CfnBucket_QueueConfigurationProperty{{
			Event: jsii.String("s3:ObjectCreated:*"),
			Queue: queue.QueueArn(),
			Filter: &awss3.CfnBucket_NotificationFilterProperty{S3Key: &awss3.CfnBucket_S3KeyFilterProperty{
				Rules: &[]*awss3.CfnBucket_FilterRuleProperty{{Name: jsii.String("prefix"), Value: jsii.String(record.SpillPrefix)}},
			}},
		}},
	})
	// S3 refuses a notification to a queue that it may not send to yet.
	resource.Node().AddDependency(policyOf(queue))
}
