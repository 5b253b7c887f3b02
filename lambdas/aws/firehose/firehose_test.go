package firehose_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"global-ingest/lambdas/aws/firehose"
	"global-ingest/lambdas/aws/firehose/batch"
	"global-ingest/lambdas/runtime/bounds"
)

// call is one request as Firehose sees it.
type call struct {
	Records []struct{ Data []byte }
	Record  struct{ Data []byte }
	remote  string // the client's end of the connection
	bytes   int    // of all its records
}

// endpoint is an HTTP server in the place of Firehose. answer writes the
// response to the n-th call, counted from 1.
type endpoint struct {
	mu    sync.Mutex
	calls []call
}

func serve(t *testing.T, answer func(w http.ResponseWriter, n int, c call)) *endpoint {
	t.Helper()
	e := &endpoint{}
	server(t, func(w http.ResponseWriter, r *http.Request) {
		var c call
		if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
			t.Errorf("request: %v", err)
		}
		c.remote = r.RemoteAddr
		for _, record := range c.Records {
			c.bytes += len(record.Data)
		}
		e.mu.Lock()
		e.calls = append(e.calls, c)
		n := len(e.calls)
		e.mu.Unlock()
		answer(w, n, c)
	})
	return e
}

// server has handle answer what is meant for Firehose.
func server(t *testing.T, handle http.HandlerFunc) {
	t.Helper()
	s := httptest.NewServer(handle)
	t.Cleanup(s.Close)
	setVariables(t, s.URL)
}

func setVariables(t *testing.T, url string) {
	t.Helper()
	t.Setenv("AWS_ENDPOINT_URL_FIREHOSE", url)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
}

func open(t *testing.T, c bounds.Config) *firehose.Stream {
	t.Helper()
	stream, err := firehose.New("events", c)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":%q,"message":"because"}`, code)
}

func accept(w http.ResponseWriter) { fmt.Fprint(w, `{"RecordId":"r","Encrypted":true}`) }

// acceptBatch accepts each record of c except those that refuse names.
func acceptBatch(w http.ResponseWriter, c call, refuse func(record []byte) bool) {
	failed := 0
	var answers []string
	for _, r := range c.Records {
		if refuse(r.Data) {
			failed++
			answers = append(answers, `{"ErrorCode":"ServiceUnavailableException","ErrorMessage":"Slow down."}`)
			continue
		}
		answers = append(answers, `{"RecordId":"r"}`)
	}
	fmt.Fprintf(w, `{"FailedPutCount":%d,"RequestResponses":[%s]}`, failed, strings.Join(answers, ","))
}

func TestPutSendsTheRecordsBytes(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, _ int, _ call) { accept(w) })
	want := []byte("\x00\xff{}\n")
	if err := open(t, bounds.Default()).Put(context.Background(), want); err != nil {
		t.Fatal(err)
	}
	if got := e.calls[0].Record.Data; !bytes.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

func TestPutTriesAgainOnANewConnection(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, n int, _ call) {
		if n == 2 {
			fail(w, http.StatusServiceUnavailable, "ServiceUnavailableException")
			return
		}
		accept(w)
	})
	stream := open(t, bounds.Default())
	for range 2 {
		if err := stream.Put(context.Background(), []byte("r")); err != nil {
			t.Fatal(err)
		}
	}
	if len(e.calls) != 3 {
		t.Fatalf("%d calls, want 3", len(e.calls))
	}
	if e.calls[0].remote != e.calls[1].remote {
		t.Error("a healthy connection was not used again")
	}
	if e.calls[1].remote == e.calls[2].remote {
		t.Error("the retry used the connection of the failure")
	}
}

func TestPutGivesUpAfterItsAttempts(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, _ int, _ call) {
		fail(w, http.StatusServiceUnavailable, "ServiceUnavailableException")
	})
	err := open(t, bounds.Default()).Put(context.Background(), []byte("r"))
	if err == nil || !strings.Contains(err.Error(), "ServiceUnavailableException") ||
		!strings.Contains(err.Error(), "stream events") {
		t.Errorf("error is %v", err)
	}
	if len(e.calls) != 2 {
		t.Errorf("%d attempts, want 2", len(e.calls))
	}
}

// The SDK's standard retryer stops retrying after about a hundred failures in one
// process. A sandbox in a long brown-out must not stop.
func TestPutKeepsRetryingInALongBrownOut(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, _ int, _ call) {
		fail(w, http.StatusServiceUnavailable, "ServiceUnavailableException")
	})
	c := bounds.Default()
	c.MaxBackoff = time.Millisecond
	stream := open(t, c)
	for range 150 {
		if err := stream.Put(context.Background(), []byte("r")); err == nil {
			t.Fatal("put succeeded")
		}
	}
	if len(e.calls) != 300 {
		t.Errorf("%d attempts of 150 puts, want 300", len(e.calls))
	}
}

