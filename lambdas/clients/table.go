package clients

// Table has every client. To add one, add an entry here and its row to test/clients.
// No two entries have the same path for the same method, for the path names the client.
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
		Guides: []Guide{
			{
				SDK: "Segment on a server",
				Set: "`new Analytics({writeKey, host: 'https://$host'})`; other languages call it `host` or `Endpoint`",
				ID:  "messageId", Kept: "`sentAt` and the write key in `source`", Unkept: "",
			},
			{
				SDK: "Segment in a page",
				Set: "`AnalyticsBrowser.load({writeKey, cdnSettings: {integrations: {'Segment.io': " +
					"{apiKey: writeKey, apiHost: '$host/v1'}}}})`",
				ID: "messageId", Kept: "the write key in `source`",
				Unkept: "`GET /settings` is 404: give `cdnSettings` in code",
			},
			{
				SDK: "RudderStack",
				Set: "server: `new Analytics(writeKey, {dataPlaneUrl: 'https://$host'})`; " +
					"page: `load(writeKey, 'https://$host', {getSourceConfig: () => ({source})})`",
				ID: "messageId", Kept: "`sentAt` and the write key in `source`",
				Unkept: "`GET /sourceConfig` is 404: give `getSourceConfig` in code; headers `AnonymousId` and `X-*`",
			},
		},
	},
	{
		Name:  "jitsu",
		Posts: []string{"/api/s/{}", "/api/s/s2s/{}"},
		Types: []string{"type"},
		Keys:  []string{"writeKey"},
		Guides: []Guide{{
			SDK: "Jitsu", Set: "`jitsuAnalytics({host: 'https://$host', writeKey})`",
			ID: "messageId", Kept: "the write key in `source`, without its secret part",
		}},
	},
	{
		Name:    "posthog",
		Posts:   []string{"/batch", "/e", "/capture", "/i/v0/e"},
		Members: []string{"batch"},
		Types:   []string{"event"},
		Keys:    []string{"api_key", "properties.token"},
		Guides: []Guide{{
			SDK: "PostHog",
			Set: "server: `new PostHog(key, {host: 'https://$host'})`; " +
				"page: `posthog.init(key, {api_host: 'https://$host'})`",
			ID: "uuid", Kept: "`sent_at`, `historical_migration` and the key in `source`",
			Unkept: "`/flags/`, `/array/…/config` and `/s/` (recordings) are 404, and the SDK goes on",
		}},
	},
	{
		Name:    "snowplow",
		Posts:   []string{"/com.snowplowanalytics.snowplow/tp2"},
		Gets:    []string{"/i"},
		Members: []string{"data"},
		Types:   []string{"e"},
		Answers: Answers{Pixel: true},
		Guides: []Guide{{
			SDK: "Snowplow",
			Set: "page: `newTracker('sp', 'https://$host')`; server: `newTracker({…}, {endpoint: 'https://$host'})`",
			ID:  "eid", Kept: "`schema` of the payload in `source`",
			Unkept: "paths of your own vendor: leave `postPath` as it is; the header `SP-Anonymous`",
		}},
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
		Guides: []Guide{{
			SDK: "Mixpanel",
			Set: "server: `Mixpanel.init(token, {host: '$host'})`; " +
				"page: `mixpanel.init(token, {api_host: 'https://$host'})`",
			ID: "properties.$insert_id", Kept: "the parameters beside `data` in `source`",
			Unkept: "`/import`, whose key is a secret; `/record`, `/flags` and `/decide` are 404",
		}},
	},
	{
		Name:    "amplitude",
		Posts:   []string{"/2/httpapi", "/httpapi"},
		Members: []string{"events"},
		Types:   []string{"event_type"},
		Keys:    []string{"api_key"},
		Answers: Answers{Body: Body{Stored: `{"code":200,"id":"$id"}`, Refused: `{"code":503,"error":"unstored"}`}},
		Guides: []Guide{{
			SDK: "Amplitude", Set: "`init(key, {serverUrl: 'https://$host/2/httpapi'})`",
			ID: "insert_id", Kept: "`options`, `client_upload_time` and the key in `source`",
			Unkept: "remote configuration comes from Amplitude: `fetchRemoteConfig: false`; `/batch` is PostHog's path",
		}},
	},
	{
		Name:  "clickstream",
		Posts: []string{"/collect"},
		Types: []string{"event_type"},
		Guides: []Guide{{
			SDK: "AWS Clickstream", Set: "`ClickstreamAnalytics.init({appId, endpoint: 'https://$host/collect'})`",
			ID: "event_id", Kept: "the query (`appId`, `platform`) in `source`",
		}},
	},
	{
		Name:    "ga4",
		Posts:   []string{"/mp/collect"},
		Members: []string{"events"},
		Types:   []string{"name"},
		Guides: []Guide{{
			SDK: "GA4 Measurement Protocol",
			Set: "`POST https://$host/mp/collect?measurement_id=…` in place of `https://www.google-analytics.com`",
			ID:  "", Kept: "`measurement_id`, `client_id`, `user_properties` and all else beside `events` in `source`",
			Unkept: "`api_secret`; gtag.js, which knows no other host",
		}},
	},
	{
		Name:    "matomo",
		Posts:   []string{"/matomo.php", "/piwik.php"},
		Gets:    []string{"/matomo.php", "/piwik.php"},
		Members: []string{"requests"},
		Queries: true,
		Answers: Answers{Pixel: true},
		Guides: []Guide{{
			SDK: "Matomo", Set: "server: `new MatomoTracker(site, 'https://$host/matomo.php')`; page: `setTrackerUrl`",
			ID: "", Kept: "each request's parameters as the members of an event",
			Unkept: "`token_auth`",
		}},
	},
	{
		Name:    "otlp",
		Posts:   []string{"/v1/logs", "/v1/traces", "/v1/metrics"},
		Members: []string{"resourceLogs", "resourceSpans", "resourceMetrics"},
		Guides: []Guide{{
			SDK: "OpenTelemetry",
			Set: "`OTEL_EXPORTER_OTLP_ENDPOINT=https://$host`, `OTEL_EXPORTER_OTLP_PROTOCOL=http/json`",
			ID:  "", Kept: "one line for each resource of a request",
			Unkept: "protobuf: it is one reject a request",
		}},
	},
	{
		Name:  "sentry",
		Posts: []string{"/api/{}/envelope", "/api/{}/store"},
		Guides: []Guide{{
			SDK: "Sentry", Set: "DSN `https://key@$host/42`, or `tunnel: 'https://$host/events'`",
			ID: "event_id", Kept: "one line for each line of an envelope; the query (`sentry_key`) in `source`",
			Unkept: "attachments and replays that are not JSON: one reject a line",
		}},
	},
	{
		Name: CloudEvents,
		Guides: []Guide{{
			SDK: "CloudEvents",
			Set: "`httpTransport('https://$host/events')`, `cehttp.WithTarget`: structured, batched or binary",
			ID:  "id", Kept: "of binary mode `ce-*` in `source.attributes`; `ce-type` is the type",
			Unkept: "data that is not a JSON object: a reject",
		}},
	},
	{
		Name:    "loki",
		Posts:   []string{"/loki/api/v1/push"},
		Members: []string{"streams"},
		Guides: []Guide{{
			SDK: "Loki push", Set: "`pinoLoki({host: 'https://$host'})`; Promtail and Alloy send snappy protobuf",
			ID: "", Kept: "one line for each stream", Unkept: "protobuf: it is one reject a request",
		}},
	},
	{
		Name:  "axiom",
		Posts: []string{"/v1/datasets/{}/ingest"},
		Guides: []Guide{{
			SDK: "Axiom", Set: "`new Axiom({token, url: 'https://$host'})`",
			ID: "", Kept: "one line for each event; the data set in `source.path`", Unkept: "the token",
		}},
	},
	{
		Name:    "pixel",
		Gets:    []string{"/pixel.gif", "/events"},
		Answers: Answers{Pixel: true},
		Guides: []Guide{{
			SDK: "an image", Set: "`<img src=\"https://$host/pixel.gif?type=open&id=42\">`, or `/events?…`",
			ID: "", Kept: "the parameters as members of the event, each a string",
			Unkept: "the order of parameters and their spelling: this event is not byte for byte",
		}},
	},
	{
		Name: "form",
		Guides: []Guide{{
			SDK: "an HTML form, `URLSearchParams`, `FormData`",
			Set: "`<form method=post action=\"https://$host/events\">`",
			ID:  "", Kept: "the fields as members of the event, each a string; or what `data=` holds as JSON, or as base64 of it",
			Unkept: "files that are not text: a reject",
		}},
	},
}
