package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"global-ingest/infra/environment"
)

// differ shows what a deploy of an environment would change.
type differ struct {
	terminal
	variables []string // of the CDK CLI
	base      *revision
	method    string
	golden    bool   // whether goldens are compared, whatever credentials there are
	before    string // folder of the goldens before the change, once it is synthesized
}

func (f *flags) method(method *string) {
	f.StringVar(method, "method", "auto", "how `cdk diff` compares: auto asks CloudFormation what it would "+
		"replace, template compares texts")
}

// diff shows what a deploy would change: compared with the account or, without AWS credentials,
// with the goldens of a revision. A region that changes as one before it does is one line.
func diff(ctx context.Context, t terminal, f *flags) error {
	c, d := f.where(inDev, "all"), &differ{terminal: t, base: f.revision("goldens", goldens)}
	f.method(&d.method)
	f.BoolVar(&d.golden, "golden", false, "compare with the goldens, whatever credentials there are")
	if err := f.parse(); err != nil {
		return err
	}
	return d.show(ctx, *c)
}

func (d *differ) show(ctx context.Context, c choice) error {
	_, nobody := settings(ctx, "")
	if d.golden || errors.Is(nobody, errNobody) {
		return d.goldens(ctx, c)
	}
	if nobody != nil {
		return nobody
	}
	if !c.Worldwide() {
		return d.exec(ctx, d.variables, cdk, "diff", "--method="+d.method, c.Name+"/*")
	}
	return d.steps(c, func(t terminal, stacks []string) error {
		return t.exec(ctx, d.variables, cdk, append([]string{"diff", "--exclusively", "--method=" + d.method}, stacks...)...)
	})
}

const (
	likeGoldens = ".local/golden.out"   // what is synthesized in the way of the goldens
	noTemplate  = ".local/nothing.json" // an empty template
)

// synthesize synthesizes in the way of the goldens, and finds those before the change.
func (d *differ) synthesize(ctx context.Context) (err error) {
	if d.before, err = d.base.folder(ctx); err != nil {
		return err
	}
	if err := write(noTemplate, []byte("{}\n")); err != nil {
		return err
	}
	return d.exec(ctx, append(d.variables, "CDK_OUTDIR="+likeGoldens), "go", "run", "./infra",
		"-account", "111111111111", "-region", "us-east-1", "-dist", filepath.Join(goldens, "dist"))
}

// goldens compares each stack with its golden. A stack without one is compared with an empty
// template.
func (d *differ) goldens(ctx context.Context, c choice) error {
	if d.before == "" { // a review shows several environments
		if err := d.synthesize(ctx); err != nil {
			return err
		}
	}
	return d.steps(c, func(t terminal, stacks []string) error {
		for _, stack := range stacks {
			golden := filepath.Join(d.before, strings.ToLower(stack)+".json")
			if _, err := os.Stat(golden); errors.Is(err, fs.ErrNotExist) {
				golden = noTemplate
			}
			err := t.exec(ctx, d.variables, cdk, "diff", "--exclusively", "--build", "true", "--app", likeGoldens,
				"--template", golden, stack)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// steps shows the stacks of each step by show, unless an earlier region's change is the same.
func (d *differ) steps(c choice, show func(t terminal, stacks []string) error) error {
	if !c.Worldwide() {
		return show(d.terminal, stacksOf(c.sites[0]))
	}
	shown := map[string]string{} // region, by what it changes
	for _, site := range c.sites {
		var out, notes bytes.Buffer
		err := show(terminal{d.in, &out, &notes}, stacksOf(site))
		same := c.regionless(out.String()+notes.String(), site)
		if first, found := shown[same]; err == nil && found {
			fmt.Fprintf(d.out, "\n%s changes as %s does\n", site.Region, first)
			continue
		}
		shown[same] = site.Region
		fmt.Fprintf(d.out, "\n%s\n\n%s", site.Region, out.Bytes())
		fmt.Fprintf(d.notes, "%s", notes.Bytes())
		if err != nil {
			return err
		}
	}
	if !c.front {
		return nil
	}
	fmt.Fprintf(d.out, "\n%s\n\n", environment.FrontStack)
	return show(d.terminal, []string{frontPath(c.Environment)})
}

// hashedID is a logical id that ends in a hash of what the resource is made of: API Gateway's
// deployment, the version of a function. What it is made of may hold names of the region.
var hashedID = regexp.MustCompile(`([0-9A-F]{8})[0-9a-f]{32}\b`)

// padding is how wide the CLI draws the tables of permissions: as wide as their longest name.
var padding = regexp.MustCompile(`[ ─]+`)

// regionless is a diff of a site without what names the site, or the one next door.
func (c choice) regionless(text string, site environment.Site) string {
	names := namesOfSite(site, "")
	if site.Failover.NextDoor {
		names = append(names, namesOfSite(c.nextDoor(site), "next door")...)
	}
	// The home region's names are parts of the others'.
	slices.SortFunc(names, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
	for _, name := range names {
		text = strings.ReplaceAll(text, name[0], name[1])
	}
	return padding.ReplaceAllString(hashedID.ReplaceAllString(text, "$1"), " ")
}

// namesOfSite are how a template or a diff names a site, each with its replacement.
func namesOfSite(site environment.Site, by string) (names [][2]string) {
	for _, name := range []string{site.Path() + "/", site.StackName(""), site.Region + "/", site.Region} {
		names = append(names, [2]string{name, by})
	}
	return names
}

// revision is what a change is compared with: a folder of the repository as a git revision has it,
// or a folder in its place.
type revision struct{ what, path, since, base string }

func (f *flags) revision(what, path string) *revision {
	r := &revision{what: what, path: path}
	f.StringVar(&r.since, "since", "main", "git `revision` whose "+what+" are compared")
	f.StringVar(&r.base, "base", "", "`folder` of "+what+" to compare with instead of a revision's")
	return r
}

// folder returns the folder before the change: base, or that of the revision, below .local/base.
func (r *revision) folder(ctx context.Context) (string, error) {
	if r.base != "" {
		_, err := os.Stat(r.base)
		return r.base, err
	}
	if err := checkOut(ctx, r.since, r.path, filepath.Join(".local", "base")); err != nil {
		return "", fmt.Errorf("reading the %s of %s: %w", r.what, r.since, err)
	}
	return filepath.Join(".local", "base", filepath.FromSlash(r.path)), nil
}

// checkOut writes what a revision has below path to a folder, and leaves the working tree and the
// index as they are.
func checkOut(ctx context.Context, revision, path, folder string) error {
	if err := os.RemoveAll(filepath.Join(folder, filepath.FromSlash(path))); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	_, err := output(ctx, nil, nil, "git", "--work-tree="+folder,
		"restore", "--source="+revision, "--worktree", "--", path)
	return err
}
