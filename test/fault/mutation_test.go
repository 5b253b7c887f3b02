package fault

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"global-ingest/test/simulator"
)

// mutation is a change of the functions' source, for a build that is wrong on purpose.
type mutation struct {
	name     string
	file     string // from the top of the repository
	old, new string // old occurs once in the file
}

// apply returns the path of the file, and what the mutation makes of it.
func (m mutation) apply() (path, source string, err error) {
	if path, err = filepath.Abs(filepath.Join("..", "..", m.file)); err != nil {
		return "", "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	if n := strings.Count(string(text), m.old); n != 1 {
		return "", "", fmt.Errorf("mutating %s: the text to replace occurs %d times, want once: %s", m.file, n, m.old)
	}
	return path, strings.Replace(string(text), m.old, m.new, 1), nil
}

// build builds the functions with the mutation below dir. The source stays unchanged.
func (m mutation) build(dir string) (map[string]string, error) {
	path, source, err := m.apply()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	mutated := filepath.Join(dir, "mutated.go")
	if err := os.WriteFile(mutated, []byte(source), 0o600); err != nil {
		return nil, err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: mutated}})
	if err != nil {
		return nil, err
	}
	list := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		return nil, err
	}
	bootstraps, err := simulator.BuildFunctions(dir, "-overlay", list)
	if err != nil {
		return nil, fmt.Errorf("mutating %s: %w", m.file, err)
	}
	return bootstraps, nil
}
