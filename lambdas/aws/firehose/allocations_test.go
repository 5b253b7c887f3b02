package firehose_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"global-ingest/lambdas/runtime/bounds"
)

// maxAllocations is what a put may allocate beyond what signing and sending its
// request takes: body, headers, URL, the attempt's context. With the 12 of
// lambdas/ingest it is the 30 that a whole request may take.
const maxAllocations = 18

// TestAllocations is exact where times are not. It compares a put with the least that
// the SDK's signer and net/http take for the same request and the same server, whose
// own allocations are in both.
func TestAllocations(t *testing.T) {
	server(t, func(w http.ResponseWriter, _ *http.Request) { accept(w) })
	data := bytes.Repeat([]byte("r"), 500)
	stream := open(t, bounds.Default())
	put := testing.AllocsPerRun(500, func() {
		if err := stream.Put(t.Context(), data); err != nil {
			t.Fatal(err)
		}
	})
	plain := testing.AllocsPerRun(500, plainPut(t, data))
	t.Logf("%v allocations a put, %v to sign and send a request", put, plain)
	if own := put - plain; own > maxAllocations {
		t.Errorf("%v allocations of our own, limit is %v", own, maxAllocations)
	}
}

// plainPut returns a function that signs and sends a request like a Put's.
func plainPut(t *testing.T, body []byte) func() {
	t.Helper()
	signer, client := v4.NewSigner(), &http.Transport{DisableCompression: true}
	t.Cleanup(client.CloseIdleConnections)
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	credentials := aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret"}
	return func() {
		request, err := http.NewRequestWithContext(
			t.Context(), http.MethodPost, os.Getenv("AWS_ENDPOINT_URL_FIREHOSE"), bytes.NewReader(body),
		)
		if err != nil {
			t.Fatal(err)
		}
		err = signer.SignHTTP(t.Context(), credentials, request, hash, "firehose", "us-east-1", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Fatal(err)
		}
	}
}
