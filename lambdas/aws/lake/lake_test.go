package lake_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/runtime/bounds"
)

// request is one request as S3 sees it.
type request struct {
	method, path, encryption string
	body                     string
}

// serve stands in for S3: it answers the n-th request, counted from 1, with
// status(n) and returns the requests seen.
func serve(t *testing.T, status func(n int) int) *[]request {
	t.Helper()
	var seen []request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		seen = append(
			seen, request{r.Method, r.URL.EscapedPath(), r.Header.Get("X-Amz-Server-Side-Encryption"), string(body)},
		)
		w.WriteHeader(status(len(seen)))
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	return &seen
}

func quick() bounds.Config {
	c := bounds.Patient()
	c.MaxBackoff = time.Millisecond
	return c
}

func TestPutWritesTheBytesUnderS3sOwnEncryption(t *testing.T) {
	seen := serve(t, func(int) int { return http.StatusOK })
	const key = "rejected-large/2026-11-23/a%2F/body"
	if err := lake.New("bucket", quick()).Put(context.Background(), key, []byte("\x00\xff{}\n")); err != nil {
		t.Fatal(err)
	}
	want := request{http.MethodPut, "/bucket/rejected-large/2026-11-23/a%252F/body", "AES256", "\x00\xff{}\n"}
	if len(*seen) != 1 || (*seen)[0] != want {
		t.Errorf("seen %q, want %q", *seen, want)
	}
}

// The bucket's own encryption is the lake's key, as for Firehose's objects.
func TestLinesAreUnderTheBucketsOwnEncryption(t *testing.T) {
	seen := serve(t, func(int) int { return http.StatusOK })
	if err := lake.New("bucket", quick()).PutLines(context.Background(), "events/a", []byte("{}\n")); err != nil {
		t.Fatal(err)
	}
	if want := (request{http.MethodPut, "/bucket/events/a", "", "{}\n"}); len(*seen) != 1 || (*seen)[0] != want {
		t.Errorf("seen %q, want %q", *seen, want)
	}
}

func TestPutTriesAgainWithTheSameBytes(t *testing.T) {
	seen := serve(t, func(n int) int {
		if n < 3 {
			return http.StatusServiceUnavailable
		}
		return http.StatusOK
	})
	if err := lake.New("bucket", quick()).Put(context.Background(), "key", []byte("body")); err != nil {
		t.Fatal(err)
	}
	if len(*seen) != 3 || (*seen)[2].body != "body" {
		t.Errorf("seen %q", *seen)
	}
}

func TestPutGivesUpAndNamesTheObjectNotItsBytes(t *testing.T) {
	seen := serve(t, func(int) int { return http.StatusForbidden })
	err := lake.New("bucket", quick()).Put(context.Background(), "key", []byte("SECRET"))
	if err == nil || !strings.Contains(err.Error(), "putting 6 bytes at s3://bucket/key") ||
		strings.Contains(err.Error(), "SECRET") {
		t.Errorf("error is %v", err)
	}
	if len(*seen) != 1 {
		t.Errorf("%d tries of what is forbidden, want 1", len(*seen))
	}
}

// S3 lists 1,000 objects a page.
func TestListFollowsEveryPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("continuation-token") == "" {
			fmt.Fprint(w, `<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>2</NextContinuationToken>
				<Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>`)
			return
		}
		fmt.Fprint(w, `<ListBucketResult><IsTruncated>false</IsTruncated>
			<Contents><Key>b</Key><Size>2</Size></Contents></ListBucketResult>`)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	var found []lake.Object
	err := lake.New("bucket", quick()).List(context.Background(), "", func(o lake.Object) error {
		found = append(found, o)
		return nil
	})
	if want := []lake.Object{{Key: "a", Bytes: 1}, {Key: "b", Bytes: 2}}; err != nil || !slices.Equal(found, want) {
		t.Errorf("listed %v, error %v, want %v", found, err, want)
	}
}

// S3's times have no fractions, so the whole second that is asked for counts.
func TestSinceIsAboutWhatWasWrittenLately(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `<ListBucketResult>
			<Contents><Key>events/before</Key><LastModified>2026-11-23T09:59:59.000Z</LastModified></Contents>
			<Contents><Key>events/at</Key><LastModified>2026-11-23T10:00:00.000Z</LastModified></Contents>
			<Contents><Key>events/after</Key><LastModified>2026-11-23T10:00:01.000Z</LastModified></Contents>
			</ListBucketResult>`)
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL_S3", server.URL)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	at := time.Date(2026, 11, 23, 10, 0, 0, 500_000_000, time.UTC)
	keys, err := lake.New("bucket", quick()).Since(context.Background(), "events/", at)
	if err != nil || !slices.Equal(keys, []string{"events/at", "events/after"}) {
		t.Errorf("keys are %q, error %v", keys, err)
	}
}
