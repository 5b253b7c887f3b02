package simulator

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// cuttable serves requests on connections that can be cut, and returns a client that
// keeps its own.
func cuttable(t *testing.T) (*connections, *http.Client, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cut := &connections{Listener: listener}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body) // to a client that may have gone
	})}
	go func() { _ = server.Serve(cut) }() // ends with Close
	t.Cleanup(func() { _ = server.Close() })
	client := &http.Client{Transport: &http.Transport{}, Timeout: 300 * time.Millisecond}
	t.Cleanup(client.CloseIdleConnections)
	return cut, client, "http://" + listener.Addr().String()
}

// TestAConnectionEndsInEveryWay: what the client gets on a connection that it kept,
// and that the next one is fine.
func TestAConnectionEndsInEveryWay(t *testing.T) {
	for how, want := range map[Cut]string{FIN: "EOF", RST: "connection reset by peer", Silence: "Timeout exceeded"} {
		cut, _, url := cuttable(t)
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		said := make([]byte, 1<<10)
		ask := func() error {
			_ = conn.SetDeadline(time.Now().Add(300 * time.Millisecond))
			if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				return err
			}
			_, err := conn.Read(said)
			return err
		}
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		cut.cut(how)
		err = ask()
		var timeout net.Error
		if silent := errors.As(err, &timeout) && timeout.Timeout(); how == Silence && silent {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("after cut %d: %v, want %s", how, err, want)
		}
	}
}

func TestACutLeavesNewConnectionsAlone(t *testing.T) {
	cut, client, url := cuttable(t)
	for _, how := range []Cut{FIN, RST, Silence} {
		cut.cut(how)
		client.CloseIdleConnections()
		response, err := client.Post(url, "text/plain", strings.NewReader("hello"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || string(text) != "hello" {
			t.Errorf("answer is %q, %v", text, err)
		}
	}
}

// TestFirehoseRefusesASignatureOfAnotherTime in either direction, and tells the time.
func TestFirehoseRefusesASignatureOfAnotherTime(t *testing.T) {
	for skew, want := range map[time.Duration]int{
		0:                 http.StatusOK,
		4 * time.Minute:   http.StatusOK,
		6 * time.Minute:   http.StatusBadRequest,
		-10 * time.Minute: http.StatusBadRequest,
	} {
		f := NewFirehose(FirehoseOptions{Skew: skew})
		if err := f.Create(StreamConfig{
			Name: "s", Prefix: "a/", ErrorPrefix: "b/!{firehose:error-output-type}/", BufferFor: time.Hour,
			BufferBytes: 1 << 20,
		}); err != nil {
			t.Fatal(err)
		}
		request := httptest.NewRequest(http.MethodPost, "/",
			strings.NewReader(`{"DeliveryStreamName":"s","Record":{"Data":"YQ=="}}`))
		request.Header.Set("X-Amz-Target", "Firehose_20150804.PutRecord")
		request.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
		answer := httptest.NewRecorder()
		f.ServeHTTP(answer, request)
		if answer.Code != want ||
			(want == http.StatusBadRequest && !strings.Contains(answer.Body.String(), "InvalidSignatureException")) {
			t.Errorf("a clock that is %v ahead: %d %s, want %d", skew, answer.Code, answer.Body, want)
		}
		told, err := http.ParseTime(answer.Header().Get("Date"))
		if err != nil || told.Sub(time.Now().Add(skew)).Abs() > time.Minute {
			t.Errorf("the time is told as %v, %v", told, err)
		}
		f.Delete("s")
	}
}

func TestARenamedStreamIsKnownByItsNewNameOnly(t *testing.T) {
	sim := mustStart(t, goldenTemplates(t, "Dev"))
	name := sim.Streams()[0].Name
	if err := sim.RenameStream(name, "new"); err != nil {
		t.Fatal(err)
	}
	if err := sim.RenameStream(name, "newer"); err == nil {
		t.Error("a stream was renamed twice")
	}
	if err := sim.RenameStream("new", sim.Streams()[1].Name); err == nil {
		t.Error("two streams have one name")
	}
}

func TestKilledAndUpdatedFunctions(t *testing.T) {
	f := testFunction(t, "function")
	first := mustInvoke(t, f, order{Env: "FLAG"})
	f.Update("FLAG", "new")
	second := mustInvoke(t, f, order{Env: "FLAG"})
	if second.PID == first.PID || second.Env != "new" {
		t.Errorf("after the update: %+v", second)
	}
	settle(f)
	f.Kill()
	if third := mustInvoke(t, f, order{Env: "FLAG"}); third.PID == second.PID || third.Env != "new" {
		t.Errorf("after the kill: %+v", third)
	}
}

func TestAnInvocationFailsBeforeItBegins(t *testing.T) {
	fail := true
	f := testFunction(t, "function", func(c *FunctionConfig) {
		c.Faults = func() error {
			if fail {
				return ErrThrottled
			}
			return nil
		}
	})
	if _, err := f.Invoke(t.Context(), []byte("{}")); !errors.Is(err, ErrThrottled) {
		t.Errorf("error is %v, want that of the fault", err)
	}
	fail = false
	mustInvoke(t, f, order{})
}
