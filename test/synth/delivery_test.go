package synth

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestStreamsDeliverLikeThis compares what of a stream is no environment's choice.
func TestStreamsDeliverLikeThis(t *testing.T) {
	const hourly = "day=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/"
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		for path, prefix := range map[string]string{"EventsStream": "events/", "RejectsStream": "rejected/"} {
			r := s.the(t, path)
			s3 := r.Properties["ExtendedS3DestinationConfiguration"]
			want := map[string]any{
				"type":       "DirectPut",
				"encryption": "KeyType=AWS_OWNED_CMK",
				"bucket":     "LakeBucket.Arn",
				"prefix":     prefix + hourly,
				"errors":     "failed/!{firehose:error-output-type}/" + hourly,
				"extension":  ".jsonl.gz",
				"format":     "GZIP",
				"logs":       true,
			}
			got := map[string]any{
				"type":       r.Properties["DeliveryStreamType"],
				"encryption": s.text(r.Properties["DeliveryStreamEncryptionConfigurationInput"]),
				"bucket":     s.text(at(s3, "BucketARN")),
				"prefix":     at(s3, "Prefix"),
				"errors":     at(s3, "ErrorOutputPrefix"),
				"extension":  at(s3, "FileExtension"),
				"format":     at(s3, "CompressionFormat"),
				"logs":       at(s3, "CloudWatchLoggingOptions", "Enabled"),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got)\n%s", path, diff)
			}
		}
	})
}

// TestEventsPassTheValidator 1 MiB at once, which as base64 is a fourth of what Lambda takes.
func TestEventsPassTheValidator(t *testing.T) {
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		processing := func(stream string) any {
			return at(s.the(t, stream).Properties, "ExtendedS3DestinationConfiguration", "ProcessingConfiguration")
		}
		got := s.text(at(processing("EventsStream"), "Processors"))
		for _, want := range []string{
			"ParameterName=LambdaArn ParameterValue=ValidatorFunction.Arn",
			"ParameterName=BufferSizeInMBs ParameterValue=1",
			"ParameterName=NumberOfRetries ParameterValue=",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("processors lack %q: %s", want, got)
			}
		}
		if other := processing("RejectsStream"); other != nil {
			t.Errorf("rejects are processed: %v", other)
		}
	})
}

func decodeObject(t *testing.T, text string) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return object
}
