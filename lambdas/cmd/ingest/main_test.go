package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// asBootstrap has the test's own executable be the function.
const asBootstrap = "INGEST_TEST_AS_BOOTSTRAP"

func TestMain(m *testing.M) {
	if os.Getenv(asBootstrap) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// service stands in for the Runtime API, the Extensions API where it has one, and
// Firehose. It gives the function one event and notes what happens, in order.
type service struct {
	t          testing.TB
	extensions bool
	put        func() // is called before a put is answered
	refuses    bool   // whether Firehose and the function's own bucket take nothing

	events      chan struct{} // for the runtime
	invocations chan struct{} // for the extension
	steps       chan string
	output      bytes.Buffer
}

func newService(t testing.TB) *service {
	return &service{
		t: t, put: func() {},
		events: make(chan struct{}, 1), invocations: make(chan struct{}, 1), steps: make(chan string, 9),
	}
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // a process that was killed is noticed by its exit
	switch {
	case strings.HasSuffix(r.URL.Path, "/invocation/next"):
		select {
		case <-s.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", "4102444800000")
			_, _ = io.WriteString(w, `{"body":"b"}`) // as above
		case <-r.Context().Done():
		}
	case strings.HasSuffix(r.URL.Path, "/response"):
		s.steps <- "answered"
		w.WriteHeader(http.StatusAccepted)
	case strings.Contains(r.URL.Path, "/extension/") && !s.extensions:
		w.WriteHeader(http.StatusNotFound)
	case strings.HasSuffix(r.URL.Path, "/register"):
		w.Header().Set("Lambda-Extension-Identifier", "id")
	case strings.HasSuffix(r.URL.Path, "/event/next"):
		s.steps <- "asked"
		select {
		case <-s.invocations:
		case <-r.Context().Done():
		}
	case s.refuses && !strings.HasPrefix(r.URL.Path, "/lake-next-door/"):
		w.WriteHeader(http.StatusForbidden)
	default:
		s.put()
		s.steps <- "stored"
		_, _ = io.WriteString(w, `{"RecordId":"r"}`) // as above
	}
}

// start runs the function, which is to answer first, with more variables, and gives it its
// event.
func (s *service) start(more ...string) *exec.Cmd {
	s.t.Helper()
	server := httptest.NewServer(s)
	s.t.Cleanup(server.Close)
	executable, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	command := exec.Command(executable)
	command.Env = append(variables(server.URL, server.URL, "immediate"), more...)
	command.Env = append(command.Env, asBootstrap+"=1", "AWS_ENDPOINT_URL_S3="+server.URL)
	command.Stdout, command.Stderr = &s.output, &s.output
	if err := command.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.events <- struct{}{}
	s.invocations <- struct{}{}
	return command
}

// variables are those of a function with this Runtime API and Firehose.
func variables(api, firehose, acknowledge string) []string {
	return []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api, "http://"), "AWS_REGION=us-east-1",
		"AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret", "AWS_ENDPOINT_URL_FIREHOSE=" + firehose,
		"ENVIRONMENT=Test", "EVENTS_STREAM=events", "LAKE_BUCKET=lake", "ACKNOWLEDGE=" + acknowledge,
	}
}

// check waits for these steps.
func (s *service) check(want ...string) {
	s.t.Helper()
	for _, step := range want {
		if got := <-s.steps; got != step {
			s.t.Fatalf("%s, want %s", got, step)
		}
	}
}

// TestSIGTERMLetsTheWriteFinish that the client was answered for.
func TestSIGTERMLetsTheWriteFinish(t *testing.T) {
	putting, terminated := make(chan struct{}), make(chan struct{})
	s := newService(t)
	s.extensions = true
	s.put = func() {
		close(putting)
		<-terminated
	}
	function := s.start()
	<-putting
	if err := function.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	close(terminated)
	if err := function.Wait(); err != nil {
		t.Errorf("ended by %v", err)
	}
	// The extension asks for its first event whenever it comes to it.
	steps := []string{<-s.steps, <-s.steps, <-s.steps}
	if !slices.Contains(steps, "asked") || slices.Index(steps, "answered") > slices.Index(steps, "stored") ||
		steps[2] == "asked" {
		t.Errorf("steps are %v, want answered before stored", steps)
	}
}

// TestWhatTheRegionRefusesGoesNextDoor where the settings name a bucket there, and only then.
func TestWhatTheRegionRefusesGoesNextDoor(t *testing.T) {
	for _, c := range []struct{ variables, steps []string }{
		{[]string{"NEXT_DOOR_BUCKET=lake-next-door", "NEXT_DOOR_REGION=eu-central-1"}, []string{"stored", "answered"}},
		{nil, []string{"answered"}},
	} {
		s := newService(t)
		s.refuses = true
		function := s.start(c.variables...)
		s.check(c.steps...)
		if err := function.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = function.Wait() // it was killed
	}
}

// TestWithoutExtensionsTheWriteComesFirst, and one line says why.
func TestWithoutExtensionsTheWriteComesFirst(t *testing.T) {
	s := newService(t)
	function := s.start()
	s.check("stored", "answered")
	if err := function.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = function.Wait() // it was killed
	if n := strings.Count(s.output.String(), "records are stored before the answer, not behind it"); n != 1 {
		t.Errorf("the reason stands %d times in %s", n, &s.output)
	}
}
