package simulator

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// logged collects the lines of a function.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) into(c *FunctionConfig) {
	c.Log = func(line string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, line)
	}
}

func (l *logged) count(line string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(l.lines), func(other string) bool { return other != line }))
}

// TestWorkLeftBehindStandsStill until the next invocation: a sandbox that is
// idle is frozen.
func TestWorkLeftBehindStandsStill(t *testing.T) {
	var log logged
	f := testFunction(t, "linger", log.into)
	first := mustInvoke(t, f, order{})
	settle(f)
	time.Sleep(50 * time.Millisecond) // for lines on their way to us
	before := log.count("still working")
	time.Sleep(200 * time.Millisecond)
	if after := log.count("still working"); after != before {
		t.Errorf("%d lines were written while the sandbox was idle", after-before)
	}
	if second := mustInvoke(t, f, order{}); second.PID != first.PID {
		t.Errorf("process %d answered, want %d, which was idle", second.PID, first.PID)
	}
}

// TestAnExtensionHoldsOffTheFreeze until it asks for its next event, and the answer
// does not wait for it.
func TestAnExtensionHoldsOffTheFreeze(t *testing.T) {
	var log logged
	f := testFunction(t, "extend", log.into)
	pid := 0
	for n := range 3 {
		answer := mustInvoke(t, f, order{})
		if done := log.count("finished after the answer"); done != n {
			t.Errorf("answer %d came when %d invocations were finished", n, done)
		}
		settle(f)
		if done := log.count("finished after the answer"); done != n+1 {
			t.Errorf("%d invocations are finished in an idle sandbox, want %d", done, n+1)
		}
		if pid != 0 && answer.PID != pid {
			t.Errorf("process %d answered, want %d", answer.PID, pid)
		}
		pid = answer.PID
	}
}

func TestRegistrationsThatLambdaRefuses(t *testing.T) {
	e := &sandbox{runtime: newConsumer("runtime", true), extensions: map[string]*consumer{}, function: &Function{}}
	api, err := newRuntimeAPI(e)
	if err != nil {
		t.Fatal(err)
	}
	defer api.close()
	register := func(name, body string) int {
		request, err := http.NewRequest(http.MethodPost, "http://"+api.address()+"/2020-01-01/extension/register",
			strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Lambda-Extension-Name", name)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	for _, c := range []struct {
		name, body string
		want       int
	}{
		{"", `{"events":["INVOKE"]}`, http.StatusBadRequest},
		{"a", `INVOKE`, http.StatusBadRequest},
		{"a", `{"events":["SHUTDOWN"]}`, http.StatusForbidden},
		{"a", `{"events":["SLEEP"]}`, http.StatusForbidden},
		{"a", `{"events":["INVOKE"]}`, http.StatusOK},
		{"a", `{"events":["INVOKE"]}`, http.StatusForbidden},
		{"b", `{"events":[]}`, http.StatusOK},
	} {
		if got := register(c.name, c.body); got != c.want {
			t.Errorf("registering %q for %s is answered %d, want %d", c.name, c.body, got, c.want)
		}
	}
	e.runtime.asked = true
	if got := register("late", `{"events":["INVOKE"]}`); got != http.StatusForbidden {
		t.Errorf("registering after init is answered %d, want 403", got)
	}
}
