package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schema"
)

// schemaFolder is the folder of the event types.
const schemaFolder = "lambdas/validate/schemas"

// breaksLabel is the label of a pull request that may refuse what clients send.
const breaksLabel = "breaks-clients"

// schemaChanges says what becomes of each event type since a revision, and fails if a
// valid event may no longer be one.
func schemaChanges(ctx context.Context, t terminal, f *flags) error {
	r := f.revision("schemas", schemaFolder)
	allow := f.Bool("allow", false, "report, and do not stop")
	if err := f.parse(); err != nil {
		return err
	}
	base, err := r.folder(ctx)
	if err != nil {
		return err
	}
	options := validate.Default().Options()
	before, err := compiled(base, options)
	if err != nil {
		return fmt.Errorf("the schemas of %s: %w", cmp.Or(r.base, r.since), err)
	}
	now, err := compiled(schemaFolder, options)
	if err != nil {
		return err
	}
	changes, err := now.ChangesSince(before)
	if err != nil {
		return err
	}
	refused, err := refusedExamples(base, now)
	if err != nil {
		return err
	}
	if breaking := writeChanges(t.out, changes, refused); breaking > 0 && !*allow {
		return fmt.Errorf("stop: events that were valid may no longer be, at %d places: a new type leaves old apps alone, "+
			"or the label %s says that it is meant", breaking, breaksLabel)
	}
	return nil
}

func compiled(folder string, o schema.Options) (*schema.Set, error) {
	missing := fmt.Errorf("there are no schemas in %s: run it in the folder of the repository", folder)
	if _, err := os.Stat(folder); err != nil {
		return nil, missing
	}
	set, err := schema.Compile(os.DirFS(folder), o)
	if err == nil && len(set.Types()) == 0 {
		return nil, missing
	}
	return set, err
}

// tables are those of the schemas of the working tree.
func tables() ([]schema.Table, error) {
	set, err := compiled(schemaFolder, validate.Default().Options())
	if err != nil {
		return nil, err
	}
	return set.Tables()
}

// refusedExamples are the valid examples of the base that the schemas now refuse, with the
// first finding.
func refusedExamples(base string, now *schema.Set) (refused []string, err error) {
	examples := filepath.Join(base, "examples")
	paths, err := examplesOf(examples, "valid")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, path := range paths {
		event, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		eventType, err := filepath.Rel(examples, filepath.Dir(filepath.Dir(path)))
		if err != nil {
			return nil, err
		}
		eventType = filepath.ToSlash(eventType)
		if _, found := now.Validate(eventType, event); len(found) > 0 {
			refused = append(refused, fmt.Sprintf("%s/%s: %s %s",
				eventType, filepath.Base(path), found[0].Instance, found[0].Message))
		}
	}
	return refused, err
}

// examplesOf returns the paths of the valid or invalid examples below folder. Types may have
// slashes.
func examplesOf(folder, kind string) (paths []string, err error) {
	err = filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if filepath.Base(filepath.Dir(path)) == kind && filepath.Ext(path) == ".json" {
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}

// writeChanges writes a section for each type, and returns at how many places clients break.
func writeChanges(out io.Writer, changes []schema.Change, refused []string) (breaking int) {
	if len(changes)+len(refused) == 0 {
		return 0
	}
	fmt.Fprint(out, "\n## What becomes of event types\n")
	for _, c := range changes {
		fmt.Fprintf(out, "\n**%s**", c.Type)
		switch {
		case c.Gone:
			fmt.Fprint(out, ": its schema and its view are gone; "+
				"its events are taken as they come, or rejected where `Strict` is set")
			breaking++
		case c.Breaks():
			fmt.Fprint(out, ": **clients break**")
		}
		fmt.Fprint(out, "\n")
		for _, d := range c.Differences {
			fmt.Fprintf(out, "- %s\n", d)
			if d.Clients != schema.Perhaps {
				breaking++
			}
		}
		columns(out, "gained", c.Gained)
		columns(out, "lost", c.Lost)
	}
	for _, example := range refused {
		fmt.Fprintf(out, "- a valid example is refused: %s\n", example)
		breaking++
	}
	return breaking
}

func columns(out io.Writer, what string, names []string) {
	if len(names) > 0 {
		fmt.Fprintf(out, "- columns %s: `%s`\n", what, strings.Join(names, "`, `"))
	}
}
