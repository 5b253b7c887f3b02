package firehose_test

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"global-ingest/lambdas/runtime/bounds"
)

func TestPutTriesAgainWhatTheSDKWould(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"reset": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"half an answer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			accept(w)
			panic(http.ErrAbortHandler)
		},
		"clock that is wrong": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			fail(w, http.StatusForbidden, "InvalidSignatureException")
		},
	}
	for status := range retry.DefaultRetryableHTTPStatusCodes {
		answers[fmt.Sprint("status ", status)] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	for _, code := range slices.Concat(
		slices.Collect(maps.Keys(retry.DefaultRetryableErrorCodes)),
		slices.Collect(maps.Keys(retry.DefaultThrottleErrorCodes)),
	) {
		answers[code] = func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusBadRequest, code) }
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			e := serve(t, func(w http.ResponseWriter, n int, _ call) {
				if n > 1 {
					accept(w)
					return
				}
				answer(w, nil)
			})
			if err := open(t, bounds.Default()).Put(t.Context(), []byte("r")); err != nil || len(e.calls) != 2 {
				t.Errorf("error %v after %d calls, want none after 2", err, len(e.calls))
			}
		})
	}
}

// A wrong clock costs one attempt in a sandbox's life.
func TestPutSignsByTheServicesClock(t *testing.T) {
	ahead := time.Hour
	var dates []time.Time
	server(t, func(w http.ResponseWriter, r *http.Request) {
		date, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if err != nil {
			t.Error(err)
		}
		dates = append(dates, date)
		now := time.Now().Add(ahead).UTC()
		w.Header().Set("Date", now.Format(http.TimeFormat))
		if date.Sub(now).Abs() > 5*time.Minute {
			fail(w, http.StatusForbidden, "InvalidSignatureException")
			return
		}
		accept(w)
	})
	stream := open(t, bounds.Default())
	for range 2 {
		if err := stream.Put(t.Context(), []byte("r")); err != nil {
			t.Fatal(err)
		}
	}
	ahead = 0 // and back again
	if err := stream.Put(t.Context(), []byte("r")); err != nil {
		t.Fatal(err)
	}
	if len(dates) != 5 {
		t.Errorf("%d attempts of 3 puts, want 5", len(dates))
	}
}

func TestPutTrustsNoAnswerWithoutARecord(t *testing.T) {
	serve(t, func(w http.ResponseWriter, _ int, _ call) { fmt.Fprint(w, `{}`) })
	if err := open(t, bounds.Default()).Put(t.Context(), []byte("r")); err == nil {
		t.Error("put succeeded")
	}
}

func TestPutUsesTheConnectionThatWasOpenedForIt(t *testing.T) {
	var connections atomic.Int32
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { accept(w) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	setVariables(t, s.URL)
	stream := open(t, bounds.Default())
	if err := stream.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The server may notice a connection later than the client has it.
	for end := time.Now().Add(time.Second); connections.Load() == 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections after Connect, want 1", n)
	}
	for range 3 {
		if err := stream.Put(t.Context(), []byte("r")); err != nil {
			t.Fatal(err)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections after three puts, want 1", n)
	}
	s.CloseClientConnections()
	if err := stream.Put(t.Context(), []byte("r")); err != nil {
		t.Errorf("put on a connection that the server has closed: %v", err)
	}
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections, want a second one", n)
	}
}

func TestPutLeavesAConnectionThatWasIdleForLong(t *testing.T) {
	e := serve(t, func(w http.ResponseWriter, _ int, _ call) { accept(w) })
	c := bounds.Default()
	c.IdleTimeout = time.Nanosecond
	stream := open(t, c)
	for range 2 {
		if err := stream.Put(t.Context(), []byte("r")); err != nil {
			t.Fatal(err)
		}
	}
	if e.calls[0].remote == e.calls[1].remote {
		t.Error("both puts used one connection")
	}
}

// The memory of a request is used again. A connection that still sends the last request
// must not see it change, which the race detector proves here.
func TestAnAnswerBeforeTheEndOfTheRequestFreesItsMemory(t *testing.T) {
	server(t, func(w http.ResponseWriter, _ *http.Request) {
		fail(w, http.StatusServiceUnavailable, "ServiceUnavailableException")
	})
	stream := open(t, bounds.Default())
	for n := range 20 {
		if err := stream.Put(t.Context(), bytes.Repeat([]byte{byte(n)}, 1_000<<10)); err == nil {
			t.Fatal("put succeeded")
		}
	}
}
