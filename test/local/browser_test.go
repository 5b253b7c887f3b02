package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"global-ingest/test/browser"
	"global-ingest/test/simulator"
)

// browserCase is something that a page does. Its outcome under each policy of Origins is
// what the page sees, and whether the event is stored.
type browserCase struct {
	does   string
	script string // a promise of what the page sees; the page's functions are in pageScript
	down   bool   // whether Firehose and S3 are, meanwhile
	each   string // Origins empty: every page
	any    string // {"*"}
	listed string
	other  string // a page that is not listed
}

// policies are the settings of Origins that a page meets, by the column of browserCase.
var policies = []struct {
	name, stage string
	allowed     bool // whether the page is the one that the template lists
	want        func(browserCase) string
}{
	{"every page", "Dev", false, func(c browserCase) string { return c.each }},
	{"any page", "ThreeStreams", false, func(c browserCase) string { return c.any }},
	{"a listed page", "Everything", true, func(c browserCase) string { return c.listed }},
	{"another page", "Everything", false, func(c browserCase) string { return c.other }},
}

const (
	read    = "200, stored"
	lost    = "unreadable"         // the browser asked first, and did not send it
	unheard = "unreadable, stored" // the page believes that it failed
)

var browserCases = []browserCase{
	{does: "beacon of a string", script: `beacon(event)`, each: "true, stored", any: "true, stored", listed: "true, stored", other: "true, stored"},
	{does: "beacon of a JSON Blob", script: `beacon(new Blob([event], {type: JSON_TYPE}))`, each: "true, stored", any: "true", listed: "true, stored", other: "true"},
	{does: "fetch, text", script: `post(event, {})`, each: read, any: read, listed: read, other: unheard},
	{does: "fetch, JSON", script: `post(event, {"Content-Type": JSON_TYPE})`, each: read, any: read, listed: read, other: lost},
	{does: "fetch, no-cors", script: `post(event, {}, {mode: "no-cors"})`, each: "0, stored", any: "0, stored", listed: "0, stored", other: "0, stored"},
	{does: "fetch with credentials, text", script: `post(event, {}, WITH)`, each: read, any: unheard, listed: read, other: unheard},
	{does: "fetch with credentials, JSON", script: `post(event, {"Content-Type": JSON_TYPE}, WITH)`, each: read, any: lost, listed: read, other: lost},
	{does: "XMLHttpRequest with credentials", script: `xhr(event)`, each: read, any: unheard, listed: read, other: unheard},
	{does: "X-Write-Key", script: `post(event, {"X-Write-Key": "k"})`, each: read, any: read, listed: read, other: lost},
	{does: "X-Write-Key with credentials", script: `post(event, {"X-Write-Key": "k"}, WITH)`, each: read, any: lost, listed: read, other: lost},
	{does: "Authorization", script: `post(event, {"Authorization": "Basic azo="})`, each: read, any: read, listed: read, other: lost},
	{does: "traceparent and a header of one's own", script: `post(event, {"traceparent": "00", "X-Mine": "1"})`, each: read, any: read, listed: read, other: lost},
	{does: "gzip", script: `gzip(event).then(b => post(b, {"Content-Encoding": "gzip"}))`, each: read, any: read, listed: read, other: lost},
	{does: "gzip unannounced", script: `gzip(event).then(b => post(b, {}))`, each: read, any: read, listed: read, other: unheard},
	{does: "a slash at the end", script: `post(event, {}, {}, "/events/")`, each: read, any: read, listed: read, other: unheard},
	{does: "a wrong path", script: `post(event, {}, {}, "/nowhere")`, each: "404", any: "404", listed: "404", other: lost},
	{does: "a wrong path with credentials", script: `post(event, {}, WITH, "/nowhere")`, each: "404", any: lost, listed: "404", other: lost},
	{does: "a wrong path, JSON", script: `post(event, {"Content-Type": JSON_TYPE}, {}, "/nowhere")`, each: "404", any: "404", listed: "404", other: lost},
	{does: "an unknown encoding", script: `post(event, {"Content-Encoding": "br"})`, each: "415", any: "415", listed: "415", other: lost},
	{does: "5 MB", script: `post(event + " ".repeat(5e6), {})`, each: "413", any: "413", listed: "413", other: "413"},
	{does: "Firehose and S3 are down", script: `post(event, {})`, down: true, each: "503 after 5", any: "503 after 5", listed: "503 after 5", other: lost},
}

