package pipeline

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskinesisfirehose"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/record"
)

// transformBufferMiB is how much Firehose hands to the function at once. Records travel as
// base64, 4/3 of their size, so 1 MiB arrives as 1.4 MB. The answer may have 5.9 MB, which is
// 4.4 MB of lines. The function itself stores lines that do not fit. A smaller buffer would
// not avoid that, because a record of 4 KB may inflate to 4 MiB: it would only cost more
// invocations.
const transformBufferMiB = 1

// DeliveryProps configures a Delivery.
type DeliveryProps struct {
	Lake         *Lake                // where objects land
	Prefix       string               // where in the Lake: one of record's prefixes
	Function     awslambda.IFunction  `optional:"true"` // transforms each batch; default none
	Buffers      environment.Delivery // how much and how long is collected
	SourceBackup bool                 `optional:"true"` // whether records are also kept as received; default false
	Logs         LogsProps            // how long error lines are kept
	Removal      awscdk.RemovalPolicy // of the stream, with the records that it has not delivered
}

// Delivery is a Firehose stream that collects records, has them transformed and
// writes them to the Lake.
type Delivery struct {
	Stream awskinesisfirehose.DeliveryStream
}

// NewDelivery adds a Delivery under scope.
func NewDelivery(scope constructs.Construct, id string, props DeliveryProps) *Delivery {
	this := newConstruct(scope, id, props)
	logs := newLogs(this, "Logs", props.Logs)
	role := deliveryRole(this, props, logs)
	stream := awskinesisfirehose.NewDeliveryStream(this, jsii.String("Stream"), &awskinesisfirehose.DeliveryStreamProps{
		// AWS's own key, because nobody can disable it and so stop the stream.
		Encryption:  awskinesisfirehose.StreamEncryption_AwsOwnedKey(),
		Destination: destination(props, role, logs),
	})
	stream.ApplyRemovalPolicy(props.Removal)
	// Before the role has its policy, the stream's deliveries would fail.
	stream.Node().AddDependency(role)
	return &Delivery{Stream: stream}
}

func destination(props DeliveryProps, role awsiam.Role, logs awslogs.LogGroup) awskinesisfirehose.S3Bucket {
	logging := awskinesisfirehose.NewEnableLogging(logs)
	return awskinesisfirehose.NewS3Bucket(props.Lake.Bucket, &awskinesisfirehose.S3BucketProps{
		// deliveryRole has every right that it needs; the construct's own grants are wider.
		Role:              role.WithoutPolicyUpdates(nil),
		LoggingConfig:     logging,
		DataOutputPrefix:  jsii.String(props.Prefix + record.PartitionExpression()),
		ErrorOutputPrefix: jsii.String(failedPrefix()),
		FileExtension:     jsii.String(record.LinesExtension),
		Compression:       awskinesisfirehose.Compression_GZIP(),
		BufferingInterval: duration(props.Buffers.BufferFor),
		BufferingSize:     mebibytes(props.Buffers.BufferMiB),
		Processors:        processors(props),
		S3Backup:          sourceBackup(props, logging),
	})
}

func failedPrefix() string {
	return record.FailedPrefix + "!{firehose:error-output-type}/" + record.PartitionExpression()
}

func processors(props DeliveryProps) *[]awskinesisfirehose.IDataProcessor {
	if props.Function == nil {
		return nil
	}
	return &[]awskinesisfirehose.IDataProcessor{
		awskinesisfirehose.NewLambdaFunctionProcessor(props.Function, &awskinesisfirehose.DataProcessorProps{
			BufferSize:     mebibytes(transformBufferMiB),
			BufferInterval: duration(props.Buffers.TransformFor),
			Retries:        jsii.Number(props.Buffers.Retries),
		}),
	}
}

func sourceBackup(
	props DeliveryProps, logging awskinesisfirehose.ILoggingConfig,
) *awskinesisfirehose.DestinationS3BackupProps {
	if !props.SourceBackup {
		return nil
	}
	return &awskinesisfirehose.DestinationS3BackupProps{
		Mode:              awskinesisfirehose.BackupMode_ALL,
		Bucket:            props.Lake.Bucket,
		DataOutputPrefix:  jsii.String(record.SourcePrefix + record.PartitionExpression()),
		ErrorOutputPrefix: jsii.String(failedPrefix()),
		Compression:       awskinesisfirehose.Compression_GZIP(),
		BufferingInterval: duration(props.Buffers.BufferFor),
		BufferingSize:     mebibytes(props.Buffers.BufferMiB),
		LoggingConfig:     logging,
	}
}

// deliveryRole may write to the lake below its prefixes, call the function and log errors.
func deliveryRole(this constructs.Construct, props DeliveryProps, logs awslogs.LogGroup) awsiam.Role {
	role := awsiam.NewRole(this, jsii.String("Role"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("firehose.amazonaws.com"), &awsiam.ServicePrincipalOpts{
			Conditions: ownAccount(this),
		}),
	})
	prefixes := []string{props.Prefix, record.FailedPrefix}
	if props.SourceBackup {
		prefixes = append(prefixes, record.SourcePrefix)
	}
	props.Lake.GrantDelivery(role, prefixes...)
	grantLines(role, logs, "logs:PutLogEvents")
	if props.Function != nil {
		arn := props.Function.FunctionArn()
		call := []string{"lambda:GetFunctionConfiguration", "lambda:InvokeFunction"}
		grant(role, call, arn, jsii.String(*arn+":$LATEST"))
	}
	return role
}

// eventsTitle names the events streams. The first is Events however many there are, so that
// adding some does not replace it.
func eventsTitle(i int) string {
	if i == 0 {
		return "Events"
	}
	return "Events" + strconv.Itoa(i+1)
}

// names returns the names of the streams.
func names(deliveries []*Delivery) (all []string) {
	for _, d := range deliveries {
		all = append(all, *d.Stream.DeliveryStreamName())
	}
	return all
}
