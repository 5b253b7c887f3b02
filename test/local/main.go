// Local runs one environment of the product on this machine, from the
// synthesized templates and the real bootstrap binaries, without an AWS account.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"global-ingest/infra/assembly"
	livepage "global-ingest/test/local/page"
	"global-ingest/test/simulator"
)

func main() {
	// When the reader of our output ends, such as tee after a Ctrl-C, we still write what is
	// buffered.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), ends()...)
	context.AfterFunc(ctx, func() {
		// A terminal that closes hangs up more than once: only a person's second Ctrl-C counts.
		signal.Ignore(syscall.SIGHUP)
		// With the handler gone, a second Ctrl-C ends the process at once.
		stop()
	})
	err := run(ctx, os.Args[1:], os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

// ends are the signals that stop in order: Ctrl-C, kill, and a terminal that closes,
// unless nohup was asked to make us outlive it.
func ends() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// run runs until ctx ends, then flushes and prints what came of it.
func run(ctx context.Context, args []string, out io.Writer) (err error) {
	s, err := parse(args, out)
	if err != nil {
		return err
	}
	release, err := lock(s.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	remove, err := s.unpack()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remove()) }()
	console := newConsole(out)
	port, err := listen(s.pagePort, "PAGE_PORT")
	if err != nil {
		return err
	}
	defer port.Close()
	options, err := s.options()
	if err != nil {
		return err
	}
	live := livepage.New()
	live.Watch(&options)
	options.Notice = console.say
	run, err := s.start(options)
	if err != nil {
		return err
	}
	stop := live.Serve(port, run.page(s.environment))
	defer func() { err = errors.Join(err, stop()) }()
	writeBanner(out, run, s, port)
	console.watch(ctx, run.Counters)
	console.end()
	console.say("stopping: what is buffered is being written; once more Ctrl-C stops at once")
	patience, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err = run.Shutdown(patience)
	console.say("stopped: " + statusLine(run.Counters()))
	return err
}

// judgedWithin is how long an event waits for its verdict: a person who looks at the page
// waits for that, and a batch of so long still has many events when many come.
const judgedWithin = 100 * time.Millisecond

// options opens the ports and reads the templates. Each mistake a person can make
// is one clear line.
func (s settings) options() (simulator.Options, error) {
	options := simulator.Options{
		Bootstraps: map[string]string{}, Dir: s.dir, Patience: s.patience,
		JudgedWithin: judgedWithin, MaxSandboxes: s.sandboxes, Throttle: s.throttle,
	}
	for id, folder := range simulator.Functions {
		path := filepath.Join(s.functions, folder)
		if _, err := os.Stat(path); err != nil {
			return options, fmt.Errorf("no executable %s: `make local` builds it", path)
		}
		options.Bootstraps[id] = path
	}
	schemas, err := s.eventTypes()
	if err != nil {
		return options, err
	}
	options.Variables = map[string]map[string]string{"Validator": schemas}
	if options.Templates, err = assembly.Read(s.assembly, s.environment); errors.Is(err, os.ErrNotExist) {
		return options, fmt.Errorf("no templates in %s: `make local` synthesizes them", s.assembly)
	} else if err != nil {
		return options, err
	}
	if options.Endpoint, err = listen(s.port, "PORT"); err != nil {
		return options, err
	}
	if options.S3, err = listen(s.s3Port, "S3_PORT"); err != nil {
		return options, errors.Join(err, options.Endpoint.Close())
	}
	return options, nil
}

const maxPort = 65535

// listen opens a port of this machine only.
func listen(port int, variable string) (net.Listener, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		other := port + 10
		if other > maxPort {
			other = port - 10
		}
		return nil, fmt.Errorf("port %d is taken: choose another one with %s=%d", port, variable, other)
	}
	if err != nil {
		return nil, fmt.Errorf("opening port %d, which %s chooses: %w", port, variable, err)
	}
	return listener, nil
}
