// Local runs one environment of the product on this machine, from the
// synthesized templates and the real bootstrap binaries, without an AWS account.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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

// settings are what a person may choose.
type settings struct {
	assembly     string
	environment  string
	functions    string
	dir          string
	schemas      string
	port, s3Port int
	pagePort     int
	regions      string
	city         string
	speed        int
	patience     time.Duration
	sandboxes    int
	throttle     bool
}

func parse(args []string, out io.Writer) (s settings, err error) {
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is one line, not the list of all flags
	number := func(value *int, name string, otherwise, least, most int, usage string) {
		*value = otherwise
		flags.Func(name, fmt.Sprintf("%s; default %d", usage, otherwise), within(value, least, most))
	}
	flags.StringVar(&s.assembly, "assembly", "",
		"cloud assembly `folder` to run; default .local/templates/<environment>[,<region>…]")
	flags.StringVar(&s.environment, "environment", "Dev", "`name` of the environment to run"+held())
	flags.StringVar(&s.functions, "functions", ".local/bin", "`folder` of the functions' executables")
	flags.StringVar(&s.dir, "dir", ".local", "`folder` for the lake and the logs")
	flags.StringVar(&s.schemas, "schemas", "", "`folder` of the event types, in place of those that are built in")
	number(&s.port, "port", 8080, 0, maxPort, "`port` of the endpoint, 0 for any")
	number(&s.s3Port, "s3-port", 9000, 0, maxPort, "`port` of S3, 0 for any")
	number(&s.pagePort, "page-port", 8081, 0, maxPort, "`port` of the page that shows every event, 0 for any")
	s.patience = 2 * time.Second
	flags.Func("patience", "longest `time` that Firehose may buffer, 0 for what the template says; default 2s",
		func(text string) (err error) {
			if s.patience, err = time.ParseDuration(text); err != nil || s.patience < 0 {
				return errors.New("want 0 or a time such as 2s")
			}
			return nil
		})
	number(&s.sandboxes, "sandboxes", simulator.DefaultMaxSandboxes, 1, 1000,
		"most `processes` of one function; above it requests wait")
	flags.StringVar(&s.regions, "regions", "",
		"further `regions` that the templates were made with, such as eu-central-1,ap-southeast-1")
	flags.StringVar(&s.city, "city", "",
		"`city` where clients are: packets then take their time; only with several regions")
	number(&s.speed, "speed", 10, 1, 100, "how many `times` faster health checks and DNS are than on AWS")
	flags.BoolFunc("throttle", "apply the stage's throttle", func(text string) (err error) {
		if s.throttle, err = strconv.ParseBool(text); err != nil {
			return errors.New("want 1 or 0")
		}
		return nil
	})
	err = errors.Join(fromVariables(flags), flags.Parse(args))
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.SetOutput(out)
		flags.PrintDefaults()
		fmt.Fprintf(out, "Environment variables set flags too: S3_PORT sets -s3-port. None sets -%s.\n",
			strings.Join(fixed, ", -"))
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	s.regions = strings.ReplaceAll(s.regions, " ", "")
	templates := strings.TrimSuffix(s.environment+","+s.regions, ",") // as test/local/build names them
	s.assembly = cmp.Or(s.assembly, filepath.Join(".local", "templates", templates))
	return s, err
}

// fixed are the flags that no environment variable sets. The others have theirs: S3_PORT sets -s3-port.
var fixed = []string{"assembly", "environment", "functions"}

// fromVariables sets the flags whose variables are not empty.
func fromVariables(flags *flag.FlagSet) (err error) {
	flags.VisitAll(func(f *flag.Flag) {
		name := strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		if value := os.Getenv(name); err == nil && value != "" && !slices.Contains(fixed, f.Name) {
			if wrong := flags.Set(f.Name, value); wrong != nil {
				err = fmt.Errorf("invalid value %q for %s: %w", value, name, wrong)
			}
		}
	})
	return err
}

// within reads a whole number of this range.
func within(number *int, least, most int) func(string) error {
	return func(text string) (err error) {
		if *number, err = strconv.Atoi(text); err != nil || *number < least || *number > most {
			return fmt.Errorf("want %d to %d", least, most)
		}
		return nil
	}
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
