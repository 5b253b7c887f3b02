// Package clients_test points SDKs that people already use at the pipeline: real ones, pinned
// in package.json, unmodified, and given our host with what else they demand. So it is known of
// each what it believes, what is in the lake then, and what it does when nothing can be stored.
package clients_test

import (
	"flag"
	"slices"
	"testing"

	"global-ingest/test/traffic"
)

var every = flag.Bool("every", false, "run every client, not only three")

// client is an SDK, or a page without one, and what becomes of its events. sdks has what it sends.
type client struct {
	name      string   // in the file of sdks
	module    string   // of npm or Go; "" for what needs none
	lake      []string // types of its events there, sorted; "" for none
	id        string   // the member of an event with the client's own id, such as "properties.$insert_id"; "" for none
	refused   fate     // of events that are answered 503
	elsewhere []string // other hosts that it asks for its own configuration
	leaves    bool     // it sends when its page is left
	always    bool     // run by every go test
}

// fate is what an SDK does with events that could not be stored.
type fate string

const (
	again  fate = "sends again"
	later  fate = "sends again with its next event"
	tells  fate = "drops them and says so"
	silent fate = "drops them and says nothing"
)

// returns is whether the events are stored at last.
func (f fate) returns() bool { return f == again || f == later }

var (
	segment  = []string{"identify", "page", "track"}
	shop     = []string{"order", "refund", "visit"}
	snowplow = []string{"pv", "se"}
)

var nodeClients = []client{
	{name: "segment", module: "@segment/analytics-node", lake: segment, id: "messageId", refused: again, always: true},
	{name: "segment-legacy", module: "analytics-node", lake: segment, id: "messageId", refused: again},
	{name: "rudderstack", module: "@rudderstack/rudder-sdk-node", lake: segment, id: "messageId", refused: again},
	{name: "jitsu", module: "@jitsu/js", lake: segment, id: "messageId", refused: silent},
	{name: "posthog", module: "posthog-node", lake: shop, id: "uuid", refused: again},
	{name: "snowplow", module: "@snowplow/node-tracker", lake: snowplow, id: "eid", refused: later},
	{name: "snowplow-get", module: "@snowplow/node-tracker", lake: snowplow, id: "eid", refused: later},
	{name: "mixpanel", module: "mixpanel", lake: shop, id: "properties.$insert_id", refused: tells, always: true},
	{name: "mixpanel-people", module: "mixpanel", lake: []string{""}, refused: tells},
	{name: "amplitude", module: "@amplitude/analytics-node", lake: shop, id: "insert_id", refused: tells},
	{name: "matomo", module: "matomo-tracker", lake: []string{"", ""}, refused: tells},
	{name: "matomo-get", module: "matomo-tracker", lake: []string{""}, refused: tells},
	{name: "ga4", lake: []string{"order", "visit"}, refused: tells},
	{name: "otlp-logs", module: "@opentelemetry/exporter-logs-otlp-http", lake: []string{""}, refused: again},
	{name: "otlp-traces", module: "@opentelemetry/exporter-trace-otlp-http", lake: []string{""}, refused: again},
	{name: "otlp-metrics", module: "@opentelemetry/exporter-metrics-otlp-http", lake: []string{""}, refused: again},
	{name: "cloudevents-binary", module: "cloudevents", lake: []string{"order"}, refused: silent},
	{name: "cloudevents-structured", module: "cloudevents", lake: []string{"order"}, id: "id", refused: silent},
	{name: "cloudevents-batch", module: "cloudevents", lake: []string{"order", "visit"}, id: "id", refused: silent},
	{name: "sentry", module: "@sentry/node", lake: []string{"", "", "event"}, refused: silent},
	{name: "winston", module: "winston", lake: []string{""}, refused: tells},
	{name: "loki", module: "pino-loki", lake: []string{""}, refused: tells},
}

var goClients = []client{
	{name: "segment-go", module: "github.com/segmentio/analytics-go/v3", lake: segment, id: "messageId", refused: tells},
	{name: "posthog-go", module: "github.com/posthog/posthog-go", lake: shop, refused: tells}, // its uuid is empty unless the program sets it
	{name: "cloudevents-go", module: "github.com/cloudevents/sdk-go/v2", lake: []string{"order"}, refused: tells},
}

