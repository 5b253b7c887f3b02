package simulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultMaxSandboxes is how many sandboxes of one function run at most, each a process.
// AWS runs 1,000 in an account. A laptop copes with ten; further requests wait.
const DefaultMaxSandboxes = 10

// Options say what to simulate and where.
type Options struct {
	Templates  []*Template       // all stacks of one environment, in all its regions; required
	Region     string            // whose stacks run. Default: that of the first template
	Bootstraps map[string]string // executable of each function, by the beginning of its logical id; required
	Dir        string            // where objects (lake/) and logs (logs/) are kept; required
	Lake       string            // where objects are kept: regions may share it. Default: lake/ of Dir

	Endpoint net.Listener // of the API. Default: a free port of 127.0.0.1
	S3       net.Listener // of S3. Default: a free port of 127.0.0.1

	// Patience is the longest that a stream may buffer. Default: what the template says.
	Patience time.Duration
	// JudgedWithin is the longest that a stream with Patience waits before its function is
	// invoked: a person sees the verdict before the object. Default: Patience.
	JudgedWithin time.Duration
	// MaxSandboxes of one function: its processes. While all are busy, requests wait.
	// Default: DefaultMaxSandboxes.
	MaxSandboxes int
	// Throttle applies the stage's throttle. Default: it is read and not applied.
	Throttle bool
	// FirehoseFaults is called before each operation of Firehose. Default: no faults.
	FirehoseFaults Faults
	// ObjectFaults is called before each object is written. Default: no faults.
	ObjectFaults func(bucket, key string) error
	// ObjectWritten is called with each object that was written, before its writer gets
	// the answer. Default: not called.
	ObjectWritten func(bucket, key string)
	// InvocationFaults is called before each invocation of a function, which is named as
	// in Bootstraps. The caller gets its error. Default: no faults.
	InvocationFaults func(function string) error
	// Notice is called with what the person at the console should know, such as that the
	// disk is full: with each sentence once, until the condition that it reports has
	// ended, and from several goroutines. Default: not called.
	Notice func(sentence string)
	// Watcher hears what streams do with records. Default: nobody does.
	Watcher Watcher
	// Elsewhere returns the S3 of another region that has a bucket, or nil: functions reach
	// every region's buckets. Default: no other region.
	Elsewhere func(bucket string) http.Handler
	// Variables are further environment variables of functions, named as in
	// Bootstraps. Default: none.
	Variables map[string]map[string]string
	// FirehoseClock is how far Firehose's clock is ahead of the functions', or behind
	// when it is negative. Default: 0.
	FirehoseClock time.Duration
}

// Simulator is one environment of the product, running in this process and in
// one process for each busy sandbox of a function.
type Simulator struct {
	URL         string // of the API, without a slash at its end
	S3URL       string
	FirehoseURL string
	SQSURL      string
	QueueURL    string // of the queue that Redrive works off
	Bucket      string // the lake's
	Lake        string // the folder that holds the buckets
	Logs        string // the folder that holds the functions' logs
	Throttle    Throttle
	Leftovers   int // objects of an earlier run that were announced again

	options   Options
	place     Place // of the stacks that run
	counter   counter
	listeners map[string]*connections
	servers   map[string]*http.Server
	firehose  *Firehose
	s3        *S3

	invokers  map[string]Invoker   // functions by ARN
	functions map[string]*Function // by their names in Options.Bootstraps
	streams   []StreamConfig
	queues    map[string]*Queue // by ARN
	mappings  []*Mapping
	rules     []rule
	policies  map[string][]policyStatement // by ARN of the function, alias or queue that they guard
	omitted   omissions
	notices   notices

	diskFailed atomic.Int64 // when a write failed last, in nanoseconds since 1970

	announcements []announcement // of the buckets

	closers []func() error // what the builders started, to be ended in the opposite order
	close   func() error   // once
}

