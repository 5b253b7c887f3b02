package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/validate/schema"
	"global-ingest/test/simulator"
)

// settings are what a person may choose.
type settings struct {
	assembly               string
	environment            string
	functions              string
	dir                    string
	schemas                string
	port, s3Port, pagePort int
	regions                string
	city                   string
	speed                  int
	patience               time.Duration
	sandboxes              int
	throttle               bool
}

// flags sets the defaults, and returns what changes them.
func (s *settings) flags() *flag.FlagSet {
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
		reads(&s.patience, notNegative, "want 0 or a time such as 2s"))
	number(&s.sandboxes, "sandboxes", simulator.DefaultMaxSandboxes, 1, 1000,
		"most `processes` of one function; above it requests wait")
	flags.StringVar(&s.regions, "regions", "",
		"further `regions` that the templates were made with, such as eu-central-1,ap-southeast-1")
	flags.StringVar(&s.city, "city", "",
		"`city` where clients are: packets then take their time; only with several regions")
	number(&s.speed, "speed", 10, 1, 100, "how many `times` faster health checks and DNS are than on AWS")
	flags.BoolFunc("throttle", "apply the stage's throttle", reads(&s.throttle, strconv.ParseBool, "want 1 or 0"))
	return flags
}

// reads parses a value of a flag.
func reads[V any](value *V, parse func(string) (V, error), want string) func(string) error {
	return func(text string) (err error) {
		if *value, err = parse(text); err != nil {
			return errors.New(want)
		}
		return nil
	}
}

// within reads a whole number of this range.
func within(value *int, least, most int) func(string) error {
	want := fmt.Sprintf("want %d to %d", least, most)
	return reads(value, func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if n < least || n > most {
			err = strconv.ErrRange
		}
		return n, err
	}, want)
}

func notNegative(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if d < 0 {
		err = strconv.ErrRange
	}
	return d, err
}

// parse reads the variables, and then the arguments.
func parse(args []string, out io.Writer) (s settings, err error) {
	flags := s.flags()
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

// fixed are the flags that no environment variable sets.
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

// eventTypes compiles the schemas, so that a mistake in one stops the start and not each
// batch, and returns the variables by which the Validator finds them.
func (s settings) eventTypes() (variables map[string]string, err error) {
	options := schema.Options{Formats: true, TypeFrom: []string{event.DefaultTypeFrom}}
	if s.schemas == "" {
		_, err := schema.Load(options)
		return nil, err
	}
	set, err := schema.LoadFrom(s.schemas, options)
	if err == nil && len(set.Types()) == 0 {
		err = errors.New("holds no event type: one is a file <type>.json")
	}
	if err != nil {
		return nil, fmt.Errorf("schemas %s: %w", s.schemas, err)
	}
	folder, err := filepath.Abs(s.schemas) // a function runs in a folder of its own
	return map[string]string{schema.Folder: folder}, err
}