var pageClients = []client{
	{name: "segment", module: "@segment/analytics-next", lake: segment, id: "messageId", refused: again},
	{name: "segment-batch", module: "@segment/analytics-next", lake: segment, id: "messageId", refused: again},
	{name: "rudderstack", module: "@rudderstack/analytics-js", lake: segment, id: "messageId", refused: again},
	{name: "rudderstack-beacon", module: "@rudderstack/analytics-js", lake: segment, id: "messageId", refused: silent},
	{name: "jitsu", module: "@jitsu/js", lake: segment, id: "messageId", refused: silent},
	{name: "posthog", module: "posthog-js", lake: shop, id: "uuid", refused: again},
	{name: "snowplow", module: "@snowplow/browser-tracker", lake: snowplow, id: "eid", refused: later, always: true},
	{name: "mixpanel", module: "mixpanel-browser", lake: shop, id: "properties.$insert_id", refused: tells},
	{name: "amplitude", module: "@amplitude/analytics-browser", lake: shop, id: "insert_id", refused: again, elsewhere: []string{"sr-client-cfg.amplitude.com"}},
	{name: "clickstream", module: "@aws/clickstream-web", lake: []string{"_first_open", "_session_start", "leave", "order", "visit"}, id: "event_id", refused: later},
	{name: "sentry", module: "@sentry/browser", lake: []string{"", "", "event"}, refused: silent},
	{name: "sentry-tunnel", module: "@sentry/browser", lake: []string{"", "", "event"}, refused: silent},
	{name: "otlp-logs", module: "@opentelemetry/exporter-logs-otlp-http", lake: []string{""}, refused: again},
	{name: "faro", module: "@grafana/faro-web-sdk", lake: []string{""}, refused: silent},
	{name: "datadog", module: "@datadog/browser-logs", lake: []string{"", ""}, refused: silent, leaves: true},
	{name: "web-vitals", module: "web-vitals", lake: []string{"CLS", "FCP", "LCP", "TTFB"}, id: "id", refused: silent, leaves: true},
	{name: "fetch", lake: []string{"order"}, id: "id", refused: tells},
	{name: "beacon", lake: []string{"order"}, id: "id", refused: silent},
	{name: "beacon-form", lake: []string{"order"}, id: "id", refused: silent},
	{name: "beacon-multipart", lake: []string{"order"}, id: "id", refused: silent},
	{name: "form", lake: []string{"order"}, id: "id", refused: silent},
	{name: "image", lake: []string{"order"}, id: "id", refused: tells},
}

// sides are where an SDK runs.
var sides = []struct {
	name    string
	clients []client
	sender  func(*testing.T) sender
}{
	{"Node", nodeClients, node},
	{"Go", goClients, goProgram},
	{"page", pageClients, page},
}

// TestAnSDKNeedsOnlyTheHost: it believes that its events are stored, and they are, with their
// types and its own ids, nothing else, and nothing rejected. Firehose's refusal changes nothing
// of that. Only when S3 refuses, too, is the SDK told, and what it does then is its fate.
func TestAnSDKNeedsOnlyTheHost(t *testing.T) {
	needSDKs(t)
	for _, side := range sides {
		t.Run(side.name, func(t *testing.T) { run(t, side.clients, side.sender(t)) })
	}
}

// run has each client send its events while all is well, while Firehose refuses, and while S3
// does, too, and prints what came of it.
func run(t *testing.T, clients []client, send sender) {
	rows := make([]row, len(clients))
	t.Run("clients", func(t *testing.T) {
		for i, c := range clients {
			if c.always || *every {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					rows[i] = row{c, perform(t, c, send, well), perform(t, c, send, spilling), perform(t, c, send, down)}
				})
			}
		}
	})
	if text := table(rows); text != "" {
		t.Log(text)
	}
}

// perform has a client send its events, and checks what came of it.
func perform(t *testing.T, c client, send sender, s state) outcome {
	t.Helper()
	p := start(t, s)
	o := outcome{told: send(t, c, p.wire.URL)}
	want := c.lake
	switch s {
	case spilling:
		p.mend()
	case down:
		p.awaitRefusal(t)
		if !c.refused.returns() {
			want = nil
		}
	}
	found := p.settle(t, want)
	o.exchanges = p.exchanges()
	if got := types(found); !slices.Equal(got, want) {
		t.Errorf("%s: %q are in the lake; want %q, after %s", s, got, want, o.exchanges)
	}
	if len(found.Rejects)+len(found.Failed) > 0 {
		t.Errorf("%s: rejected: %v %v", s, found.Rejects, found.Failed)
	}
	checkIDs(t, c, found)
	checkTold(t, c, s, o)
	return o
}

// checkTold sees that a client says what is so, if it says anything, and asks no host but ours.
func checkTold(t *testing.T, c client, s state, o outcome) {
	t.Helper()
	if s != down && o.Tells != "stored" {
		t.Errorf("%s: it says %s, after %s", s, o.Tells, o.exchanges)
	}
	if s == down && !c.refused.returns() && (o.Tells == "stored") != (c.refused == silent) {
		t.Errorf("%s: it says %s; want that it %s", s, o.Tells, c.refused)
	}
	if !slices.Equal(o.Elsewhere, c.elsewhere) {
		t.Errorf("%s: it asks other hosts: %q; want %q", s, o.Elsewhere, c.elsewhere)
	}
}

// checkIDs sees that each event has the client's own id, and another one than its neighbours.
func checkIDs(t *testing.T, c client, found traffic.Lake) {
	t.Helper()
	seen := map[string]bool{}
	for _, line := range found.Lines {
		id := member(line.Event, c.id)
		if c.id != "" && (id == "" || seen[id]) {
			t.Errorf("%s is %q, which is empty or not its own, in %s", c.id, id, line.Event)
		}
		seen[id] = true
	}
}
