package clients

// Table has every client. To add one, add an entry here, its row to infra/docs/clients.md and
// its SDK to test/clients. No two entries have the same path for the same method, because the
// path names the client.
var Table = []Client{
	{
		Name: "segment",
		Posts: []string{
			"/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch",
			"/v1/identify", "/v1/track", "/v1/page", "/v1/screen", "/v1/group", "/v1/alias",
			"/v1/i", "/v1/t", "/v1/p", "/v1/s", "/v1/g", "/v1/a", "/v1/m",
		},
		Members: []string{"batch"},
		Types:   []string{"type"},
		Keys:    []string{"writeKey"},
		Answers: Answers{Body: Body{Stored: `{"success":true,"id":"$id"}`}},
	},
	{
		Name:  "jitsu",
		Posts: []string{"/api/s/{}", "/api/s/s2s/{}"},
		Types: []string{"type"},
		Keys:  []string{"writeKey"},
	},
	{
		Name:    "posthog",
		Posts:   []string{"/batch", "/e", "/capture", "/i/v0/e"},
		Members: []string{"batch"},
		Types:   []string{"event"},
		Keys:    []string{"api_key", "properties.token"},
	},
	{
		Name:    "snowplow",
		Posts:   []string{"/com.snowplowanalytics.snowplow/tp2"},
		Gets:    []string{"/i"},
		Members: []string{"data"},
		Types:   []string{"e"},
		Answers: Answers{Pixel: true},
	},
	{
		Name:  "mixpanel",
		Posts: []string{"/track", "/engage", "/groups"},
		Gets:  []string{"/track", "/engage", "/groups"},
		Types: []string{"event"},
		Keys:  []string{"properties.token", "$token"},
		Answers: Answers{
			Body:    Body{Stored: "1", Refused: "0"},
			Verbose: Body{Stored: `{"status":1,"error":null,"id":"$id"}`, Refused: `{"status":0,"error":"unstored"}`},
		},
	},
	{
		Name:    "amplitude",
		Posts:   []string{"/2/httpapi", "/httpapi"},
		Members: []string{"events"},
		Types:   []string{"event_type"},
		Keys:    []string{"api_key"},
		Answers: Answers{Body: Body{Stored: `{"code":200,"id":"$id"}`, Refused: `{"code":503,"error":"unstored"}`}},
	},
	{Name: "clickstream", Posts: []string{"/collect"}, Types: []string{"event_type"}},
	{
		Name:    "ga4",
		Posts:   []string{"/mp/collect"},
		Members: []string{"events"},
		Types:   []string{"name"},
	},
	{
		Name:    "matomo",
		Posts:   []string{"/matomo.php", "/piwik.php"},
		Gets:    []string{"/matomo.php", "/piwik.php"},
		Members: []string{"requests"},
		Queries: true,
		Answers: Answers{Pixel: true},
	},
	{
		Name:    "otlp",
		Posts:   []string{"/v1/logs", "/v1/traces", "/v1/metrics"},
		Members: []string{"resourceLogs", "resourceSpans", "resourceMetrics"},
	},
	{Name: "sentry", Posts: []string{"/api/{}/envelope", "/api/{}/store"}},
	{Name: CloudEvents},
	{Name: "loki", Posts: []string{"/loki/api/v1/push"}, Members: []string{"streams"}},
	{Name: "axiom", Posts: []string{"/v1/datasets/{}/ingest"}},
	{
		Name:    "pixel",
		Gets:    []string{"/pixel.gif", "/events"},
		Answers: Answers{Pixel: true},
	},
	{Name: "form"},
}
