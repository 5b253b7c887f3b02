package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// revision is what a change is compared with: a folder of the repository as a git revision has it,
// or a folder in its place.
type revision struct{ what, path, since, base string }

// revision adds the flags that name one.
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
	_, err := output(ctx, nil, nil, "git", "--work-tree="+folder, "restore", "--source="+revision, "--worktree", "--", path)
	return err
}
