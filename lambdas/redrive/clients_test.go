package redrive_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/record"
)

// The Validator finds in the parts what it would have found in the whole.
func TestALargeEnvelopeIsCutBetweenItsEventsWithWhatStoodBesideThem(t *testing.T) {
	var want []string
	for i := range 40 {
		want = append(want, fmt.Sprintf("{ \"type\":\"track\",\"n\":%d,\"batch\":[{}],\"text\":%q}", i, noise(50_000)))
	}
	body := `{"batch":[` + strings.Join(want, " ,\n") + `],"writeKey":"k",` + "\"sentAt\":\n1}"
	for name, body := range map[string]string{"plain": body, "compressed": string(compress(body))} {
		t.Run(name, func(t *testing.T) {
			l := newLab()
			source := record.Source{Client: "segment", Path: "/v1/batch"}
			h := record.Header{ID: "id-01", ReceivedAt: receivedAt, Source: source}
			key := record.SpillKey(h.ID, receivedAt)
			l.lake.objects[key] = record.Append(nil, h, []byte(body))
			if failed := l.work(t, notification(key)); len(failed) > 0 {
				t.Fatal(l.out.String())
			}
			got := eventsOf(t, l.events.accepted)
			if len(got) != len(want) || len(l.events.accepted) < 2 {
				t.Fatalf("%d events in %d records, want %d", len(got), len(l.events.accepted), len(want))
			}
			for i, text := range want {
				if got[i] != text {
					t.Errorf("event %d differs", i)
				}
			}
			source.Key, source.Envelope = "k", `{"sentAt":1}`
			for _, data := range l.events.accepted {
				if diff := cmp.Diff(source, decode(t, data).Source); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// An event that has a member like an envelope's does not become several.
func TestAReplayedEventOfAnEnvelopeIsNotUnwrapped(t *testing.T) {
	l := newLab()
	var rows []byte
	for _, s := range []record.Source{
		{Client: "segment", Path: "/v1/batch", Envelope: `{"sentAt":1}`},
		{Client: "cloudevents", Attributes: `{"specversion":"1.0"}`},
		{},
	} {
		reject := record.Header{ID: "id-01", ReceivedAt: receivedAt, Source: s}.RejectEvent(1)
		reject.Reason, reject.Payload = record.SchemaViolation, []byte(`{"batch":[{},{}]}`)
		rows = record.AppendReject(rows, reject)
	}
	l.lake.objects["rejected/a"] = rows
	if failed := l.work(t, replay(t, "rejected/a", "")); len(failed) > 0 {
		t.Fatal(l.out.String())
	}
	var bodies []string
	for _, data := range l.events.accepted {
		bodies = append(bodies, string(decode(t, data).Body))
	}
	want := []string{`[{"batch":[{},{}]}]`, `{"batch":[{},{}]}`, `{"batch":[{},{}]}`}
	if diff := cmp.Diff(want, bodies); diff != "" {
		t.Error(diff)
	}
	if got := decode(t, l.events.accepted[0]).Source.Envelope; got != `{"sentAt":1}` {
		t.Errorf("envelope is %s", got)
	}
}
