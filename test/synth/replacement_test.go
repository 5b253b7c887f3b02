package synth

import (
	"testing"

	"global-ingest/infra/stateful"
)

// kept are the values of properties whose change would replace a resource; the
// others are not set.
var kept = map[string]any{
	"AWS::KinesisFirehose::DeliveryStream DeliveryStreamType": "DirectPut",

	"AWS::ApiGateway::DomainName DomainName": "origin.events.example.com",
	"AWS::Route53::RecordSet Name":           "events.example.com",
	"AWS::Route53::RecordSet HostedZoneId":   "Z0123456789ABCDEFGHIJ",
}

// TestNoStatefulResourceIsReplaced stands beside the frozen logical ids: with both,
// no deploy swaps what holds events for something empty.
func TestNoStatefulResourceIsReplaced(t *testing.T) {
	each(t, "", func(t *testing.T, s *stack) {
		for _, r := range addresses(s) {
			for _, property := range stateful.Replacing(r.Type) {
				if got, want := r.Properties[property], kept[r.Type+" "+property]; got != want {
					t.Errorf("%s: %s is %v, was %v: the change replaces it", r.ID, property, got, want)
				}
			}
		}
	})
}
