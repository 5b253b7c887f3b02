package simulator

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// invocation is one event on its way through an environment.
type invocation struct {
	id, trace   string
	event       []byte
	deadline    time.Time
	environment *environment

	once sync.Once
	done chan struct{} // closed when body or err is set
	body []byte
	err  error
	over chan struct{} // closed when runtime and extensions have asked for the next event
}

func newInvocation(e *environment, event []byte, trace string) *invocation {
	return &invocation{
		id: uuid.NewString(), trace: trace, event: event, environment: e,
		done: make(chan struct{}), over: make(chan struct{}),
	}
}

func (inv *invocation) answer(body []byte) { inv.finish(body, nil) }

func (inv *invocation) fail(err error) { inv.finish(nil, err) }

// finish tells the caller; the first outcome counts.
func (inv *invocation) finish(body []byte, err error) {
	inv.once.Do(func() {
		inv.body, inv.err = body, err
		inv.environment.function.answered(inv.environment)
		close(inv.done)
	})
}

// environment is one execution environment: a process and its runtime API.
type environment struct {
	function *Function
	api      *runtimeAPI
	process  *process
	lines    *lineWriter // what the process writes
	runtime  *party
	began    time.Time     // when the process was started
	version  int           // of the function's variables, which it has
	started  chan struct{} // closed when process is set: it may ask before we know it by name
	exited   chan struct{} // closed when the process is gone

	retired   bool // gets no more work; guarded by function.mu
	finishing bool // has answered, has not asked again; guarded by function.mu

	mu         sync.Mutex
	extensions map[string]*party // by identifier
	ready      bool              // has asked for its first event
	initErr    *FunctionError    // what it reported instead
	current    *invocation
}

// party asks an environment for events: its runtime, or an extension. The
// environment is idle once every party has asked for its next one.
type party struct {
	name    string
	invoked bool             // wants the event of each invocation
	events  chan *invocation // handed to a question that waits

	asked bool // for the next event; guarded by environment.mu
	owed  bool // the event of an invocation that has begun; guarded by environment.mu
}

func newParty(name string, invoked bool) *party {
	return &party{name: name, invoked: invoked, events: make(chan *invocation)}
}

func startEnvironment(f *Function) (*environment, error) {
	e := &environment{
		function: f, lines: &lineWriter{line: f.log}, started: make(chan struct{}), exited: make(chan struct{}),
		runtime: newParty("runtime", true), extensions: map[string]*party{},
	}
	var err error
	if e.api, err = newRuntimeAPI(e); err != nil {
		return nil, err
	}
	e.began = time.Now()
	if e.process, err = startProcess(e.command()); err != nil {
		e.api.close()
		return nil, &FunctionError{Type: "Runtime.InvalidEntrypoint", Message: err.Error()}
	}
	close(e.started)
	return e, nil
}

// command is the process of one environment.
func (e *environment) command() *exec.Cmd {
	cmd := exec.Command(e.function.config.Bootstrap)
	cmd.Dir = filepath.Dir(e.function.config.Bootstrap)
	cmd.Env = []string{} // not nil, which would inherit ours
	for name, value := range e.variables() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = e.lines, e.lines
	return cmd
}

// variables are those that Lambda sets and the template's, and nothing of ours:
// an account that happens to be signed in here must not be reachable from a
// simulated function.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func (e *environment) variables() map[string]string {
	e.function.mu.Lock()
	c := e.function.config
	e.version = e.function.version
	e.function.mu.Unlock()
	variables := map[string]string{
		"AWS_LAMBDA_RUNTIME_API":          e.api.address(),
		"AWS_LAMBDA_FUNCTION_NAME":        c.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(c.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       cmp.Or(c.Logging.LogGroup, "/aws/lambda/"+c.Name),
		"AWS_LAMBDA_LOG_STREAM_NAME":      time.Now().UTC().Format("2006/01/02") + "/[$LATEST]" + uuid.NewString(),
		"AWS_LAMBDA_LOG_FORMAT":           cmp.Or(c.Logging.LogFormat, "Text"),
		"AWS_ACCESS_KEY_ID":               "SIMULATED",
		"AWS_SECRET_ACCESS_KEY":           "SIMULATED",
		"AWS_SESSION_TOKEN":               "SIMULATED",
		"LAMBDA_TASK_ROOT":                filepath.Dir(c.Bootstrap),
		"_HANDLER":                        c.Handler,
		"LANG":                            "en_US.UTF-8",
		"PATH":                            os.Getenv("PATH"),
		"TZ":                              ":UTC",
	}
	if level := c.Logging.ApplicationLogLevel; level != "" {
		variables["AWS_LAMBDA_LOG_LEVEL"] = level
	}
	maps.Copy(variables, c.Variables)
	maps.Copy(variables, c.Endpoints)
	return variables
}

