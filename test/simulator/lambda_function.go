package simulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// graceForNext is how long a request waits for a sandbox that has answered and is about to
// ask for its next event, before another sandbox is started: on one machine, the caller's
// next request can be faster than that.
const graceForNext = 5 * time.Millisecond

// initTimeout is how long a sandbox may take until it asks for its first event.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
const initTimeout = 10 * time.Second

// accountConcurrency is how many invocations of a function run at once when it has no
// reserved concurrency: the default quota of an account, which all its functions share.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html
const accountConcurrency = 1_000

var errStopped = errors.New("function is stopped")

// FunctionConfig is what the simulator needs to know of a Lambda function.
type FunctionConfig struct {
	Name, ARN    string
	Bootstrap    string // the executable
	Handler      string
	Timeout      time.Duration
	MemoryMB     int               // told to the function, not enforced
	Variables    map[string]string // the template's
	Logging      loggingProperties
	Endpoints    map[string]string         // variables that say where the simulated services listen
	MaxSandboxes int                       // processes at most; while all are busy, a request waits for one
	Concurrency  int                       // requests at once, those that wait included; default accountConcurrency
	Crowded      func(throttled bool)      // called when a request must wait, or is throttled; may be nil
	Log          func(line string)         // gets each line that the function writes
	Faults       func() error              // an error that an invocation fails with before it begins; may be nil
	Awake        bool                      // idle processes are not frozen, for measurements
	Ready        func(after time.Duration) // called when a process first asks for an event; may be nil
}

// Function is one Lambda function: a pool of sandboxes, each a process of the
// real bootstrap that serves one invocation at a time.
//
// A sandbox is frozen by SIGSTOP while it is idle, as it is on AWS: work that a function
// has left after its answer stands still.
//
// Known differences from AWS: memory and processor are not limited; requests above
// MaxSandboxes wait, where Lambda would start a sandbox for each; a sandbox is never retired
// for its age; an init that takes too long is not tried a second time; sandboxes share the
// machine's file system; extensions are internal ones only; there are no response streams
// and no asynchronous invocations.
type Function struct {
	config FunctionConfig

	mu       sync.Mutex
	version  int            // of config.Variables
	lives    sync.WaitGroup // one for each sandbox, from before its start to after its end
	all      map[*sandbox]bool
	starting int        // sandboxes that are not in all yet
	idle     []*sandbox // the most recently used is last, and is used first
	waiting  []chan handover
	stopped  bool
}

// handover is what a waiting request gets: a sandbox, or an error.
type handover struct {
	sandbox *sandbox
	err     error
}

// NewFunction returns the function; no process starts before the first request.
func NewFunction(config FunctionConfig) *Function {
	config.Concurrency = cmp.Or(config.Concurrency, accountConcurrency)
	return &Function{config: config, all: map[*sandbox]bool{}}
}

// Invoke runs the function on event and returns its answer. The error is a
// *FunctionError, ErrTimedOut or ErrThrottled, or ctx's when ctx ends first; the
// invocation then goes on without a caller, as on AWS.
func (f *Function) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	body, err := f.invoke(ctx, event)
	if err != nil {
		return nil, fmt.Errorf("invoking %s: %w", f.config.Name, err)
	}
	return body, nil
}

