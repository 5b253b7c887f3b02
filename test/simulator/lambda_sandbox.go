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

// invocation is one event in a sandbox.
type invocation struct {
	id, trace string
	event     []byte
	deadline  time.Time
	sandbox   *sandbox

	once sync.Once
	done chan struct{} // closed when body or err is set
	body []byte
	err  error
	over chan struct{} // closed when runtime and extensions have asked for the next event
}

func newInvocation(s *sandbox, event []byte, trace string) *invocation {
	return &invocation{
		id: uuid.NewString(), trace: trace, event: event, sandbox: s,
		done: make(chan struct{}), over: make(chan struct{}),
	}
}

func (inv *invocation) answer(body []byte) { inv.finish(body, nil) }

func (inv *invocation) fail(err error) { inv.finish(nil, err) }

// finish tells the caller; the first outcome counts.
func (inv *invocation) finish(body []byte, err error) {
	inv.once.Do(func() {
		inv.body, inv.err = body, err
		inv.sandbox.function.answered(inv.sandbox)
		close(inv.done)
	})
}

// sandbox is one of Lambda's execution sandboxes: a process and its runtime API.
type sandbox struct {
	function *Function
	api      *runtimeAPI
	process  *process
	lines    *lineWriter // output of the process
	runtime  *consumer
	began    time.Time     // when the process was started
	version  int           // of the function's variables, which it has
	started  chan struct{} // closed when process is set: the process may ask for an event earlier
	exited   chan struct{} // closed when the process is gone

	retired   bool // gets no more work; guarded by function.mu
	finishing bool // has answered, has not asked again; guarded by function.mu

	mu         sync.Mutex
	extensions map[string]*consumer // by identifier
	ready      bool                 // has asked for its first event
	initErr    *FunctionError       // what it reported instead
	current    *invocation
}

// consumer asks a sandbox for events: its runtime, or an extension. The
// sandbox is idle once every consumer has asked for its next one.
type consumer struct {
	name    string
	invoked bool             // wants the event of each invocation
	events  chan *invocation // handed to a question that waits

	asked bool // for the next event; guarded by sandbox.mu
	owed  bool // the event of an invocation that has begun; guarded by sandbox.mu
}

func newConsumer(name string, invoked bool) *consumer {
	return &consumer{name: name, invoked: invoked, events: make(chan *invocation)}
}

func startSandbox(f *Function) (*sandbox, error) {
	s := &sandbox{
		function: f, lines: &lineWriter{line: f.log}, started: make(chan struct{}), exited: make(chan struct{}),
		runtime: newConsumer("runtime", true), extensions: map[string]*consumer{},
	}
	var err error
	if s.api, err = newRuntimeAPI(s); err != nil {
		return nil, err
	}
	s.began = time.Now()
	if s.process, err = startProcess(s.command()); err != nil {
		s.api.close()
		return nil, &FunctionError{Type: "Runtime.InvalidEntrypoint", Message: err.Error()}
	}
	close(s.started)
	return s, nil
}

// command is the process of one sandbox.
func (s *sandbox) command() *exec.Cmd {
	cmd := exec.Command(s.function.config.Bootstrap)
	cmd.Dir = filepath.Dir(s.function.config.Bootstrap)
	cmd.Env = []string{} // not nil, which would inherit ours
	for name, value := range s.variables() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Stdout, cmd.Stderr = s.lines, s.lines
	return cmd
}

