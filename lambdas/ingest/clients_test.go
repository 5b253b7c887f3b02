package ingest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"image/gif"
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

// sent is a request of a client, in API Gateway's words.
type sent struct {
	method, path string
	query        url.Values
	headers      map[string]string
	body         string
}

func (s sent) event(t testing.TB) []byte {
	t.Helper()
	var event map[string]any
	body := base64.StdEncoding.EncodeToString([]byte(s.body))
	if err := json.Unmarshal(proxyEvent(t, body, true), &event); err != nil {
		t.Fatal(err)
	}
	event["httpMethod"], event["path"], event["multiValueQueryStringParameters"] = s.method, s.path, s.query
	headers := event["headers"].(map[string]any)
	for name, value := range s.headers {
		headers[name] = value
	}
	text, err := json.Marshal(event)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestARequestByAClientsPathIsStoredWithItsSource(t *testing.T) {
	for _, c := range clients.Table {
		for _, path := range c.Posts {
			path = strings.ReplaceAll(path, "{}", "42")
			s := sent{method: "POST", path: path, query: url.Values{"v": {"1"}}, body: `{"a":1.50}`}
			r, a := store(t, config(), s.event(t))
			want := record.Source{Client: c.Name, Path: path, Query: "v=1"}
			if r.Source != want || string(r.Body) != s.body || a.StatusCode != 200 {
				t.Errorf("POST %s: source %+v, body %s, status %d", path, r.Source, r.Body, a.StatusCode)
			}
		}
		for _, path := range c.Gets {
			r, a := store(t, config(), sent{method: "GET", path: path, query: url.Values{"e": {"pv"}}}.event(t))
			want := record.Source{Client: c.Name, Path: path, Query: "e=pv"}
			if r.Source != want || len(r.Body) != 0 || a.StatusCode != 200 {
				t.Errorf("GET %s: source %+v, body %s, status %d", path, r.Source, r.Body, a.StatusCode)
			}
		}
	}
}

func TestAPlainRequestHasNoSource(t *testing.T) {
	for _, path := range []string{"/", "/events", "/events/", ""} {
		if r, _ := store(t, config(), sent{method: "POST", path: path}.event(t)); r.Source != (record.Source{}) {
			t.Errorf("POST %q: source %+v", path, r.Source)
		}
	}
}

func TestAPathOfNoEnabledClientIs404AndStoresNothing(t *testing.T) {
	some := config()
	some.Clients = []string{"segment"}
	for _, c := range []struct {
		config ingest.Config
		sent
	}{
		{config(), sent{method: "POST", path: "/flags/"}},
		{config(), sent{method: "GET", path: "/sourceConfig", query: url.Values{"p": {"npm"}}}},
		{config(), sent{method: "GET", path: "/v1/batch"}},
		{config(), sent{method: "GET", path: "/events"}},
		{config(), sent{method: "POST", path: "/wp-login.php"}},
		{some, sent{method: "POST", path: "/batch/"}},
		{some, sent{method: "GET", path: "/events", query: url.Values{"a": {"1"}}}},
	} {
		a, logs := ask(t, c.config, func(context.Context, []byte) error { return errors.New("stored") }, c.event(t))
		checkContract(t, a, 404)
		if a.Body != clients.NoSuchPath || logs != "" {
			t.Errorf("%s %s: body %s, logs %s", c.method, c.path, a.Body, logs)
		}
	}
}

func TestEveryClientIsAnsweredWhatItReads(t *testing.T) {
	for _, c := range []struct {
		sent
		stored, refused string // $id is the ingest id; "" is any other client's
	}{
		{sent{method: "POST", path: "/v1/batch"}, `{"success":true,"id":"$id"}`, ""},
		{sent{method: "POST", path: "/2/httpapi"}, `{"code":200,"id":"$id"}`, `{"code":503,"error":"unstored"}`},
		{sent{method: "POST", path: "/track"}, "1", "0"},
		{sent{method: "GET", path: "/track", query: url.Values{"data": {"e30="}}}, "1", "0"},
		{sent{method: "POST", path: "/track/", query: url.Values{"verbose": {"1"}}}, `{"status":1,"error":null,"id":"$id"}`, `{"status":0,"error":"unstored"}`},
		{sent{method: "POST", path: "/batch/", query: url.Values{"verbose": {"1"}}}, "", ""},
		{sent{method: "POST", path: "/events", query: url.Values{"verbose": {"1"}}}, "", ""},
	} {
		r, a := store(t, config(), c.event(t))
		want := strings.ReplaceAll(c.stored, "$id", r.ID)
		if want == "" {
			want = `{"id":"` + r.ID + `"}`
		}
		checkContract(t, a, 200)
		if a.Body != want {
			t.Errorf("%s %s: 200 %s, want %s", c.method, c.path, a.Body, want)
		}
		a, _ = ask(t, config(), func(context.Context, []byte) error { return errors.New("down") }, c.event(t))
		checkContract(t, a, 503)
		usual := strings.HasPrefix(a.Body, `{"error":"unstored"`)
		if want := c.refused; want != "" && a.Body != want || want == "" && !usual {
			t.Errorf("%s %s: 503 %s, want %s", c.method, c.path, a.Body, want)
		}
	}
}

func TestAPixelIsAnsweredWithAnImage(t *testing.T) {
	for _, path := range []string{"/pixel.gif", "/i", "/matomo.php", "/events"} {
		event := sent{method: "GET", path: path, query: url.Values{"type": {"open"}}}.event(t)
		var a struct {
			answer
			IsBase64Encoded bool `json:"isBase64Encoded"`
		}
		response, err := quiet(config(), takes, nil).Invoke(t.Context(), event)
		if err == nil {
			err = json.Unmarshal(response, &a)
		}
		if err != nil {
			t.Fatal(err)
		}
		image, err := base64.StdEncoding.DecodeString(a.Body)
		if err == nil {
			_, err = gif.Decode(bytes.NewReader(image))
		}
		if err != nil || len(image) != 43 || !a.IsBase64Encoded || a.Headers["Content-Type"] != "image/gif" ||
			a.Headers["Cache-Control"] != "no-store" || a.StatusCode != 200 {
			t.Errorf("GET %s: %d bytes of %v, error %v", path, len(image), a.Headers, err)
		}
	}
}

// A public write key is kept, and no secret is, wherever it stands.
func TestOnlyPublicWriteKeysAreKept(t *testing.T) {
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	for name, c := range map[string]struct {
		headers map[string]string
		query   url.Values
		want    string
	}{
		"Basic without a password": {map[string]string{"authorization": basic("public:")}, nil, "public"},
		"Basic with a password":    {map[string]string{"Authorization": basic("name:hush")}, nil, ""},
		"Basic without a colon":    {map[string]string{"Authorization": basic("hush")}, nil, ""},
		"Basic that ends in one":   {map[string]string{"Authorization": basic("name:hush:")}, nil, ""},
		"Basic that is no base64":  {map[string]string{"Authorization": "Basic hush"}, nil, ""},
		"Bearer":                   {map[string]string{"Authorization": "Bearer hush"}, nil, ""},
		"X-Write-Key":              {map[string]string{"x-write-key": "public"}, nil, "public"},
		"X-Write-Key of a server":  {map[string]string{"X-Write-Key": "public:hush"}, nil, "public"},
		"writeKey":                 {nil, url.Values{"writeKey": {"public"}}, "public"},
		"api_key":                  {nil, url.Values{"api_key": {"public"}}, "public"},
		"api_secret, token_auth":   {nil, url.Values{"api_secret": {"hush"}, "token_auth": {"hush"}, "Password": {"hush"}}, ""},
	} {
		for _, path := range []string{"/v1/batch", "/events"} {
			r, _ := store(t, config(), sent{method: "POST", path: path, headers: c.headers, query: c.query}.event(t))
			text := string(record.Append(nil, r.Header, nil))
			if r.Source.Key != c.want || strings.Contains(text, "hush") {
				t.Errorf("%s: key %q, want %q, in %s", name, r.Source.Key, c.want, text)
			}
		}
	}
}

func TestAttributesOfACloudEventAreKept(t *testing.T) {
	headers := map[string]string{"ce-SpecVersion": "1.0", "CE-Type": "order", "x-ce-no": "1"}
	headers["ce-subject"], headers["ce-odd"] = "a%20%22b%22+100%", "%C3%A4%x1%2x%\x10\x11%"
	r, _ := store(t, config(), sent{method: "POST", path: "/", headers: headers, body: "{}"}.event(t))
	var attributes map[string]string
	if err := json.Unmarshal([]byte(r.Source.Attributes), &attributes); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"specversion": "1.0", "type": "order", "subject": `a "b"+100%`, "odd": "ä%x1%2x%\x10\x11%",
	}
	if !maps.Equal(attributes, want) || r.Source.Client != "cloudevents" {
		t.Errorf("source is %+v, want %v", r.Source, want)
	}
}