func (f *Function) invoke(ctx context.Context, event []byte) ([]byte, error) {
	if len(event) > maxEventBytes {
		return nil, fmt.Errorf("event is %d bytes, limit is %d: %w", len(event), maxEventBytes, errEventTooLarge)
	}
	if f.config.Faults != nil {
		if err := f.config.Faults(); err != nil {
			return nil, err
		}
	}
	inv, err := f.begin(ctx, event)
	if err != nil {
		return nil, err
	}
	select {
	case <-inv.done:
		return inv.body, inv.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// begin hands event to a sandbox. A sandbox that died while it was idle is skipped, as it
// would be on AWS.
func (f *Function) begin(ctx context.Context, event []byte) (*invocation, error) {
	for {
		s, err := f.acquire(ctx)
		if err != nil {
			return nil, err
		}
		inv := newInvocation(s, event, traceFrom(ctx))
		if s.begin(inv) {
			go s.oversee(inv)
			return inv, nil
		}
	}
}

// errEventTooLarge says that an event is over the service's limit.
var errEventTooLarge = errors.New("event too large")

// acquire returns a sandbox that waits for work: an idle one, one that is about to become
// idle, or a new one.
func (f *Function) acquire(ctx context.Context) (*sandbox, error) {
	waiter, grace := f.enqueue()
	late := time.After(grace)
	for {
		select {
		case h := <-waiter:
			return h.sandbox, h.err
		case <-late:
			f.grow(waiter)
		case <-ctx.Done():
			return nil, f.abandon(waiter, ctx.Err())
		}
	}
}

// enqueue adds a request, which gets an idle sandbox at once if there is one. Otherwise it
// returns how long the request waits for a sandbox that is about to become idle.
func (f *Function) enqueue() (waiter chan handover, grace time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	waiter = make(chan handover, 1)
	if f.stopped {
		waiter <- handover{err: errStopped}
		return waiter, 0
	}
	f.waiting = append(f.waiting, waiter)
	if last := len(f.idle) - 1; last >= 0 {
		s := f.idle[last]
		f.idle = f.idle[:last]
		s.process.thaw()
		f.handOverLocked(handover{sandbox: s})
	}
	if f.finishingLocked() >= len(f.waiting) {
		grace = graceForNext
	}
	return waiter, grace
}

// finishingLocked counts the sandboxes that have answered and are about to ask
// for the next event.
func (f *Function) finishingLocked() (n int) {
	for s := range f.all {
		if s.finishing {
			n++
		}
	}
	return n
}

// crowdLocked lets the last request wait until a sandbox is idle, or throttles it if all
// requests together exceed the function's concurrency. It says whether it did.
func (f *Function) crowdLocked() (throttled bool) {
	busy := len(f.all) - len(f.idle) - f.initializingLocked() - f.finishingLocked()
	if busy+len(f.waiting) <= f.config.Concurrency {
		return false
	}
	last := len(f.waiting) - 1
	f.waiting[last] <- handover{err: ErrThrottled}
	f.waiting = f.waiting[:last]
	return true
}

// initializingLocked counts the processes that have not asked for their first event.
func (f *Function) initializingLocked() (n int) {
	for s := range f.all {
		if !s.isReady() {
			n++
		}
	}
	return n
}

// grow starts a sandbox for a waiter that still waits, if there may be one more. Any
// sandbox that becomes idle is handed to the request that has waited longest.
func (f *Function) grow(waiter chan handover) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.waiting, waiter) {
		return
	}
	if f.hasRoomLocked() {
		f.startLocked()
		return
	}
	if throttled := f.crowdLocked(); f.config.Crowded != nil {
		f.config.Crowded(throttled)
	}
}

// live is the whole life of one sandbox.
func (f *Function) live() {
	s, err := startSandbox(f)
	f.mu.Lock()
	f.starting--
	if err != nil {
		f.failLocked(err)
		f.mu.Unlock()
		return
	}
	f.all[s] = true
	stopped := f.stopped
	f.mu.Unlock()
	if stopped {
		s.process.stop()
	}
	s.watch()
}

// failLocked fails the request that has waited longest, because the process that was started
// for it did not start, or ended before it asked for an event. The others get another process,
// or the same error.
func (f *Function) failLocked(cause error) {
	f.handOverLocked(handover{err: cause})
	f.replaceLocked()
}

// handOverLocked gives h to the request that has waited longest. It returns false if no
// request waits.
func (f *Function) handOverLocked(h handover) bool {
	if len(f.waiting) == 0 {
		return false
	}
	f.waiting[0] <- h
	f.waiting = f.waiting[1:]
	return true
}

