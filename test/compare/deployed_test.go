package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTargetsAreDeployed looks in the goldens for what the probe asks an account for.
func TestTargetsAreDeployed(t *testing.T) {
	for _, target := range wirings() {
		text, err := os.ReadFile(filepath.Join("stacks", "testdata", strings.ToLower(target.stack)+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var template struct {
			Resources map[string]struct {
				Type       string
				Properties struct{ Name string }
			}
			Outputs map[string]any
		}
		if err := json.Unmarshal(text, &template); err != nil {
			t.Fatal(err)
		}
		if template.Outputs["Endpoint"] == nil {
			t.Errorf("%s has no Endpoint", target.stack)
		}
		hasFunction := target.place != atEdge && target.handler != nil
		if hasFunction != (template.Outputs["Function"] != nil) {
			t.Errorf("%s: the output Function is there: %v, want %v", target.stack, !hasFunction, hasFunction)
		}
		for _, resource := range template.Resources {
			if want := apiName(target); resource.Type == "AWS::ApiGateway::RestApi" &&
				resource.Properties.Name != want {
				t.Errorf("%s: API is %q, CloudWatch is asked for %q", target.stack, resource.Properties.Name, want)
			}
		}
	}
}

func TestProbeWantsTheContract(t *testing.T) {
	origin := "*"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Access-Control-Allow-Origin", origin)
		_, _ = io.WriteString(w, `{"id":"0198c6a2-7b1e-7000-8000-000000000001"}`) // a client that has left
	}))
	defer server.Close()
	places := []found{{wiring: wirings()[0], url: server.URL}}
	rows, err := probe(t.Context(), places, 2)
	if err != nil || len(rows[0].fresh) != 2 || len(rows[0].kept) != 4 {
		t.Fatalf("%+v, %v", rows, err)
	}
	var out strings.Builder
	if err := reportDeployed(&out, t.TempDir(), rows); err != nil || !strings.Contains(out.String(), "| 1 | ") {
		t.Errorf("%v\n%s", err, &out)
	}
	origin = "https://example.com"
	if _, err := probe(t.Context(), places, 1); err == nil {
		t.Error("an answer that no other origin may read is taken")
	}
}
