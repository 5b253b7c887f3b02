package stateful

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// CompareAll compares the stacks of two folders of goldens, <stage>/<stack>.json and
// <stage>/<region>/<stack>.json, and returns what is lost by file.
func CompareAll(base, head fs.FS) (map[string][]Loss, error) {
	var files []string
	for _, pattern := range []string{"*/*.json", "*/*/*.json"} {
		found, err := fs.Glob(base, pattern)
		if err != nil {
			return nil, fmt.Errorf("looking for templates: %w", err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, errors.New("looking for templates: there are none to compare with")
	}
	slices.Sort(files)
	lost := map[string][]Loss{}
	for _, file := range files {
		before, err := read(base, file)
		if err != nil {
			return nil, err
		}
		after, err := read(head, file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if found := Compare(before, after); len(found) > 0 {
			lost[file] = found
		}
	}
	return lost, nil
}

func read(from fs.FS, file string) (Template, error) {
	var t Template
	data, err := fs.ReadFile(from, file)
	if err != nil {
		return t, fmt.Errorf("reading a template: %w", err)
	}
	if err := json.Unmarshal(data, &t); err != nil {
		return t, fmt.Errorf("reading %s: %w", file, err)
	}
	return t, nil
}