// release makes s available: its runtime and extensions have asked for the next
// event. When no request waits, the sandbox is frozen, with the work that it has left.
func (f *Function) release(s *sandbox) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.finishing = false
	if s.retired || s.version != f.version {
		f.retireLocked(s) // it has finished what it had begun
		f.replaceLocked()
		return
	}
	if !f.handOverLocked(handover{sandbox: s}) {
		if !f.config.Awake {
			s.process.freeze()
		}
		f.idle = append(f.idle, s)
	}
}

// answered notes that s has answered, and will ask for the next event soon.
func (f *Function) answered(s *sandbox) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.finishing = true
}

// gone forgets s, whose process has ended. A request that waited for it to become idle
// gets another one; and so does one for which it was started, if a test killed it.
func (f *Function) gone(s *sandbox) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, s)
	f.idle = slices.DeleteFunc(f.idle, func(other *sandbox) bool { return other == s })
	if s.isReady() || s.retired {
		f.replaceLocked()
	} else {
		f.failLocked(s.exitError())
	}
}

// abandon takes a waiter out of the queue. A sandbox that it was handed at the same moment
// goes to the next waiter.
func (f *Function) abandon(waiter chan handover, cause error) error {
	f.mu.Lock()
	f.waiting = slices.DeleteFunc(f.waiting, func(other chan handover) bool { return other == waiter })
	f.mu.Unlock()
	select {
	case h := <-waiter:
		if h.sandbox != nil {
			f.release(h.sandbox)
		}
	default:
	}
	return cause
}

// Processes returns the ids of the processes.
func (f *Function) Processes() (pids []int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.all {
		pids = append(pids, s.process.cmd.Process.Pid)
	}
	return pids
}

// Rest returns when every process is idle: none starts, works, or has work left after
// its answer.
func (f *Function) Rest(ctx context.Context) error {
	return until(ctx, 50*time.Microsecond, 5*time.Millisecond, func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.all) == len(f.idle)
	})
}

// Kill ends all processes with SIGKILL, whatever they are doing, and returns how many
// there were.
func (f *Function) Kill() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	killed := len(f.all)
	for s := range f.all {
		s.retired = true
		s.process.kill()
	}
	clear(f.all)
	f.idle = nil
	return killed
}

// Freeze stops all processes, whatever they are doing: an invocation under way times out.
func (f *Function) Freeze() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.all {
		s.process.freeze()
	}
}

// Update changes a variable of the function, as a deploy does. Later invocations get
// sandboxes with the new value; older sandboxes end once they have finished their work.
func (f *Function) Update(variable, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.config.Variables = maps.Clone(f.config.Variables)
	f.config.Variables[variable] = value
	f.version++
	for _, s := range f.idle {
		f.retireLocked(s)
	}
	f.idle = nil
}

// replaceLocked starts a sandbox for a request that waited for one that is gone.
func (f *Function) replaceLocked() {
	if f.hasRoomLocked() && !f.stopped && len(f.waiting) > f.starting+f.initializingLocked() {
		f.startLocked()
	}
}

func (f *Function) hasRoomLocked() bool { return len(f.all)+f.starting < f.config.MaxSandboxes }

func (f *Function) startLocked() {
	f.starting++
	f.lives.Go(f.live)
}

// retireLocked ends a sandbox that gets no more work, and counts no more.
func (f *Function) retireLocked(s *sandbox) {
	delete(f.all, s)
	s.retired = true
	go s.process.stop()
}

// Close ends every process and waits until they are gone.
func (f *Function) Close() {
	f.mu.Lock()
	f.stopped = true
	sandboxes := slices.Collect(maps.Keys(f.all))
	for f.handOverLocked(handover{err: errStopped}) {
	}
	f.mu.Unlock()
	for _, s := range sandboxes {
		f.lives.Go(s.process.stop)
	}
	f.lives.Wait()
}
