package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

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

func do(t *testing.T, method, url string, body io.Reader) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
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

// ingestID returns the ingest id of an answer, or what about it breaks the contract.
func ingestID(a answer) (string, error) { return traffic.IngestID(a.status, a.header, []byte(a.body)) }

func TestEdgeAnswersByItself(t *testing.T) {
	sim := start(t, patientTemplates(t))
	for _, c := range []struct {
		method, path string
		status       int
		body         string
		headers      map[string]string
	}{
		{"OPTIONS", "/", 204, "", map[string]string{"Access-Control-Max-Age": "86400", "Access-Control-Allow-Methods": "GET,OPTIONS,POST"}},
		{"OPTIONS", "/events", 204, "", map[string]string{"Access-Control-Max-Age": "86400", "Access-Control-Allow-Methods": "OPTIONS,POST"}},
		{"GET", "/", 200, `{"status":"ok"}`, map[string]string{"Content-Type": "application/json"}},
		{"GET", "/events", 403, `{"message":"Missing Authentication Token"}`, nil},
		{"POST", "/elsewhere", 403, `{"message":"Missing Authentication Token"}`, nil},
	} {
		got := do(t, c.method, sim.URL+c.path, nil)
		if got.status != c.status || got.body != c.body || got.header.Get("Access-Control-Allow-Origin") != "*" {
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

// TestBodiesThatTheGatewayRefusesAre413: over the event that Lambda takes (6 MB, a
// body of 4.5 MB in base64), and over what API Gateway takes itself.
func TestBodiesThatTheGatewayRefusesAre413(t *testing.T) {
	sim := start(t, patientTemplates(t))
	for _, size := range []int{5_000_000, 11 << 20} {
		got := do(t, http.MethodPost, sim.URL+"/events", bytes.NewReader(make([]byte, size)))
		if got.status != http.StatusRequestEntityTooLarge || got.header.Get("Access-Control-Allow-Origin") != "*" ||
			got.header.Get("Content-Type") != "application/json" || !strings.HasPrefix(got.body, "{") {
			t.Errorf("%d bytes: %d %.200s %v", size, got.status, got.body, got.header)
		}
	}
}

// TestARetriedPutKeepsItsID: what Firehose stored and did not confirm is stored
// twice, under one ingest id.
func TestARetriedPutKeepsItsID(t *testing.T) {
	sim := start(t, patientTemplates(t), func(o *simulator.Options) {
		o.FirehoseFaults = func(c simulator.Call) *simulator.Fault {
			return &simulator.Fault{ResetAfter: c.Operation == "PutRecord" && c.N == 1}
		}
	})
	got := do(t, http.MethodPost, sim.URL+"/events", strings.NewReader(validEvent))
	id, err := ingestID(got)
	if err != nil {
		t.Fatal(err)
	}
	flush(t, sim)
	found := readLake(t, sim)
	if len(found.Lines) != 2 || found.Lines[0].ID != id+"/0" || found.Lines[1].ID != id+"/0" {
		t.Errorf("lines are %+v, want two with the id %s/0", found.Lines, id)
	}
}

// TestStrictRejectsATypeWithoutSchema is the one reason that Dev does not know.
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
	got := do(t, http.MethodPost, sim.URL+"/events", strings.NewReader(validEvent))
	id, err := ingestID(got)
	if err != nil {
		t.Fatal(err)
	}
	flush(t, sim)
	found := readLake(t, sim)
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