func (f *Function) log(line string) {
	if f.config.Log != nil {
		f.config.Log(line)
	}
}

// watch returns when the process is gone, and has told everybody.
func (e *environment) watch() {
	tooLong := time.AfterFunc(initTimeout, func() {
		if !e.isReady() {
			e.initFailed(&FunctionError{Type: "Sandbox.Timedout", Message: fmt.Sprintf("init took more than %s", initTimeout)})
			e.process.kill()
		}
	})
	<-e.process.exited
	tooLong.Stop()
	e.lines.flush()
	e.function.gone(e)
	close(e.exited)
	e.api.close()
	if !e.isReady() {
		e.function.neverReady(e)
	}
}

// begin hands inv to the runtime and to each extension that asked for invocations. It returns false when the
// process is gone and never saw inv.
func (e *environment) begin(inv *invocation) bool {
	inv.deadline = time.Now().Add(e.function.config.Timeout)
	e.mu.Lock()
	e.current = inv
	parties := slices.DeleteFunc(e.partiesLocked(), func(p *party) bool { return !p.invoked })
	for _, p := range parties {
		p.owed = true
	}
	e.mu.Unlock()
	for i, p := range parties {
		select {
		case p.events <- inv:
		case <-e.exited:
			return i > 0
		}
	}
	return true
}

// next is p's question for an event. It returns nil when there will be none.
func (e *environment) next(ctx context.Context, p *party) *invocation {
	e.ask(p)
	select {
	case inv := <-p.events:
		e.mu.Lock()
		p.asked, p.owed = false, false
		e.mu.Unlock()
		return inv
	case <-ctx.Done():
	case <-e.exited:
	}
	return nil
}

// ask notes that p wants its next event. The last party to ask ends the invocation
// before and makes the environment available.
func (e *environment) ask(p *party) {
	<-e.started
	e.mu.Lock()
	asksAgain := p.asked // which does not make two environments
	p.asked = true
	previous := e.current
	idle := !asksAgain && e.idleLocked()
	if idle && !e.ready && e.function.config.Ready != nil {
		e.function.config.Ready(time.Since(e.began))
	}
	if idle {
		e.current, e.ready = nil, true
	}
	e.mu.Unlock()
	if p == e.runtime && previous != nil && !asksAgain {
		previous.fail(&FunctionError{Type: "Runtime.NoResponse", Message: "the runtime asked for the next event without answering"})
	}
	if !idle {
		return
	}
	if previous != nil {
		close(previous.over)
	}
	e.function.release(e)
}

func (e *environment) idleLocked() bool {
	return !slices.ContainsFunc(e.partiesLocked(), func(p *party) bool { return !p.asked || p.owed })
}

// partiesLocked returns everyone who asks for events, the runtime first.
func (e *environment) partiesLocked() []*party {
	return append([]*party{e.runtime}, slices.Collect(maps.Values(e.extensions))...)
}

// oversee stays until the process is done with inv: an invocation is over when
// the next event is asked for, not when it is answered.
func (e *environment) oversee(inv *invocation) {
	timeout := e.function.config.Timeout
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-inv.over:
	case <-e.exited:
		inv.fail(e.exitError())
	case <-timer.C:
		e.function.log(fmt.Sprintf(`{"type":"platform.report","record":{"requestId":%q,"status":"timeout"}}`, inv.id))
		e.process.kill()
		<-e.exited
		inv.fail(fmt.Errorf("%w after %s", ErrTimedOut, timeout))
	}
}

// running returns the invocation with this id if it is the present one.
func (e *environment) running(id string) *invocation {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.current == nil || e.current.id != id {
		return nil
	}
	return e.current
}

func (e *environment) isReady() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ready
}

func (e *environment) initFailed(err *FunctionError) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.initErr = err
}

// exitError says why the process is gone: what it reported, else how it ended.
func (e *environment) exitError() *FunctionError {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.initErr != nil {
		return e.initErr
	}
	return &FunctionError{Type: "Runtime.ExitError", Message: "Error: Runtime exited with error: " + e.process.status()}
}
