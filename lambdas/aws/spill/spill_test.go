package spill_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"global-ingest/lambdas/aws/spill"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
)

// object is one write as S3 sees it.
type object struct {
	path   string
	header http.Header
	body   []byte
}

// put writes body at key to a server that gives the n-th request, counted from 1, the
// status that answer says, and returns what the server saw.
func put(t *testing.T, key string, body []byte, answer func(w http.ResponseWriter, n int)) ([]object, error) {
	t.Helper()
	return putIn(t, "us-east-1", key, body, answer)
}

// putIn does what put does in a region.
func putIn(
	t *testing.T, region, key string, body []byte, answer func(w http.ResponseWriter, n int),
) (seen []object, err error) {
	t.Helper()
	serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		checkSignature(t, r, body, region)
		seen = append(seen, object{r.URL.EscapedPath(), r.Header, body})
		answer(w, len(seen))
	})
	s, err := spill.New(region, "bucket", bounds.Default(), bounds.Default())
	if err != nil {
		t.Fatal(err)
	}
	err = s.Put(t.Context(), key, body)
	return seen, err
}

// serve has S3's requests answered, in a function of us-east-1.
func serve(t *testing.T, answer http.HandlerFunc) {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_SESSION_TOKEN", "token")
}

// checkSignature signs the request again, as S3 does: path and headers must be those
// that were signed, and the hash must be that of the body.
func checkSignature(t *testing.T, r *http.Request, body []byte, region string) {
	t.Helper()
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if got := r.Header.Get("X-Amz-Content-Sha256"); got != hash {
		t.Errorf("hash is %q, want %q", got, hash)
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	again := r.Clone(t.Context())
	again.URL.Scheme, again.URL.Host = "http", r.Host
	again.Header = http.Header{}
	_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	signed, _, _ = strings.Cut(signed, ",")
	for _, name := range strings.Split(signed, ";") {
		if values := r.Header.Values(name); len(values) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
	credentials := aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret", SessionToken: "token"}
	if err := signer.SignHTTP(t.Context(), credentials, again, hash, "s3", region, at); err != nil {
		t.Fatal(err)
	}
	if got, want := r.Header.Get("Authorization"), again.Header.Get("Authorization"); got != want {
		t.Errorf("signed\n%s\nwant\n%s", got, want)
	}
	if !strings.Contains(signed, "x-amz-content-sha256") || !strings.Contains(signed, "x-amz-server-side-encryption") {
		t.Errorf("signed are only %s", signed)
	}
}

func TestPutWritesTheBytesUnderS3sOwnEncryption(t *testing.T) {
	for key, path := range map[string]string{
		"spill/3f/2026-11-23/0198": "/bucket/spill/3f/2026-11-23/0198",
		"a%2F b/ü=+":               "/bucket/a%252F%20b/%C3%BC%3D%2B",
	} {
		body := []byte("\x00\xff{}\n")
		seen, err := put(t, key, body, func(http.ResponseWriter, int) {})
		if err != nil || len(seen) != 1 {
			t.Fatalf("%d requests, error %v", len(seen), err)
		}
		if o := seen[0]; o.path != path || !bytes.Equal(o.body, body) ||
			o.header.Get("X-Amz-Server-Side-Encryption") != "AES256" {
			t.Errorf("seen %q at %s with %v, want it at %s", o.body, o.path, o.header, path)
		}
	}
}

func TestPutTriesAgainOnce(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"503": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) },
		"a code of S3": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `<?xml version="1.0"?><Error><Code>RequestTimeout</Code><Message>idle</Message></Error>`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen, err := put(t, "key", []byte("body"), func(w http.ResponseWriter, n int) {
				if n == 1 {
					answer(w, nil)
				}
			})
			if err != nil || len(seen) != 2 || string(seen[1].body) != "body" {
				t.Errorf("seen %q, error %v, want a second try", seen, err)
			}
		})
	}
}

func TestPutGivesUpAndNamesTheObjectNotItsBytes(t *testing.T) {
	for answer, want := range map[string]string{
		`<Error><Code>AccessDenied</Code><Message>no</Message></Error>`: "status 403, AccessDenied: no",
		`<Error><Code>AccessDenied</Code></Error>`:                      "status 403, AccessDenied",
		`<html>a proxy</html>`:                                          "status 403",
		"":                                                              "status 403",
	} {
		seen, err := put(t, "key", []byte("SECRET"), func(w http.ResponseWriter, _ int) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, answer)
		})
		want = "putting 6 bytes at s3://bucket/key: " + want
		if err == nil || err.Error() != want || len(seen) != 1 {
			t.Errorf("error %v after %d requests, want %s after one", err, len(seen), want)
		}
	}
}

// A bucket of another region is asked with that region's signature.
func TestABucketNextDoorIsAskedInItsRegion(t *testing.T) {
	seen, err := putIn(t, "eu-central-1", "spill/a", []byte("record"), func(http.ResponseWriter, int) {})
	if err != nil || len(seen) != 1 || seen[0].path != "/bucket/spill/a" || string(seen[0].body) != "record" {
		t.Errorf("seen %q, error %v", seen, err)
	}
}

// A wrong endpoint is found before the first record needs it.
func TestAnEndpointThatIsNoneIsNamed(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_S3", "no URL")
	_, err := spill.New("us-east-1", "bucket", bounds.Default(), bounds.Default())
	if err == nil || !strings.Contains(err.Error(), "no URL") {
		t.Errorf("error is %v, want it to name the endpoint", err)
	}
}

// TestAnOversizeBodyHasMoreTime than a record that the client has waited for already.
func TestAnOversizeBodyHasMoreTime(t *testing.T) {
	serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // a client that has given up sends no more
		time.Sleep(100 * time.Millisecond)
	})
	short := bounds.Default()
	short.Attempts, short.AttemptTimeout, short.AnswerTimeout = 1, 20*time.Millisecond, 20*time.Millisecond
	s, err := spill.New("us-east-1", "bucket", short, bounds.Patient())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), "spill/record", make([]byte, record.MaxBytes)); err == nil {
		t.Error("a record had more time than its bounds")
	}
	if err := s.Put(t.Context(), "spill/oversize", make([]byte, record.MaxBytes+1)); err != nil {
		t.Error(err)
	}
}
