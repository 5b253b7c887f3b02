package main

import (
	"bytes"
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

// comment writes the comment for a pull request: first what would be lost, then each environment's
// diff.
func comment(ctx context.Context, t terminal, f *flags) error {
	o := f.compared()
	// With CI=true the CLI writes the diff to stdout and not to stderr.
	d := &differ{variables: []string{"CI=true", "NO_COLOR=1"}, base: o.base}
	f.method(&d.method)
	only := f.String("only", "", "`name` of the one environment to show; default all")
	role := f.String("role", "", "`ARN` of the role that reads what is deployed; default: one that may read every environment")
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
		d.golden = !mayRead(*role, env)
		text, err := d.text(ctx, env)
		if err != nil {
			return err
		}
		diffs = append(diffs, change{env.Name, tidy(text), costs(before, o.head, env.Name)})
	}
	fmt.Fprint(t.out, markdown(lost, o.allow, diffs))
	return nil
}

// mayRead says whether a role may read what is deployed of env. One of another account may not.
func mayRead(role string, env environment.Environment) bool {
	return role == "" || env.Account == "" || strings.Contains(role, "::"+env.Account+":")
}

// text is the diff of an environment.
func (d *differ) text(ctx context.Context, env environment.Environment) (string, error) {
	var out, notes bytes.Buffer
	d.terminal = terminal{out: &out, notes: &notes}
	err := d.show(ctx, choice{Environment: env, sites: env.Sites(), front: env.Worldwide()})
	if err != nil {
		return "", fmt.Errorf("diff of %s: %w\n%s%s", env.Name, err, out.Bytes(), notes.Bytes())
	}
	return out.String(), nil
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