// pageScript has what the scripts call. ENDPOINT and EVENT are put in.
const pageScript = `(() => {
	const JSON_TYPE = "application/json", WITH = {credentials: "include"}, event = EVENT;
	const seen = (status, after) => after ? status + " after " + after : "" + status;
	const beacon = body => Promise.resolve("" + navigator.sendBeacon(ENDPOINT + "/events", body));
	const post = (body, headers, options, path) =>
		fetch(ENDPOINT + (path || "/events"), {method: "POST", body, headers, ...options})
			.then(r => r.text().then(() => seen(r.status, r.headers.get("Retry-After"))), () => "unreadable");
	const xhr = body => new Promise(resolve => {
		const x = new XMLHttpRequest();
		x.open("POST", ENDPOINT + "/events");
		x.withCredentials = true;
		x.onloadend = () => resolve(x.status === 0 ? "unreadable" : seen(x.status, x.getResponseHeader("Retry-After")));
		x.send(body);
	});
	const gzip = text => new Response(new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
	return SCRIPT;
})()`

// TestWhatABrowserSeesAndStores: each thing that a page does, in a real browser, on another
// origin than the endpoint's.
func TestWhatABrowserSeesAndStores(t *testing.T) {
	tab := browser.Open(t)
	pages := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<title>page</title>")
	}))
	defer pages.Close()
	origin := strings.Replace(pages.URL, "127.0.0.1", "localhost", 1)
	if err := chromedp.Do(tab, chromedp.Navigate(origin)); err != nil {
		t.Fatal(err)
	}
	for _, policy := range policies {
		t.Run(policy.name, func(t *testing.T) {
			templates := templatesOf(t, policy.stage)
			if policy.allowed {
				list(templates, origin)
			}
			var down atomic.Bool
			sim := start(t, templates, func(o *simulator.Options) { failing(o, &down) })
			outcomes := map[string]string{}
			for _, c := range browserCases {
				down.Store(c.down)
				outcomes[c.does] = seenBy(tab, t, sim.URL, c)
			}
			down.Store(false)
			want := map[string]string{}
			for _, c := range browserCases {
				want[c.does] = policy.want(c)
			}
			compareOutcomes(t, sim, outcomes, want)
		})
	}
}

// compareOutcomes adds to what the page saw what is stored. A beacon may still be on its way.
func compareOutcomes(t *testing.T, sim *simulator.Simulator, seen, want map[string]string) {
	t.Helper()
	var got map[string]string
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		flush(t, sim)
		got = maps.Clone(seen)
		for _, line := range readLake(t, sim.Lake, sim.Bucket).Lines {
			got[marked.FindStringSubmatch(string(line.Event))[1]] += ", stored"
		}
		if maps.Equal(got, want) {
			return
		}
	}
	for _, does := range slices.Sorted(maps.Keys(want)) {
		if got[does] != want[does] {
			t.Errorf("%s: %s; want %s", does, got[does], want[does])
		}
	}
}

var marked = regexp.MustCompile(`"mark":"([^"]*)"`)

// seenBy has the page in tab do something, and returns what it sees.
func seenBy(tab context.Context, t *testing.T, endpoint string, c browserCase) string {
	t.Helper()
	event := fmt.Sprintf("%q", fmt.Sprintf(`{"type":"order","mark":%q}`, c.does))
	url := fmt.Sprintf("%q", endpoint)
	script := strings.NewReplacer("ENDPOINT", url, "EVENT", event, "SCRIPT", c.script).Replace(pageScript)
	ctx, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	outcome, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", c.does, err)
	}
	return outcome
}

// list puts origin in the place of the one that the templates list.
func list(templates []*simulator.Template, origin string) {
	var replaced func(v any) any
	replaced = func(v any) any {
		switch v := v.(type) {
		case string:
			return strings.ReplaceAll(v, page, origin)
		case []any:
			for i := range v {
				v[i] = replaced(v[i])
			}
		case map[string]any:
			for key := range v {
				v[key] = replaced(v[key])
			}
		}
		return v
	}
	for _, template := range templates {
		for _, resource := range template.Resources {
			replaced(resource.Properties)
		}
	}
}

// failing has Firehose and S3 refuse while they are down.
func failing(o *simulator.Options, down *atomic.Bool) {
	o.FirehoseFaults = func(simulator.Call) *simulator.Fault {
		if down.Load() {
			return simulator.Unavailable()
		}
		return nil
	}
	o.ObjectFaults = func(_, _ string) error {
		if down.Load() {
			return errors.New("down")
		}
		return nil
	}
}
