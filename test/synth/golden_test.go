package synth

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGoldens fails when a change of the code changes what would be deployed. The
// goldens are the deployed templates, but for account, region and the functions'
// code: the stand-ins in testdata/dist make the hashes of the code constant.
func TestGoldens(t *testing.T) {
	for _, s := range append(everyStack(), ci) {
		t.Run(s.title(), func(t *testing.T) {
			keep(t, filepath.Join("testdata", strings.ToLower(s.title())+".json"), encode(t, s.Template))
		})
	}
}

// TestGoldensAreAllUsed fails when a golden outlives its stack.
func TestGoldensAreAllUsed(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.json")
	abroad, _ := filepath.Glob("testdata/*/*/*.json")
	files = append(files, abroad...)
	if want := len(stacks) + len(variantStacks) + 1; err != nil || len(files) != want {
		t.Errorf("testdata has %d goldens, want %d, one for each stack: %v", len(files), want, files)
	}
}

// encode writes v for people: keys sorted, two spaces, no <.
func encode(t *testing.T, v any) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// keep compares got with the file at path. With -update it writes the file.
func keep(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		write(t, path, got)
		return
	}
	if want, err := os.ReadFile(path); err == nil && bytes.Equal(want, got) {
		return
	}
	command := exec.Command("diff", "-u", path, "-")
	command.Stdin = bytes.NewReader(got)
	changes, err := command.CombinedOutput()
	t.Errorf("%s is not what would be deployed: `make golden` accepts (%v)\n%s", path, err, changes)
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
