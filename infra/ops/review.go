package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"global-ingest/infra/cost"
	"global-ingest/infra/environment"
	"global-ingest/infra/stateful"
)

// goldens is the folder of the golden templates.
const goldens = "test/synth/testdata"

// compared is what a review compares.
type compared struct {
	base  *revision
	head  string // folder of the goldens after the change
	allow bool
}

func (f *flags) compared() *compared {
	o := &compared{base: f.revision("goldens", goldens)}
	f.StringVar(&o.head, "head", goldens, "`folder` of the goldens after the change")
	f.BoolVar(&o.allow, "allow", false, "report losses, but do not fail")
	return o
}

// lost is what the change deletes or replaces that holds events, by the file of its template.
// before is the folder of the goldens before the change.
func (o *compared) lost(ctx context.Context) (lost map[string][]stateful.Loss, before string, err error) {
	if before, err = o.base.folder(ctx); err != nil {
		return nil, "", err
	}
	lost, err = stateful.CompareAll(os.DirFS(before), os.DirFS(o.head))
	return lost, before, err
}

// check prints what would be lost, and fails if that is anything.
func check(ctx context.Context, t terminal, f *flags) error {
	o := f.compared()
	if err := f.parse(); err != nil {
		return err
	}
	lost, _, err := o.lost(ctx)
	if err != nil {
		return err
	}
	fmt.Fprint(t.out, verdict(lost))
	n := 0
	for _, found := range lost {
		n += len(found)
	}
	if n > 0 && !o.allow {
		return fmt.Errorf("stop: %d resources that hold events, or that are the address clients know, would be lost", n)
	}
	return nil
}

// showing is how the diff of an environment is shown: a command in which {} is its name.
type showing struct {
	diff   string
	golden string // without AWS
	role   string // ARN of the role that diff runs with
}

// comment writes the comment for a pull request: first what would be lost, then each environment's
// diff.
func comment(ctx context.Context, t terminal, f *flags) error {
	o, s := f.compared(), showing{}
	only := f.String("only", "", "`name` of the one environment to show; default all")
	f.StringVar(&s.diff, "diff", "make -s diff ENV={}", "`command` that shows the diff of the environment {}")
	f.StringVar(&s.golden, "golden", "make -s diff ENV={} GOLDEN=1",
		"`command` that compares {} with its goldens, where role is another account's")
	f.StringVar(&s.role, "role", "", "`ARN` of the role of diff; default: a role that may read every environment")
	if err := f.parse(); err != nil {
		return err
	}
	environments := environment.All()
	if *only != "" {
		env, err := named(*only)
		if err != nil {
			return err
		}
		environments = []environment.Environment{env}
	}
	lost, before, err := o.lost(ctx)
	if err != nil {
		return err
	}
	var diffs []change
	for _, env := range environments {
		shown, err := show(ctx, s.command(env), env.Name)
		if err != nil {
			return err
		}
		shown.cost = costs(before, o.head, env.Name)
		diffs = append(diffs, shown)
	}
	fmt.Fprint(t.out, markdown(lost, o.allow, diffs))
	return nil
}

// command returns what shows the changes of a deploy of env: compared with what is deployed, or
// with the goldens where the role is of another account and may not look.
func (s showing) command(env environment.Environment) string {
	if s.role == "" || env.Account == "" || strings.Contains(s.role, "::"+env.Account+":") {
		return s.diff
	}
	return s.golden
}

// show runs command for an environment.
func show(ctx context.Context, command, env string) (change, error) {
	words := strings.Fields(strings.ReplaceAll(command, "{}", env))
	if len(words) == 0 {
		return change{}, fmt.Errorf("diff of %s: there is no command: add -diff 'make -s diff ENV={}'", env)
	}
	// With CI=true the CLI writes the diff to stdout and not to stderr.
	text, err := output(ctx, nil, []string{"CI=true", "NO_COLOR=1"}, words[0], words[1:]...)
	if err != nil {
		return change{}, fmt.Errorf("diff of %s: %w", env, err)
	}
	return change{environment: env, text: tidy(string(text))}, nil
}

// costs says what a month of an environment costs before and after a change, by the goldens;
// nothing if they do not say.
func costs(base, head, env string) string {
	after, load := month(head, env)
	before, _ := month(base, env)
	switch {
	case after == "":
		return ""
	case before == "" || before == after:
		return fmt.Sprintf("%s a month (%s)", after, load)
	}
	return fmt.Sprintf("<b>%s a month, before %s</b> (%s)", after, before, load)
}

// month reads the sum and its load.
func month(folder, env string) (sum, load string) {
	text, err := os.ReadFile(filepath.Join(folder, strings.ToLower(env), "cost.txt"))
	if err != nil {
		return "", "" // a revision without cost.txt, or a new environment
	}
	title, rest, _ := strings.Cut(string(text), "\n")
	_, load, _ = strings.Cut(title, ": ")
	for line := range strings.Lines(rest) {
		if amount, found := strings.CutPrefix(line, cost.Sum); found {
			sum = strings.Fields(amount)[0]
		}
	}
	return sum, load
}
