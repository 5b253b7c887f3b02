package client_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"global-ingest/lambdas/aws/client"
	"global-ingest/lambdas/runtime/bounds"
)

func TestAServiceHasAnAddressInEachRegion(t *testing.T) {
	for want, got := range map[string]string{
		"https://lake.s3.eu-central-1.amazonaws.com": client.URL("eu-central-1", "s3", "lake"),
		"https://firehose.eu-north-1.amazonaws.com":  client.URL("eu-north-1", "firehose", ""),
	} {
		if got != want {
			t.Errorf("address is %s, want %s", got, want)
		}
	}
}

// closedEarly is a body of smithy-go's that was closed when the answer began.
type closedEarly struct{ io.ReadCloser }

func (closedEarly) WriteTo(io.Writer) (int64, error) { return 0, io.EOF }

// TestABodyThatIsClosedEarlyDoesNotCostTheAnswer: each request is answered, and sent once.
func TestABodyThatIsClosedEarlyDoesNotCostTheAnswer(t *testing.T) {
	sent := strings.Repeat("x", 100_000)
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		got, _ := io.ReadAll(r.Body)
		_, _ = w.Write(got) // the client sees what is missing
	}))
	defer server.Close()
	client := client.HTTPClient(bounds.Patient())
	for range 3 {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(sent))
		if err != nil {
			t.Fatal(err)
		}
		request.Body = closedEarly{io.NopCloser(strings.NewReader(sent))}
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		if err != nil || !bytes.Equal(got, []byte(sent)) {
			t.Errorf("answer has %d bytes, error %v; want %d", len(got), err, len(sent))
		}
		answer.Body.Close()
	}
	if requests != 3 {
		t.Errorf("%d requests arrived, want 3", requests)
	}
}
