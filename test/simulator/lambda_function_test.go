package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// testFunction is a function whose process is this test binary.
func testFunction(t *testing.T, act string, change ...func(*FunctionConfig)) *Function {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	config := FunctionConfig{
		Name: "Test", ARN: "arn:aws:lambda:us-east-1:111111111111:function:Test", Bootstrap: self,
		Timeout: 20 * time.Second, MemoryMB: 128, MaxSandboxes: 10,
		Variables: map[string]string{actVariable: act}, Log: func(line string) { t.Log(line) },
	}
	for _, c := range change {
		c(&config)
	}
	f := NewFunction(config)
	t.Cleanup(f.Close)
	return f
}

func invoke(t *testing.T, f *Function, o order) (outcome, error) {
	t.Helper()
	event, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	body, err := f.Invoke(t.Context(), event)
	if err != nil {
		return outcome{}, err
	}
	var out outcome
	if err := json.Unmarshal(body, &out); err != nil {
		t.Fatalf("answer %q: %v", body, err)
	}
	return out, nil
}

func mustInvoke(t *testing.T, f *Function, o order) outcome {
	t.Helper()
	out, err := invoke(t, f, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// settle waits until every sandbox that has answered has asked for its next event.
func settle(f *Function) {
	finishing := func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		for e := range f.all {
			if e.finishing {
				return true
			}
		}
		return false
	}
	for finishing() {
		time.Sleep(time.Millisecond)
	}
}

func wantFunctionError(t *testing.T, err error, kind, message string) {
	t.Helper()
	var failed *FunctionError
	if !errors.As(err, &failed) || failed.Type != kind || !strings.Contains(failed.Message, message) {
		t.Errorf("error is %v, want a FunctionError %s with %q", err, kind, message)
	}
}

func TestRequestsInTurnShareASandbox(t *testing.T) {
	f := testFunction(t, "function")
	first := mustInvoke(t, f, order{})
	for range 20 {
		settle(f)
		if next := mustInvoke(t, f, order{}); next.PID != first.PID {
			t.Fatalf("process %d answered, want %d", next.PID, first.PID)
		}
	}
	if left := time.Until(first.Deadline); left < 5*time.Second || left > 20*time.Second {
		t.Errorf("deadline is in %s, want it 20s after the start", left)
	}
}

// TestARequestWaitsForASandboxThatHasAnswered instead of starting another: a
// caller's next request can be faster than the process's next question.
func TestARequestWaitsForASandboxThatHasAnswered(t *testing.T) {
	f := NewFunction(FunctionConfig{MaxSandboxes: 10})
	e := &sandbox{function: f}
	f.all[e] = true
	f.answered(e)
	first, grace := f.enqueue()
	if grace != graceForNext {
		t.Errorf("the first request waits %s for the one sandbox, want %s", grace, graceForNext)
	}
	if _, grace := f.enqueue(); grace != 0 {
		t.Error("two requests wait for one sandbox")
	}
	f.release(e)
	if h := <-first; h.sandbox != e {
		t.Errorf("the first in the queue got %+v", h)
	}
}

func TestOverlappingRequestsGetTheirOwnSandboxes(t *testing.T) {
	f := testFunction(t, "function")
	pids := make(chan int, 3)
	var requests sync.WaitGroup
	for range 3 {
		requests.Go(func() { pids <- mustInvoke(t, f, order{Sleep: 500 * time.Millisecond}).PID })
	}
	requests.Wait()
	seen := map[int]bool{<-pids: true, <-pids: true, <-pids: true}
	if len(seen) != 3 {
		t.Errorf("%d processes served 3 requests at a time", len(seen))
	}
}

func TestTheMostRecentlyUsedSandboxIsUsedFirst(t *testing.T) {
	f := testFunction(t, "function")
	var requests sync.WaitGroup
	var last int
	for _, sleep := range []time.Duration{100, 1000} {
		requests.Go(func() {
			if pid := mustInvoke(t, f, order{Sleep: sleep * time.Millisecond}).PID; sleep == 1000 {
				last = pid
			}
		})
	}
	requests.Wait()
	settle(f)
	if next := mustInvoke(t, f, order{}); next.PID != last {
		t.Errorf("process %d answered, want %d, which was used last", next.PID, last)
	}
}

func TestAboveItsConcurrencyRequestsAreThrottled(t *testing.T) {
	f := testFunction(t, "function", func(c *FunctionConfig) { c.MaxSandboxes, c.Concurrency = 2, 2 })
	var requests sync.WaitGroup
	outcomes := make(chan error, 3)
	for range 3 {
		requests.Go(func() {
			_, err := invoke(t, f, order{Sleep: time.Second})
			outcomes <- err
		})
	}
	requests.Wait()
	close(outcomes)
	throttled := 0
	for err := range outcomes {
		if errors.Is(err, ErrThrottled) {
			throttled++
		} else if err != nil {
			t.Error(err)
		}
	}
	if throttled != 1 {
		t.Errorf("%d requests were throttled, want 1", throttled)
	}
}

// TestWhileEverySandboxIsBusyRequestsWait: none is turned away, and no more processes
// than allowed have answered; also when processes die under the requests that wait.
func TestWhileEverySandboxIsBusyRequestsWait(t *testing.T) {
	for name, o := range map[string]order{"sleep": {Sleep: 5 * time.Millisecond}, "exit": {Exit: true}} {
		t.Run(name, func(t *testing.T) {
			var waited atomic.Int32
			f := testFunction(t, "function", func(c *FunctionConfig) {
				c.MaxSandboxes, c.Crowded = 2, func(throttled bool) { waited.Add(1) }
			})
			pids, turnedAway := make(chan int, 40), make(chan error, 40)
			var requests sync.WaitGroup
			for range 40 {
				requests.Go(func() {
					out, err := invoke(t, f, o)
					pids <- out.PID
					turnedAway <- err
				})
			}
			requests.Wait()
			seen := map[int]bool{}
			for range 40 {
				seen[<-pids] = true
				if err := <-turnedAway; errors.Is(err, ErrThrottled) || (err != nil && !o.Exit) {
					t.Error(err)
				}
			}
			if len(seen) > 2 || waited.Load() == 0 {
				t.Errorf("%d processes answered, want at most 2; %d requests were said to wait", len(seen),
					waited.Load())
			}
		})
	}
}

func TestTimeoutKillsTheSandbox(t *testing.T) {
	f := testFunction(t, "function", func(c *FunctionConfig) { c.Timeout = time.Second })
	before := mustInvoke(t, f, order{})
	settle(f)
	if _, err := invoke(t, f, order{Sleep: time.Hour}); !errors.Is(err, ErrTimedOut) {
		t.Fatalf("error is %v, want a timeout", err)
	}
	if alive(before.PID) {
		t.Errorf("process %d still lives", before.PID)
	}
	if after := mustInvoke(t, f, order{}); after.PID == before.PID {
		t.Error("the killed process answered")
	}
}

// knows says whether f takes the process for one of its sandboxes.
func knows(f *Function, pid int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.all {
		if s.process.cmd.Process.Pid == pid {
			return true
		}
	}
	return false
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestCrashIsReportedAndTheNextRequestIsFine(t *testing.T) {
	f := testFunction(t, "function")
	_, err := invoke(t, f, order{Exit: true})
	wantFunctionError(t, err, "Runtime.ExitError", "exit status 7")
	mustInvoke(t, f, order{})
	_, err = invoke(t, f, order{Panic: true})
	wantFunctionError(t, err, "string", "told to")
	mustInvoke(t, f, order{})
}

func TestErrorOfTheHandlerKeepsTheSandbox(t *testing.T) {
	f := testFunction(t, "function")
	before := mustInvoke(t, f, order{})
	settle(f)
	_, err := invoke(t, f, order{Fail: "out of luck"})
	wantFunctionError(t, err, "errorString", "out of luck")
	settle(f)
	if after := mustInvoke(t, f, order{}); after.PID != before.PID {
		t.Error("an error that was returned cost the sandbox")
	}
}

func TestFailureInInitIsReported(t *testing.T) {
	_, err := invoke(t, testFunction(t, "exit in init"), order{})
	wantFunctionError(t, err, "Runtime.ExitError", "exit status 3")
	_, err = invoke(t, testFunction(t, "report in init"), order{})
	wantFunctionError(t, err, "Config.Missing", "no stream")
	missing := testFunction(t, "", func(c *FunctionConfig) { c.Bootstrap = filepath.Join(t.TempDir(), "bootstrap") })
	_, err = invoke(t, missing, order{})
	wantFunctionError(t, err, "Runtime.InvalidEntrypoint", "no such file")
}

// TestResponseLimit: 6 MB, https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func TestResponseLimit(t *testing.T) {
	f := testFunction(t, "function")
	envelope, err := json.Marshal(mustInvoke(t, f, order{}))
	if err != nil {
		t.Fatal(err)
	}
	room := 6_291_556 - len(envelope) - 100
	if out := mustInvoke(t, f, order{Bytes: room}); len(out.Filler) != room {
		t.Errorf("answer of %d bytes came back with %d", room, len(out.Filler))
	}
	_, err = invoke(t, f, order{Bytes: 6_291_556})
	wantFunctionError(t, err, "Function.ResponseSizeTooLarge", "6291556")
	mustInvoke(t, f, order{})
}

func TestEventLimit(t *testing.T) {
	f := testFunction(t, "function")
	if _, err := f.Invoke(t.Context(), make([]byte, 6<<20+1)); !errors.Is(err, errEventTooLarge) {
		t.Errorf("error is %v, want errEventTooLarge", err)
	}
}

func TestTheCallerHasTheAnswerBeforeTheProcessIsDone(t *testing.T) {
	f := testFunction(t, "leave")
	out := mustInvoke(t, f, order{})
	if !alive(out.PID) {
		t.Error("the answer came after the process had ended")
	}
	if next := mustInvoke(t, f, order{}); next.PID == out.PID {
		t.Error("a process that never asked again answered again")
	}
}

func TestAnIdleSandboxThatDiedIsPassedOver(t *testing.T) {
	f := testFunction(t, "function")
	for range 3 {
		out := mustInvoke(t, f, order{})
		if err := syscall.Kill(out.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		for knows(f, out.PID) { // before, its last question may still take an event along
			time.Sleep(time.Millisecond)
		}
		if next := mustInvoke(t, f, order{}); next.PID == out.PID {
			t.Fatal("a dead process answered")
		}
	}
}

func TestARuntimeThatAsksTwiceIsOneSandbox(t *testing.T) {
	f := testFunction(t, "ask twice")
	_, err := invoke(t, f, order{})
	wantFunctionError(t, err, "Runtime.NoResponse", "without answering")
}

func TestACallerWhoLeavesDoesNotEndTheInvocation(t *testing.T) {
	lines := make(chan string, 10)
	f := testFunction(t, "function", func(c *FunctionConfig) { c.Log = func(line string) { lines <- line } })
	mustInvoke(t, f, order{})
	settle(f)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	event, err := json.Marshal(order{Sleep: 300 * time.Millisecond, Print: "still here"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Invoke(ctx, event); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error is %v, want the caller's deadline", err)
	}
	if line := <-lines; line != "still here" {
		t.Errorf("log line is %q", line)
	}
	mustInvoke(t, f, order{})
}

func TestCloseEndsEveryProcess(t *testing.T) {
	f := testFunction(t, "function")
	idle := mustInvoke(t, f, order{})
	failed := make(chan error, 1)
	go func() {
		_, err := invoke(t, f, order{Sleep: time.Minute})
		failed <- err
	}()
	time.Sleep(50 * time.Millisecond)
	f.Close()
	if err := <-failed; err == nil {
		t.Error("a request survived Close")
	}
	if alive(idle.PID) {
		t.Errorf("process %d survived Close", idle.PID)
	}
	if _, err := invoke(t, f, order{}); !errors.Is(err, errStopped) {
		t.Errorf("error after Close is %v", err)
	}
}

func TestTheProcessSeesLambdasVariablesAndTheTemplatesAndNoOthers(t *testing.T) {
	t.Setenv("AWS_PROFILE", "somebody")
	f := testFunction(t, "function", func(c *FunctionConfig) {
		c.Variables["STREAM"] = "events"
		c.Endpoints = map[string]string{"AWS_REGION": "eu-west-1"}
	})
	for name, want := range map[string]string{
		"STREAM": "events", "AWS_REGION": "eu-west-1", "AWS_LAMBDA_FUNCTION_NAME": "Test", "AWS_PROFILE": "",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_ACCESS_KEY_ID": "SIMULATED",
	} {
		if got := mustInvoke(t, f, order{Env: name}).Env; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestLineWriterSplitsLines(t *testing.T) {
	var lines []string
	w := &lineWriter{line: func(line string) { lines = append(lines, line) }}
	long := strings.Repeat("y", maxLineBytes)
	for _, part := range []string{"one\ntw", "o\n\nthr", "ee\n", long, "rest"} {
		if n, err := w.Write([]byte(part)); n != len(part) || err != nil {
			t.Fatal(n, err)
		}
	}
	w.flush()
	if want := []string{"one", "two", "", "three", long, "rest"}; !slices.Equal(lines, want) {
		t.Errorf("lines are %q", lines)
	}
}
