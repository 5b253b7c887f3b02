package main

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	role := f.String("role", "", "`ARN` of the role that reads what is deployed; default: one that may read "+
		"every environment")
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

// marker is by what the comment is found again.
const marker = "<!-- global-ingest: what a deploy changes -->"

// maxComment is below GitHub's limit of a comment's body, 65,536 characters. It counts bytes,
// which are never fewer, and leaves room for the text around the diffs.
const maxComment = 60_000

// allowLabel is the label of a pull request that may delete or replace what holds events.
const allowLabel = "replaces-data"

// change is what a deploy of one environment changes, as the CDK CLI shows it.
type change struct{ environment, text, cost string }

var (
	colour = regexp.MustCompile("\x1b\\[[0-9;]*m")
	// With CI=true the CLI's warnings are in its output too. The role may not take the
	// bootstrap's lookup role, on purpose, so the CLI reads with the role itself and says so.
	lookup  = regexp.MustCompile(`(?m)^.*(could not be used to assume '|Lookup role .* was not assumed).*\n?`)
	summary = regexp.MustCompile(`(?m)^.*Number of stacks with differences: \d+\n`)
	blank   = regexp.MustCompile(`\n{3,}`)
)

func tidy(text string) string {
	text = lookup.ReplaceAllString(colour.ReplaceAllString(text, ""), "")
	text = summary.ReplaceAllString(text, "")
	return strings.TrimSpace(blank.ReplaceAllString(text, "\n\n"))
}

var stackLine = regexp.MustCompile(`(?m)^Stack `)

// changed says whether the diff has any difference. It shows each stack under its name, and says
// when a stack has none. One that shows no stack is for a person to read.
func (d change) changed() bool {
	stacks := len(stackLine.FindAllString(d.text, -1))
	return stacks == 0 || strings.Count(d.text, "There were no differences") < stacks
}

// verdict says what would be lost, a resource a line.
func verdict(lost map[string][]stateful.Loss) string {
	if len(lost) == 0 {
		return "No resource that holds events, or that is the address clients know, is deleted or replaced.\n"
	}
	var out strings.Builder
	for _, file := range slices.Sorted(maps.Keys(lost)) {
		for _, l := range lost[file] {
			fmt.Fprintf(&out, "%s: %s (%s) %s\n", strings.TrimSuffix(file, ".json"), l.ID, l.Type, l.Says)
		}
	}
	return out.String()
}

func markdown(lost map[string][]stateful.Loss, allowed bool, diffs []change) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n## What a deploy of this changes\n\n", marker)
	if len(lost) == 0 {
		out.WriteString(verdict(lost))
	} else {
		says := "**Stop: this deletes or replaces what holds events.** The label `%s` allows it."
		if allowed {
			says = "**This deletes or replaces what holds events**, and the label `%s` allows it:"
		}
		fmt.Fprintf(&out, says+"\n\n```\n%s```\n", allowLabel, verdict(lost))
	}
	room := (maxComment - out.Len()) / max(1, len(diffs))
	for _, d := range diffs {
		if !d.changed() {
			fmt.Fprintf(&out, "\n**%s**: no change%s\n", d.environment, d.price())
			continue
		}
		fmt.Fprintf(&out, "\n<details><summary><b>%s</b>%s</summary>\n\n````diff\n%s\n````\n\n</details>\n",
			d.environment, d.price(), clip(signs(d.text), room))
	}
	return out.String()
}

// price is what the environment costs, after its name.
func (d change) price() string {
	if d.cost == "" {
		return ""
	}
	return ", " + d.cost
}

// changeLine is a line that the CLI begins with what becomes of a resource.
var changeLine = regexp.MustCompile(`(?m)^( *[│├└─ ]*)\[([-+~])\]`)

// signs puts the CLI's [+], [-] and [~] at the beginning of their lines, where GitHub colours
// them.
func signs(text string) string {
	return changeLine.ReplaceAllStringFunc(text, func(line string) string {
		sign := line[len(line)-2 : len(line)-1]
		return strings.Replace(sign, "~", "!", 1) + " " + line
	})
}

// clip cuts text to at most limit bytes, between lines, and says so.
func clip(text string, limit int) string {
	const more = "\n… the rest is in the job's log"
	if len(text) <= limit {
		return text
	}
	text = strings.ToValidUTF8(text[:max(0, limit-len(more))], "")
	if end := strings.LastIndexByte(text, '\n'); end > 0 {
		text = text[:end]
	}
	return text + more
}
