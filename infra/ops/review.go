package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"global-ingest/infra/environment"
	"global-ingest/infra/stateful"
)

// compared is what a review compares.
type compared struct {
	since      string // git revision
	base, head string // folders of goldens
	allow      bool
	only       string // environment
	diff       string // command
	golden     string // command, without AWS
	role       string // ARN of the role that diff runs with
}

// review tells a reviewer what a change of the templates would do. check fails when a change
// deletes or replaces what holds events. comment writes the text for a pull request. post posts
// it as one comment, which later runs update.
func review(ctx context.Context, args []string, t terminal) error {
	if len(args) == 0 {
		return errors.New("usage: ops review check|comment|post")
	}
	switch args[0] {
	case "check", "comment":
		o, err := reviewFlags(args, t)
		if err != nil {
			return err
		}
		if args[0] == "check" {
			return check(o, t.out)
		}
		return comment(o, t.out)
	case "post":
		flags := newFlags("review post")
		file := flags.String("comment", ".local/review.md", "`file` to post")
		if err := t.parse(flags, args[1:]); err != nil {
			return err
		}
		return post(ctx, *file, t.out)
	}
	return fmt.Errorf("there is no %q: usage: ops review check|comment|post", args[0])
}

func reviewFlags(args []string, t terminal) (compared, error) {
	var o compared
	flags := newFlags("review " + args[0])
	sinceFlags(flags, &o.since, &o.base)
	flags.StringVar(&o.head, "head", goldens, "`folder` of the goldens after the change")
	flags.BoolVar(&o.allow, "allow", false, "report losses, but do not fail")
	flags.StringVar(&o.only, "only", "", "`name` of the one environment to show; default all")
	flags.StringVar(&o.diff, "diff", "make -s diff ENV={}", "`command` that shows the diff of the environment {}")
	flags.StringVar(&o.golden, "golden", "make -s diff ENV={} GOLDEN=1",
		"`command` that compares {} with its goldens, where role is another account's")
	flags.StringVar(&o.role, "role", "", "`ARN` of the role of diff; default: a role that may read every environment")
	if err := t.parse(flags, args[1:]); err != nil {
		return o, err
	}
	folder, err := before(o.since, o.base)
	o.base = folder
	return o, err
}

// loss is the error when a change deletes or replaces what holds events.
type loss struct{ resources int }

func (l loss) Error() string {
	return fmt.Sprintf("stop: %d resources that hold events, or that are the address clients know, would be lost",
		l.resources)
}

// check prints what would be lost, and fails if that is anything.
func check(o compared, out io.Writer) error {
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

// command returns what shows the changes of a deploy of env: compared with what is deployed, or
// with the goldens where the role is of another account and may not look.
func (o compared) command(env environment.Environment) string {
	if o.role == "" || env.Account == "" || strings.Contains(o.role, "::"+env.Account+":") {
		return o.diff
	}
	return o.golden
}

// comment writes the comment: first what would be lost, then each environment's diff.
func comment(o compared, out io.Writer) error {
	lost, err := stateful.CompareAll(os.DirFS(o.base), os.DirFS(o.head))
	if err != nil {
		return err
	}
	var diffs []change
	for _, env := range environment.All() {
		if o.only != "" && o.only != env.Name {
			continue
		}
		shown, err := show(o.command(env), env.Name)
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
