// Command review tells a reviewer what a change of the templates would do. `check`
// stops a change that takes away what holds events; `comment` writes what a pull
// request is told; `post` tells it, in one comment that is updated in place.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"global-ingest/infra/environment"
	"global-ingest/infra/stateful"
)

// Exit codes: what a caller needs to know apart.
const (
	broken  = 1 // nothing is known
	stopped = 2 // something that holds events would be lost
)

func main() {
	err := run(os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	var lost loss
	switch {
	case errors.As(err, &lost):
		fmt.Fprintln(os.Stderr, "review:", err)
		os.Exit(stopped)
	case err != nil:
		fmt.Fprintln(os.Stderr, "review:", err)
		os.Exit(broken)
	}
}

// options are what the commands have in common.
type options struct {
	base, head string // folders of goldens
	allow      bool
	only       string // environment
	diff       string
	comment    string
}

func run(args []string, getenv func(string) string, out, usage io.Writer) error {
	if len(args) == 0 {
		return errors.New("which: check, comment or post?")
	}
	o, err := parse(args, usage)
	if err != nil {
		return err
	}
	switch args[0] {
	case "check":
		return check(o, out)
	case "comment":
		return comment(o, out)
	case "post":
		return post(o.comment, getenv, out)
	}
	return fmt.Errorf("%q is none of check, comment and post", args[0])
}

func parse(args []string, usage io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("review "+args[0], flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&o.base, "base", ".local/base", "`folder` of the goldens before the change")
	flags.StringVar(&o.head, "head", "test/synth/testdata", "`folder` of the goldens after it")
	flags.BoolVar(&o.allow, "allow", false, "report losses, and do not stop for them")
	flags.StringVar(&o.only, "only", "", "`name` of the one environment to show; default every one")
	flags.StringVar(&o.diff, "diff", "make -s diff ENV={}", "`command` that shows the diff of the environment {}")
	flags.StringVar(&o.comment, "comment", ".local/review.md", "`file` to post")
	if err := flags.Parse(args[1:]); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	return o, nil
}

// loss is the error of a change that takes away what holds events.
type loss struct{ resources int }

func (l loss) Error() string {
	return fmt.Sprintf("stop: of what holds events, or is the address that clients know, %d would be lost", l.resources)
}

// check prints what would be lost, and fails if that is anything.
func check(o options, out io.Writer) error {
	lost, err := stateful.CompareAll(os.DirFS(o.base), os.DirFS(o.head))
	if err != nil {
		return err
	}
	fmt.Fprint(out, verdict(lost))
	if n := count(lost); n > 0 && !o.allow {
		return loss{n}
	}
	return nil
}

// comment writes the comment: first what would be lost, then each environment's diff.
func comment(o options, out io.Writer) error {
	lost, err := stateful.CompareAll(os.DirFS(o.base), os.DirFS(o.head))
	if err != nil {
		return err
	}
	var diffs []diff
	for _, env := range environment.All() {
		if o.only != "" && o.only != env.Name {
			continue
		}
		shown, err := show(o.diff, env.Name)
		if err != nil {
			return err
		}
		shown.cost = costs(o.base, o.head, env.Name)
		diffs = append(diffs, shown)
	}
	if len(diffs) == 0 {
		return fmt.Errorf("there is no environment %s", o.only)
	}
	_, err = io.WriteString(out, markdown(lost, o.allow, diffs))
	return err
}
