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
	"global-ingest/test/simulator"
)

func main() {
	// The first signal stops in order; with the handler gone, the second one ends
	// the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := run(ctx, os.Args[1:], os.LookupEnv, os.Stdout)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "local:", err)
		os.Exit(1)
	}
}

// settings are what a person may choose.
type settings struct {
	assembly     string
	environment  string
	functions    string
	dir          string
	port, s3Port int
	patience     time.Duration
	environments int
	throttle     bool
}

func parse(args []string, lookup func(string) (string, bool), out io.Writer) (settings, error) {
	port, err := portFrom(lookup, "PORT", 8080)
	if err != nil {
		return settings{}, err
	}
	s3Port, err := portFrom(lookup, "S3_PORT", 9000)
	if err != nil {
		return settings{}, err
	}
	var s settings
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.StringVar(&s.assembly, "assembly", ".local/cdk.out", "cloud assembly `folder` to run")
	flags.StringVar(&s.environment, "environment", "Dev", "`name` of the environment to run")
	flags.StringVar(&s.functions, "functions", ".local/host", "`folder` of <function>/bootstrap, built for this machine")
	flags.StringVar(&s.dir, "dir", ".local", "`folder` for the lake and the logs")
	flags.IntVar(&s.port, "port", port, "port of the endpoint, 0 for any; also PORT")
	flags.IntVar(&s.s3Port, "s3-port", s3Port, "port of S3, 0 for any; also S3_PORT")
	flags.DurationVar(&s.patience, "patience", 2*time.Second, "longest that Firehose may buffer; 0 is what the template says")
	flags.IntVar(&s.environments, "environments", simulator.DefaultMaxEnvironments, "processes of one function at most; above it Lambda throttles")
	flags.BoolVar(&s.throttle, "throttle", false, "apply the stage's throttle")
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	if flags.NArg() > 0 {
		return settings{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return s, nil
}

func portFrom(lookup func(string) (string, bool), name string, fallback int) (int, error) {
	value, set := lookup(name)
	if !set || value == "" {
		return fallback, nil
	}
	port, err := strconv.Atoi(value)
	if err != nil || port < 0 || port > 65535 {
		return 0, fmt.Errorf("%s=%s is not a port: want 0 to 65535", name, value)
	}
	return port, nil
}

// run runs until ctx ends, then flushes and prints what came of it.
func run(ctx context.Context, args []string, lookup func(string) (string, bool), out io.Writer) error {
	s, err := parse(args, lookup, out)
	if err != nil {
		return err
	}
	options, err := s.options()
	if err != nil {
		return err
	}
	sim, err := simulator.Start(options)
	if err != nil {
		return err
	}
	writeBanner(out, sim, s)
	showStatus(ctx, out, sim.Counters)
	fmt.Fprintln(out, "\nstopping: what is buffered is being written; once more Ctrl-C stops at once")
	patience, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err = sim.Shutdown(patience)
	fmt.Fprintln(out, "stopped: "+statusLine(sim.Counters()))
	return err
}

// options opens the ports and reads the templates. Each mistake a person can make
// is one clear line.
func (s settings) options() (simulator.Options, error) {
	options := simulator.Options{
		Bootstraps: map[string]string{}, Dir: s.dir, Patience: s.patience,
		MaxEnvironments: s.environments, Throttle: s.throttle,
	}
	for id, folder := range simulator.Functions {
		path := filepath.Join(s.functions, folder, "bootstrap")
		if _, err := os.Stat(path); err != nil {
			return options, fmt.Errorf("no executable %s: `make local` builds it", path)
		}
		options.Bootstraps[id] = path
	}
	var err error
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

// listen opens a port of this machine only.
func listen(port int, variable string) (net.Listener, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d is taken: choose another one with %s=%d make local", port, variable, port+1)
	}
	if err != nil {
		return nil, fmt.Errorf("opening port %d, which %s chooses: %w", port, variable, err)
	}
	return listener, nil
}