// variables are those that Lambda sets and those of the template. No variable of this
// process is passed on: a simulated function must not reach the account of a person who is
// signed in here.
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func (s *sandbox) variables() map[string]string {
	s.function.mu.Lock()
	c := s.function.config
	s.version = s.function.version
	s.function.mu.Unlock()
	variables := map[string]string{
		"AWS_LAMBDA_RUNTIME_API":          s.api.address(),
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

// watch waits until the process has ended, and then ends what depends on it.
func (s *sandbox) watch() {
	tooLong := time.AfterFunc(initTimeout, func() {
		if !s.isReady() {
			s.initFailed(
				&FunctionError{Type: "Sandbox.Timedout", Message: fmt.Sprintf("init took more than %s", initTimeout)})
			s.process.kill()
		}
	})
	<-s.process.exited
	tooLong.Stop()
	s.lines.flush()
	s.function.gone(s)
	close(s.exited)
	s.api.close()
}

// begin hands inv to the runtime and to each extension that asked for invocations. It
// returns false if the process ended before it received inv.
func (s *sandbox) begin(inv *invocation) bool {
	inv.deadline = time.Now().Add(s.function.config.Timeout)
	s.mu.Lock()
	s.current = inv
	consumers := slices.DeleteFunc(s.consumersLocked(), func(p *consumer) bool { return !p.invoked })
	for _, p := range consumers {
		p.owed = true
	}
	s.mu.Unlock()
	for i, p := range consumers {
		select {
		case p.events <- inv:
		case <-s.exited:
			return i > 0
		}
	}
	return true
}

// next returns p's next event, or nil when there will be no more.
func (s *sandbox) next(ctx context.Context, p *consumer) *invocation {
	s.ask(p)
	select {
	case inv := <-p.events:
		s.mu.Lock()
		p.asked, p.owed = false, false
		s.mu.Unlock()
		return inv
	case <-ctx.Done():
	case <-s.exited:
	}
	return nil
}

// ask notes that p wants its next event. When the last consumer asks, the previous
// invocation is over and the sandbox is available.
func (s *sandbox) ask(p *consumer) {
	<-s.started
	s.mu.Lock()
	asksAgain := p.asked // which does not make two sandboxes available
	p.asked = true
	previous := s.current
	idle := !asksAgain && s.idleLocked()
	if idle && !s.ready && s.function.config.Ready != nil {
		s.function.config.Ready(time.Since(s.began))
	}
	if idle {
		s.current, s.ready = nil, true
	}
	s.mu.Unlock()
	if p == s.runtime && previous != nil && !asksAgain {
		previous.fail(&FunctionError{
			Type: "Runtime.NoResponse", Message: "the runtime asked for the next event without answering",
		})
	}
	if !idle {
		return
	}
	if previous != nil {
		close(previous.over)
	}
	s.function.release(s)
}

func (s *sandbox) idleLocked() bool {
	return !slices.ContainsFunc(s.consumersLocked(), func(p *consumer) bool { return !p.asked || p.owed })
}

// consumersLocked returns all consumers, the runtime first.
func (s *sandbox) consumersLocked() []*consumer {
	return append([]*consumer{s.runtime}, slices.Collect(maps.Values(s.extensions))...)
}

// oversee waits until the invocation is over: when the process asks for the next event, not
// when it answers.
func (s *sandbox) oversee(inv *invocation) {
	timeout := s.function.config.Timeout
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-inv.over:
	case <-s.exited:
		inv.fail(s.exitError())
	case <-timer.C:
		s.function.log(fmt.Sprintf(`{"type":"platform.report","record":{"requestId":%q,"status":"timeout"}}`, inv.id))
		s.process.kill()
		<-s.exited
		inv.fail(fmt.Errorf("%w after %s", ErrTimedOut, timeout))
	}
}

// running returns the current invocation if it has this id.
func (s *sandbox) running(id string) *invocation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.id != id {
		return nil
	}
	return s.current
}

func (s *sandbox) isReady() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ready
}

func (s *sandbox) initFailed(err *FunctionError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.initErr = err
}

// exitError says why the process ended: what it reported, or else how it exited.
func (s *sandbox) exitError() *FunctionError {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.initErr != nil {
		return s.initErr
	}
	status := s.process.cmd.ProcessState.String() // "exit status 1" or "signal: killed"
	return &FunctionError{Type: "Runtime.ExitError", Message: "Error: Runtime exited with error: " + status}
}
