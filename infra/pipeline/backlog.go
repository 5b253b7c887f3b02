package pipeline

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/record"
)

const (
	// keepMessages is how long the queue keeps a message. What is not redriven by then needs a
	// person. The objects that the messages name are still there.
	keepMessages = 12 // days
	// keepDeadLetters is the longest that SQS allows. A message keeps its first timestamp when
	// it moves to the dead letters, so a person has at least 14 - 12 = 2 days. After a hundred
	// receives in a row, 20 hours, it is 13 days.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
	keepDeadLetters = 14 // days
	// maxReceives is how often a message is tried before it becomes a dead letter. Outages fail
	// messages, hardly ever a message itself: with a visibility timeout of 12 minutes, 100
	// receives take 20 hours.
	maxReceives = 100
	// visibilityFactor times the function's timeout is the visibility timeout, as Lambda's
	// guide asks.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	visibilityFactor = 6
)

// BacklogProps configures a Backlog.
type BacklogProps struct {
	Lake    *Lake                // whose bucket keeps the records
	Redrive environment.Function // size of the function that works the queue off
	Removal awscdk.RemovalPolicy // what becomes of the queues when they leave the stack
}

// Backlog is the queue of what goes through the pipeline again. The bucket announces every
// object that Ingest or the Validator leaves below spill/, and operators send what they
// replay.
type Backlog struct {
	Queue       awssqs.Queue
	DeadLetters awssqs.Queue
}

// NewBacklog adds a Backlog under scope, which must be the Lake's stack: a notification
// across stacks would make each depend on the other.
func NewBacklog(scope constructs.Construct, id string, props BacklogProps) *Backlog {
	this := newConstruct(scope, id, props)
	// It has no RedriveAllowPolicy. That would name the queue by ARN, and the queue names this
	// one: a circle that only a physical name could cut.
	deadLetters := newQueue(this, "DeadLetters", props.Removal, &awssqs.QueueProps{
		RetentionPeriod: days(keepDeadLetters),
	})
	queue := newQueue(this, "Queue", props.Removal, &awssqs.QueueProps{
		RetentionPeriod:   days(keepMessages),
		VisibilityTimeout: duration(visibilityFactor * props.Redrive.Timeout),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: deadLetters, MaxReceiveCount: jsii.Number(maxReceives)},
	})
	announce(props.Lake.Bucket, queue)
	return &Backlog{Queue: queue, DeadLetters: deadLetters}
}

func newQueue(
	this constructs.Construct, id string, removal awscdk.RemovalPolicy, props *awssqs.QueueProps,
) awssqs.Queue {
	props.Encryption = awssqs.QueueEncryption_SQS_MANAGED
	props.EnforceSSL = jsii.Bool(true)
	props.RemovalPolicy = removal
	queue := awssqs.NewQueue(this, jsii.String(id), props)
	// A retained queue must go on to accept what the bucket announces, and only over TLS.
	policyOf(queue).ApplyRemovalPolicy(removal)
	return queue
}

// policyOf returns the policy that EnforceSSL has given queue.
func policyOf(queue awssqs.Queue) awssqs.QueuePolicy {
	return queue.Node().FindChild(jsii.String("Policy")).(awssqs.QueuePolicy)
}

// announce makes bucket tell queue of each object below spill/. Bucket.AddEventNotification
// would add a hidden function with rights on every bucket.
func announce(bucket awss3.Bucket, queue awssqs.Queue) {
	// The condition names the account and not the bucket, which cannot exist before this policy.
	queue.AddToResourcePolicy(allowService(queue, "s3.amazonaws.com", queue.QueueArn(), "sqs:SendMessage"))
	resource := bucket.Node().DefaultChild().(awss3.CfnBucket)
	resource.SetNotificationConfiguration(&awss3.CfnBucket_NotificationConfigurationProperty{
		QueueConfigurations: &[]*awss3.CfnBucket_QueueConfigurationProperty{{
			Event: jsii.String("s3:ObjectCreated:*"),
			Queue: queue.QueueArn(),
			Filter: &awss3.CfnBucket_NotificationFilterProperty{S3Key: &awss3.CfnBucket_S3KeyFilterProperty{
				Rules: &[]*awss3.CfnBucket_FilterRuleProperty{
					{Name: jsii.String("prefix"), Value: jsii.String(record.SpillPrefix)},
				},
			}},
		}},
	})
	// S3 refuses to notify a queue that it may not send to yet.
	resource.Node().AddDependency(policyOf(queue))
}
