package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// answer is what a client sees.
type answer struct {
	status int
	header http.Header
	body   string
}

// do asks with headers given as name, value pairs.
func do(t *testing.T, method, url string, body io.Reader, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

// post posts a body, and returns its ingest id.
func post(url, body string) (id string, err error) {
	response, err := http.Post(url, "application/json", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	return traffic.IngestID(response.StatusCode, response.Header, text)
}

// accepted posts a body, which must be acknowledged.
func accepted(t *testing.T, url, body string) (id string) {
	t.Helper()
	id, err := post(url, body)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// page is the origin of a page that is listed in the variant Everything; stranger is not.
const page, stranger = "https://example.com", "https://elsewhere.example"

// templatesOf are Dev's, with the API's and Ingest's answers to pages of another golden.
func templatesOf(t *testing.T, stage string) []*simulator.Template {
	t.Helper()
	templates := patientTemplates(t)
	simulator.AnswerAs(templates, goldens(t, stage))
	return templates
}

func TestEdgeAnswersByItself(t *testing.T) {
	sim := start(t, patientTemplates(t))
	for _, c := range []struct {
		method, path string
		status       int
		body         string
		headers      map[string]string
	}{
		{"OPTIONS", "/", 204, "", map[string]string{"Access-Control-Max-Age": "86400", "Access-Control-Allow-Methods": "GET,HEAD,OPTIONS,POST"}},
		{"OPTIONS", "/events/", 204, "", map[string]string{"Access-Control-Max-Age": "86400", "Access-Control-Allow-Methods": "GET,OPTIONS,POST"}},
		{"GET", "/", 200, `{"status":"ok"}`, nil},
		{"HEAD", "/", 200, "", nil},
		{"OPTIONS", "/elsewhere", 204, "", nil},
		{"GET", "/events", 404, clients.NoSuchPath, nil},
		{"POST", "/elsewhere", 404, clients.NoSuchPath, nil},
		{"PUT", "/events", 404, clients.NoSuchPath, nil},
	} {
		got := do(t, c.method, sim.URL+c.path, nil, "Origin", page, "Content-Type", "text/html")
		if got.status != c.status || got.body != c.body {
			t.Errorf("%s %s: %d %s %v", c.method, c.path, got.status, got.body, got.header)
		}
		for name, want := range c.headers {
			if value := got.header.Get(name); value != want {
				t.Errorf("%s %s: %s is %q, want %q", c.method, c.path, name, value, want)
			}
		}
	}
	if c := sim.Counters(); c.Accepted != 0 || c.Refused != 1 {
		t.Errorf("counters are %+v", c)
	}
}

// TestEveryAnswerHasOneListOfHeaders: those of the function, of a mock and of the gateway.
// A page may read all of them alike, except refusals where Origins is a list.
func TestEveryAnswerHasOneListOfHeaders(t *testing.T) {
	type cors struct{ origin, credentials, vary string }
	everybody := cors{origin: "*"}
	own := cors{page, "true", "Origin"}
	for _, policy := range []struct {
		stage, from string
		answers     cors
		refusals    cors // default answers
	}{
		{stage: "Dev", from: page, answers: own},
		{stage: "Dev", from: "", answers: cors{origin: "*", vary: "Origin"}, refusals: cors{"", "true", "Origin"}},
		{stage: "ThreeStreams", from: page, answers: everybody},
		{stage: "Everything", from: page, answers: own, refusals: cors{origin: "*", vary: "Origin"}},
		{stage: "Everything", from: stranger, answers: cors{vary: "Origin"}, refusals: cors{origin: "*", vary: "Origin"}},
	} {
		if policy.refusals == (cors{}) {
			policy.refusals = policy.answers
		}
		sim := start(t, templatesOf(t, policy.stage))
		for _, c := range []struct {
			method, path, encoding string
			status                 int
			want                   cors
		}{
			{"POST", "/events", "", 200, policy.answers},
			{"POST", "/", "", 200, policy.answers},
			{"OPTIONS", "/events", "", 204, policy.answers},
			{"GET", "/", "", 200, policy.answers},
			{"HEAD", "/", "", 200, policy.answers},
			{"PUT", "/nowhere", "", 404, policy.refusals},
			{"POST", "/events", "br", 415, policy.refusals},
		} {
			got := do(t, c.method, sim.URL+c.path, strings.NewReader("{}"),
				"Origin", policy.from, "Content-Encoding", c.encoding)
			h := got.header
			found := cors{h.Get("Access-Control-Allow-Origin"), h.Get("Access-Control-Allow-Credentials"), h.Get("Vary")}
			if got.status != c.status || found != c.want {
				t.Errorf("%s, a page of %q: %s %s is %d %+v, want %d %+v",
					policy.stage, policy.from, c.method, c.path, got.status, found, c.status, c.want)
			}
			for _, always := range ingest.Headers {
				if h.Get(always.Name) != always.Value {
					t.Errorf("%s: %s %s: %s is %q, want %q",
						policy.stage, c.method, c.path, always.Name, h.Get(always.Name), always.Value)
				}
			}
		}
	}
}

// TestBodiesThatTheGatewayRefusesAre413: over the event that Lambda takes (6 MB, a
// body of 4.5 MB in base64), and over what API Gateway takes itself; inflated or not.
func TestBodiesThatTheGatewayRefusesAre413(t *testing.T) {
	sim := start(t, patientTemplates(t))
	for _, size := range []int{5_000_000, 11 << 20} {
		for encoding, body := range map[string][]byte{"": make([]byte, size), "gzip": zipped(t, make([]byte, size))} {
			got := do(t, http.MethodPost, sim.URL+"/events", bytes.NewReader(body), "Origin", page, "Content-Encoding", encoding)
			if got.status != http.StatusRequestEntityTooLarge || got.header.Get("Access-Control-Allow-Origin") != page ||
				got.header.Get("Content-Type") != "application/json" || !strings.HasPrefix(got.body, "{") {
				t.Errorf("%d bytes, %s: %d %.200s %v", size, encoding, got.status, got.body, got.header)
			}
		}
	}
}

func zipped(t *testing.T, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestARetriedPutKeepsItsID: what Firehose stored and did not confirm is stored
// twice, under one ingest id.
func TestARetriedPutKeepsItsID(t *testing.T) {
	sim := start(t, patientTemplates(t), func(o *simulator.Options) {
		o.FirehoseFaults = func(c simulator.Call) *simulator.Fault {
			return &simulator.Fault{ResetAfter: c.Operation == "PutRecord" && c.N == 1}
		}
	})
	id := accepted(t, sim.URL+"/events", validEvent)
	flush(t, sim)
	found := readLake(t, sim.Lake, sim.Bucket)
	if len(found.Lines) != 2 || found.Lines[0].ID != id+"/0" || found.Lines[1].ID != id+"/0" {
		t.Errorf("lines are %+v, want two with the id %s/0", found.Lines, id)
	}
}

// TestStrictRejectsATypeWithoutSchema, which is the one reason that Dev never gives.
func TestStrictRejectsATypeWithoutSchema(t *testing.T) {
	templates := patientTemplates(t)
	simulator.Variables(templates, "Validator")["STRICT"] = "true"
	sim := start(t, templates)
	ledger := sendAll(t, sim, traffic.NewGenerator(1).Strict())
	flush(t, sim)
	settle(t, sim, ledger)
}

// TestWhatTheValidatorCannotDoIsInFailed: a Validator that never answers costs no
// record; each lies under failed/ as it was sent.
func TestWhatTheValidatorCannotDoIsInFailed(t *testing.T) {
	t.Parallel()
	templates := patientTemplates(t)
	simulator.Variables(templates, "Validator")["MAX_INFLATED_BYTES"] = "none"
	sim := start(t, templates)
	id := accepted(t, sim.URL+"/events", validEvent)
	flush(t, sim)
	found := readLake(t, sim.Lake, sim.Bucket)
	if len(found.Failed) != 1 || len(found.Lines) != 0 {
		t.Fatalf("%d failed, %d lines", len(found.Failed), len(found.Lines))
	}
	var failed struct{ RawData []byte }
	if err := json.Unmarshal([]byte(found.Failed[0].Line), &failed); err != nil {
		t.Fatal(err)
	}
	stored, rest, err := record.Decode(failed.RawData)
	if err != nil || len(rest) != 0 || stored.ID != id || string(stored.Body) != validEvent {
		t.Errorf("record is %+v, %q, %v", stored, rest, err)
	}
}
