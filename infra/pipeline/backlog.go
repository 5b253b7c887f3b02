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

// BacklogProps configures a Backlog.
type BacklogProps struct {
	Lake    *Lake                // whose bucket keeps the records
	Redrive environment.Function // the function that works the queue off
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
	need(id, props)
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
	return &Backlog{Queue: queue, DeadLetters: deadLetters}
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
	// For the account and not for the bucket, which waits for this policy before it can exist.
	queue.AddToResourcePolicy(allowService(queue, "s3.amazonaws.com", queue.QueueArn(), "sqs:SendMessage"))
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