// Start runs the environment that the templates describe. A resource, property or
// intrinsic that it does not know is an error.
func Start(options Options) (*Simulator, error) {
	if options.MaxSandboxes == 0 {
		options.MaxSandboxes = DefaultMaxSandboxes
	}
	s := &Simulator{
		options: options, invokers: map[string]Invoker{}, functions: map[string]*Function{},
		Lake:   filepath.Join(cmp.Or(options.Lake, filepath.Join(options.Dir, "lake")), "buckets"),
		Logs:   filepath.Join(options.Dir, "logs"),
		queues: map[string]*Queue{}, policies: map[string][]policyStatement{},
		notices:   notices{say: options.Notice, said: map[string]bool{}},
		counter:   counter{Counters: Counters{Rejected: map[string]int{}, Objects: map[string]int{}}},
		listeners: map[string]*connections{}, servers: map[string]*http.Server{},
	}
	s.close = sync.OnceValue(s.stop)
	if err := s.start(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Simulator) start() (err error) {
	own := s.own()
	var resources []Resolved
	if resources, s.omitted, err = resolveAll(own, s.options.Templates); err != nil {
		return err
	}
	s.place = own[0].Place
	if err := s.listen(); err != nil {
		return err
	}
	if s.s3, err = openS3(filepath.Dir(s.Lake), s.place.Region); err != nil {
		return err
	}
	s.s3.Fail, s.s3.Wrote = s.options.ObjectFaults, s.wrote
	s.firehose = NewFirehose(FirehoseOptions{
		Account: s.place.Account, Region: s.place.Region,
		Objects: s.s3, Faults: s.options.FirehoseFaults,
		Watcher: s.options.Watcher, Skew: s.options.FirehoseClock,
	})
	if err := buildAll(s, builders, resources); err != nil {
		return err
	}
	if err := s.checkAnnouncements(); err != nil {
		return err
	}
	gateway, err := NewGateway(resources, func(function, source string) Invoker {
		// That API Gateway sends the account is not documented; public templates that ask for it work.
		return s.permitted(function, caller{apiGateway, source, s.place.Account})
	})
	if err != nil {
		return err
	}
	s.Throttle, gateway.Throttled = gateway.Throttle, s.options.Throttle
	gateway.Answered, gateway.Failed = s.counter.answered, s.failed
	s.serve(s3Name, s.everyBucket())
	s.serve(firehoseName, s.firehose)
	s.serve(sqsName, sqsAPI{s.queues})
	s.serve(endpointName, gateway)
	return s.announceLeftovers()
}

// failed tells of the first answer of each status that says that something is wrong here.
func (s *Simulator) failed(method, path string, status int, cause error) {
	sentence := fmt.Sprintf("%s %s was answered %d", method, path, status)
	if cause != nil {
		sentence += ": " + cause.Error()
	}
	s.notices.tell(fmt.Sprint("answer ", status), true, sentence+"; "+s.Logs+" has what the functions say")
}

// own returns the stacks that run: those of the region.
func (s *Simulator) own() (templates []*Template) {
	for _, t := range s.options.Templates {
		if t.Region == cmp.Or(s.options.Region, s.options.Templates[0].Region) {
			templates = append(templates, t)
		}
	}
	return templates
}

// What listens, as an error names it.
const (
	endpointName = "the endpoint"
	s3Name       = "S3"
	firehoseName = "Firehose"
	sqsName      = "SQS"
)

// listen opens every port before anything starts, because functions are told at
// their start where the services are.
func (s *Simulator) listen() error {
	if s.options.Endpoint != nil {
		s.listeners[endpointName] = &connections{Listener: s.options.Endpoint}
	}
	if s.options.S3 != nil {
		s.listeners[s3Name] = &connections{Listener: s.options.S3}
	}
	for name, url := range map[string]*string{
		endpointName: &s.URL, s3Name: &s.S3URL, firehoseName: &s.FirehoseURL, sqsName: &s.SQSURL,
	} {
		if s.listeners[name] == nil {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return fmt.Errorf("listening for %s: %w", name, err)
			}
			s.listeners[name] = &connections{Listener: listener}
		}
		*url = "http://" + s.listeners[name].Addr().String()
	}
	return nil
}

func (s *Simulator) serve(name string, handler http.Handler) {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	s.servers[name] = server
	go func() { _ = server.Serve(s.listeners[name]) }() // ends with Shutdown or Close, the only ways it ends
}

// Objects answers requests for objects of this region, as its S3 does.
func (s *Simulator) Objects() http.Handler { return s.s3 }

// everyBucket answers requests for objects here and, by the region that has the bucket, for
// those elsewhere: a function has one address for all.
func (s *Simulator) everyBucket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bucket, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if s.options.Elsewhere != nil && bucket != s.Bucket {
			if theirs := s.options.Elsewhere(bucket); theirs != nil {
				theirs.ServeHTTP(w, r)
				return
			}
		}
		s.s3.ServeHTTP(w, r)
	})
}

// Streams returns the streams as they run, buffers included, in the order of their names: they
// were built in it.
func (s *Simulator) Streams() []StreamConfig { return slices.Clone(s.streams) }

// Counters returns what has happened since the start.
func (s *Simulator) Counters() Counters { return s.counter.snapshot() }

