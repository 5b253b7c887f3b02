package synth

import "testing"

// replacing are the properties of stateful types whose change makes CloudFormation
// replace the resource, with the value that they keep; nil: absent. From "Update
// requires: Replacement" in the resource reference,
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/.
var replacing = map[string]map[string]any{
	"AWS::S3::Bucket": {"BucketName": nil},
	"AWS::KMS::Key":   {},
	"AWS::SQS::Queue": {"QueueName": nil, "FifoQueue": nil},
	"AWS::KinesisFirehose::DeliveryStream": {
		"DeliveryStreamName":               nil,
		"DeliveryStreamType":               "DirectPut",
		"DirectPutSourceConfiguration":     nil, // ThroughputHintInMBs
		"DatabaseSourceConfiguration":      nil,
		"KinesisStreamSourceConfiguration": nil,
		"MSKSourceConfiguration":           nil,
		"S3DestinationConfiguration":       nil, // from and to ExtendedS3DestinationConfiguration
	},
}

// TestNoStatefulResourceIsReplaced stands beside the frozen logical ids: with both,
// no deploy swaps what holds events for something empty.
func TestNoStatefulResourceIsReplaced(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		for _, r := range s.resources(stateful...) {
			kept, known := replacing[r.Type]
			if !known {
				t.Errorf("%s: which properties of %s replace it is not in the list", r.ID, r.Type)
			}
			for property, want := range kept {
				if got := r.Properties[property]; got != want {
					t.Errorf("%s: %s is %v, was %v: the change replaces it", r.ID, property, got, want)
				}
			}
		}
	})
}
