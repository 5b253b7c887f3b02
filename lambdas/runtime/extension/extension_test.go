package extension_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"global-ingest/lambdas/runtime/extension"
)

// api stands in for Lambda's and returns its address and what it was asked.
func api(t *testing.T, status int) (address string, asked *[]string) {
	t.Helper()
	asked = new([]string)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		*asked = append(*asked, strings.Join([]string{
			r.Method, r.URL.Path, r.Header.Get("Lambda-Extension-Name"), r.Header.Get("Lambda-Extension-Identifier"),
			string(body),
		}, " "))
		if strings.HasSuffix(r.URL.Path, "/register") {
			w.Header().Set("Lambda-Extension-Identifier", "id")
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://"), asked
}

func TestRegistersForInvocationsAndAsksForThem(t *testing.T) {
	address, asked := api(t, http.StatusOK)
	e, err := extension.Register(t.Context(), address, "ingest")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Next(t.Context()); err != nil {
		t.Error(err)
	}
	want := []string{
		`POST /2020-01-01/extension/register ingest  {"events":["INVOKE"]}`,
		`GET /2020-01-01/extension/event/next  id `,
	}
	if !slices.Equal(*asked, want) {
		t.Errorf("asked %q, want %q", *asked, want)
	}
}

func TestARefusedRegistrationIsAnError(t *testing.T) {
	address, _ := api(t, http.StatusForbidden)
	_, err := extension.Register(t.Context(), address, "ingest")
	if err == nil || !strings.Contains(err.Error(), "registering extension ingest: status is 403") {
		t.Errorf("error is %v", err)
	}
}
