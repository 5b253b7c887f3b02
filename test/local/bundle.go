package main

import (
	"archive/zip"
	_ "embed" // for the bundle
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// bundle is what the program needs to run: functions/<name> and templates/, zipped.
// `make local-binary` puts one in the place of this file, which is empty: then the program
// runs what `make local` has built.
//
//go:embed bundle.zip
var bundle string

// packed says whether the program brings what it needs.
func packed() bool { return bundle != "" }

// unpack writes the bundle below dir, in a folder of its own. The folder is this process's
// for as long as it holds dir's lock, so that it may delete what an earlier process left
// there when it was killed.
func (s *settings) unpack() (remove func() error, err error) {
	if !packed() {
		return func() error { return nil }, nil
	}
	if s.regions != "" {
		return nil, fmt.Errorf("REGIONS is %q, must be empty: this program holds its templates, `make local` makes others",
			s.regions)
	}
	folder := filepath.Join(s.dir, "unpacked")
	remove = func() error { return os.RemoveAll(folder) }
	archive, err := zip.NewReader(strings.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		return remove, fmt.Errorf("reading what the program holds: %w", err)
	}
	if err := errors.Join(remove(), os.CopyFS(folder, archive)); err != nil {
		return remove, errors.Join(fmt.Errorf("unpacking into %s: %w", folder, err), remove())
	}
	s.functions, s.assembly = filepath.Join(folder, "functions"), filepath.Join(folder, "templates")
	return remove, nil
}

// held lists the environments that the bundle has templates of, for the help of a flag.
func held() string {
	archive, err := zip.NewReader(strings.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		return "" // nothing is packed
	}
	paths, _ := fs.Glob(archive, "templates/assembly-*/manifest.json") // fails only for another pattern
	var names []string
	for _, path := range paths {
		names = append(names, strings.TrimPrefix(filepath.Base(filepath.Dir(path)), "assembly-"))
	}
	return ": " + strings.Join(names, ", ")
}