// Whatever the parameters, the query reads back as they were.
func TestTheQueryReadsBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		query := url.Values(rapid.MapOfN(rapid.String(), rapid.SliceOfN(rapid.String(), 1, 3), 1, 5).Draw(rt, "query"))
		for name := range query {
			if clients.IsSecret(name) || name == "writeKey" || name == "api_key" {
				delete(query, name)
			}
		}
		r, _ := store(t, config(), sent{method: "POST", path: "/batch", query: query}.event(t))
		got, err := url.ParseQuery(strings.ReplaceAll(r.Source.Query, ";", "%3B"))
		if diff := cmp.Diff(query, got); err != nil || diff != "" && len(query)+len(got) > 0 {
			rt.Errorf("%s: %v\n%s", r.Source.Query, err, diff)
		}
	})
}

// A client's request costs 4 allocations more than a plain one: its path, query and key
// as text, and the room for decoding the key. TestAllocations has the plain one's.
func TestAClientsRequestCostsFourAllocationsMore(t *testing.T) {
	h := quiet(config(), takes, nil)
	of := func(s sent) float64 {
		event := s.event(t)
		return testing.AllocsPerRun(100, func() {
			if _, err := h.Invoke(context.Background(), event); err != nil {
				t.Fatal(err)
			}
		})
	}
	plain := of(sent{method: "POST", path: "/events"})
	client := of(sent{
		method: "POST", path: "/v1/batch", query: url.Values{"a": {"1"}, "b": {"2"}},
		headers: map[string]string{"Authorization": "Basic a2V5Og=="},
	})
	if client > plain+4 {
		t.Errorf("%v allocations, a plain request %v; limit is 4 more", client, plain)
	}
}