// Flush waits for what functions do behind their answers, works the queues off and
// writes everything that is buffered to S3, until nothing comes back: the Validator may
// leave records for another batch. Messages that fail stay in their queue, for as long
// as ctx lets them be tried.
func (s *Simulator) Flush(ctx context.Context) error {
	for {
		for _, step := range []func(context.Context) error{s.rest, s.drain, s.firehose.Flush} {
			if err := step(ctx); err != nil {
				return fmt.Errorf("flushing: %w", err)
			}
		}
		if s.queued() == 0 {
			return nil
		}
	}
}

// rest waits until no function does anything.
func (s *Simulator) rest(ctx context.Context) error {
	for name, function := range s.functions {
		if err := function.Rest(ctx); err != nil {
			return fmt.Errorf("function %s: %w", name, err)
		}
	}
	return nil
}

// drain works the queues off.
func (s *Simulator) drain(ctx context.Context) error {
	for _, mapping := range s.mappings {
		queue := mapping.Queue
		if err := queue.Drain(ctx); err != nil {
			return fmt.Errorf("queue %s has %d messages left: %w", queue.Name, queue.Len(), err)
		}
	}
	return nil
}

// queued counts the messages that Redrive has not worked off.
func (s *Simulator) queued() (n int) {
	for _, mapping := range s.mappings {
		n += mapping.Queue.Len()
	}
	return n
}

// DeadLetters returns the bodies of the messages that were tried too often.
func (s *Simulator) DeadLetters() (bodies []string) {
	for _, queue := range s.queues {
		if dead := queue.DeadLetters; dead != nil {
			bodies = append(bodies, dead.bodies()...)
		}
	}
	return bodies
}

// How long Shutdown waits for the rest of a request that has begun, and for messages that
// fail. Their objects are in S3, and the queue is notified of them again at the next start.
const (
	patienceWithSenders  = time.Second
	patienceWithMessages = 15 * time.Second
)

// Shutdown stops accepting requests, finishes those it has, flushes, and closes. It cuts off
// requests that have not arrived whole after a second; they were not acknowledged. It
// writes what is buffered even if something else fails, and before it empties the queues,
// because a message may never succeed.
func (s *Simulator) Shutdown(ctx context.Context) error {
	err := errors.Join(s.shutEndpoint(ctx), s.rest(ctx), s.firehose.Flush(ctx))
	some, cancel := context.WithTimeout(ctx, patienceWithMessages)
	defer cancel()
	return errors.Join(err, s.drain(some), s.rest(ctx), s.firehose.Flush(ctx), s.Close())
}

// shutEndpoint waits until the last request is answered, and no longer than API Gateway
// would wait.
func (s *Simulator) shutEndpoint(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patienceWithSenders+integrationTimeout)
	defer cancel()
	late := time.AfterFunc(patienceWithSenders, func() { s.listeners[endpointName].hurry(ctx) })
	defer late.Stop()
	if err := s.servers[endpointName].Shutdown(ctx); err != nil {
		return fmt.Errorf("closing the endpoint: %w", err)
	}
	return nil
}

// Close stops everything at once, and loses what is buffered. Use Shutdown to keep it.
func (s *Simulator) Close() error { return s.close() }

func (s *Simulator) stop() error {
	var errs []error
	for name, listener := range s.listeners {
		if server := s.servers[name]; server != nil {
			errs = append(errs, server.Close())
		} else {
			errs = append(errs, listener.Close())
		}
	}
	for _, close := range slices.Backward(s.closers) {
		errs = append(errs, close())
	}
	return errors.Join(errs...)
}

// onClose registers a function to call at the end, in the opposite order of registration.
func (s *Simulator) onClose(close func() error) {
	s.closers = append(s.closers, close)
}

// NotSimulated returns what the templates hold and the simulator accepts without effect: a
// line for each reason, which names the types and properties.
func (s *Simulator) NotSimulated() []string { return s.omitted.lines() }

// What a test can do to a running simulator, in addition to the faults of its Options.

// Function returns a function by its name in Options.Bootstraps, or nil.
func (s *Simulator) Function(name string) *Function { return s.functions[name] }

// Cut ends the connections that functions have open to Firehose and S3.
func (s *Simulator) Cut(how Cut) {
	s.listeners[firehoseName].cut(how)
	s.listeners[s3Name].cut(how)
}

// RenameStream makes a stream accept records only under another name. It still delivers
// what it holds.
func (s *Simulator) RenameStream(from, to string) error { return s.firehose.Rename(from, to) }

// Enqueue sends a message to the backlog.
func (s *Simulator) Enqueue(body string) {
	for _, mapping := range s.mappings {
		mapping.Queue.Send(body)
	}
}

// until asks whether it is done, after pauses that double from the shortest to the longest,
// until it is or ctx ends.
func until(ctx context.Context, shortest, longest time.Duration, done func() bool) error {
	for pause := shortest; !done(); pause = min(2*pause, longest) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return nil
}