func TestPutDoesNotRetryARefusalThatWouldStay(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, _ int, _ call) {
		fail(w, http.StatusBadRequest, "ResourceNotFoundException")
	})
	if err := open(t, bounds.Default()).Put(context.Background(), []byte("r")); err == nil {
		t.Error("put succeeded")
	}
	if len(e.calls) != 1 {
		t.Errorf("%d attempts, want 1", len(e.calls))
	}
}

func TestPutLeavesAHangingConnection(t *testing.T) {
	release := make(chan struct{})
	e := serve(t, func(w http.ResponseWriter, n int, _ call) {
		if n == 1 {
			<-release
			return
		}
		accept(w)
	})
	defer close(release)
	c := bounds.Default()
	c.AnswerTimeout = 50 * time.Millisecond
	if err := open(t, c).Put(context.Background(), []byte("r")); err != nil {
		t.Fatal(err)
	}
	if len(e.calls) != 2 || e.calls[0].remote == e.calls[1].remote {
		t.Errorf("calls %d, want 2 on two connections", len(e.calls))
	}
}

func TestPutFailsWhenNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	serve(t, nil)
	t.Setenv("AWS_ENDPOINT_URL_FIREHOSE", "http://"+listener.Addr().String())
	listener.Close()
	if err := open(t, bounds.Default()).Put(context.Background(), []byte("r")); err == nil {
		t.Error("put succeeded")
	}
}

func TestPutBatchStaysWithinTheLimitsOfACall(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, _ int, c call) {
		acceptBatch(w, c, func([]byte) bool { return false })
	})
	records := slices.Repeat([][]byte{[]byte("r")}, 1_001)
	records = append(records, slices.Repeat([][]byte{bytes.Repeat([]byte("x"), 1_000<<10)}, 5)...)
	refused, err := batch.New("rejects", bounds.Patient()).PutBatch(context.Background(), records)
	if err != nil || len(refused) > 0 {
		t.Fatalf("refused %v, error %v", refused, err)
	}
	sent := 0
	for _, c := range e.calls {
		sent += len(c.Records)
		if len(c.Records) > 500 || c.bytes > 3_584<<10 {
			t.Errorf("a call of %d records and %d bytes", len(c.Records), c.bytes)
		}
	}
	if sent != len(records) {
		t.Errorf("sent %d records, want %d", sent, len(records))
	}
}

func TestPutBatchSendsOnlyTheRefusedAgain(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, n int, c call) {
		acceptBatch(w, c, func(r []byte) bool { return n == 1 && r[0] == 'b' })
	})
	records := [][]byte{[]byte("a"), []byte("b1"), []byte("c"), []byte("b2")}
	refused, err := batch.New("rejects", bounds.Patient()).PutBatch(context.Background(), records)
	if err != nil || len(refused) > 0 {
		t.Fatalf("refused %v, error %v", refused, err)
	}
	if len(e.calls) != 2 || len(e.calls[1].Records) != 2 || string(e.calls[1].Records[1].Data) != "b2" {
		t.Errorf("calls are %+v", e.calls)
	}
}

func TestPutBatchNamesWhatWasNeverAccepted(t *testing.T) {
	serve(t, func(w http.ResponseWriter, _ int, c call) {
		acceptBatch(w, c, func(r []byte) bool { return r[0] == 'b' })
	})
	records := [][]byte{[]byte("a"), []byte("b"), []byte("c")}
	refused, err := batch.New("rejects", bounds.Patient()).PutBatch(context.Background(), records)
	if !slices.Equal(refused, []int{1}) || err == nil || !strings.Contains(err.Error(), "Slow down.") {
		t.Errorf("refused %v, error %v, want [1] and the reason", refused, err)
	}
}

func TestPutBatchTrustsNoShortAnswer(t *testing.T) {
	serve(t, func(w http.ResponseWriter, _ int, _ call) {
		fmt.Fprint(w, `{"FailedPutCount":0,"RequestResponses":[]}`)
	})
	ctx, cancel := context.WithTimeout(context.Background(), 150*time.Millisecond)
	defer cancel()
	refused, err := batch.New("rejects", bounds.Patient()).PutBatch(ctx, [][]byte{[]byte("a")})
	if !slices.Equal(refused, []int{0}) || err == nil {
		t.Errorf("refused %v, error %v, want [0] and an error", refused, err)
	}
}
