package synth

import (
	"testing"
)

// TestDeadLettersOutliveTheirQueue: a message keeps its first timestamp when it becomes a
// dead letter, so with one retention for both the last one would be dropped as it arrives.
func TestDeadLettersOutliveTheirQueue(t *testing.T) {
	const day = 24 * 3600.0
	each(t, "Storage", func(t *testing.T, s *stack) {
		for path, want := range map[string]float64{"SpillQueue": 12 * day, "SpillDeadLetters": 14 * day} {
			if got := s.the(t, path).Properties["MessageRetentionPeriod"]; got != want {
				t.Errorf("%s keeps messages for %v s, want %v", path, got, want)
			}
		}
	})
}

// TestSpilledRecordsAreAnnounced follows the way from the bucket to the function.
func TestSpilledRecordsAreAnnounced(t *testing.T) {
	each(t, "Storage", func(t *testing.T, s *stack) {
		bucket := s.the(t, "LakeBucket")
		want := "Event=s3:ObjectCreated:* Filter=S3Key=Rules=Name=prefix Value=spill/ Queue=SpillQueue.Arn"
		if got := s.text(at(bucket.Properties, "NotificationConfiguration", "QueueConfigurations")); got != want {
			t.Errorf("bucket announces %q, want %q", got, want)
		}
		queue := s.the(t, "SpillQueue")
		hidden := 6 * environmentOf(t, s).Redrive.Timeout.Seconds()
		if got := queue.Properties["VisibilityTimeout"]; got != hidden {
			t.Errorf("messages are hidden for %v s, want %v: six times the function's timeout", got, hidden)
		}
		const policy = "deadLetterTargetArn=SpillDeadLetters.Arn maxReceiveCount=100"
		if got := s.text(queue.Properties["RedrivePolicy"]); got != policy {
			t.Errorf("redrive policy is %q, want %q", got, policy)
		}
	})
	each(t, "Pipeline", func(t *testing.T, s *stack) {
		mapping := s.the(t, "RedriveFunctionMapping")
		for property, want := range map[string]string{
			"BatchSize": "500", "MaximumBatchingWindowInSeconds": "1", "ScalingConfig": "MaximumConcurrency=5",
			"FunctionResponseTypes": "ReportBatchItemFailures",
			"EventSourceArn":        "SpillQueue.Arn", "FunctionName": "RedriveFunction",
		} {
			if got := s.text(mapping.Properties[property]); got != want {
				t.Errorf("%s is %q, want %q", property, got, want)
			}
		}
	})
}
