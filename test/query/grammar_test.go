package query

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSQLIsTrino: every view and every question that is deployed meets Trino's grammar,
// and the grammar refuses a typo.
func TestSQLIsTrino(t *testing.T) {
	if _, err := os.Stat(filepath.Join(infra, "node_modules", "dt-sql-parser")); err != nil {
		t.Skip("Trino's grammar is not installed: `make cli` installs it")
	}
	files, err := filepath.Glob("../synth/testdata/query/*.sql")
	if err != nil || len(files) < 10 {
		t.Fatalf("only %d files of SQL, error %v", len(files), err)
	}
	var texts []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	wrong := parse(t, append(texts, strings.Replace(texts[0], "FROM", "FRM", 1)))
	for i, file := range files {
		if wrong[i] != nil {
			t.Errorf("%s: %s", file, *wrong[i])
		}
	}
	if wrong[len(files)] == nil {
		t.Error("the grammar takes a typo")
	}
}

// parse returns what Trino's grammar finds wrong with each text.
func parse(t *testing.T, texts []string) (wrong []*string) {
	t.Helper()
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("grammar.mjs")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", script)
	var notes bytes.Buffer
	command.Dir, command.Stdin, command.Stderr = infra, bytes.NewReader(input), &notes
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, notes.String())
	}
	if err := json.Unmarshal(out, &wrong); err != nil {
		t.Fatal(err)
	}
	return wrong
}
