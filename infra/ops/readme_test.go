package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestREADMEIsUpToDate with what is generated into it.
func TestREADMEIsUpToDate(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := generate(text)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != string(text) {
		t.Error("README.md is stale: `make readme` brings it up to date")
	}
}

// TestEverySettingIsExplained, or its row is empty.
func TestEverySettingIsExplained(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	table, err := settingsTable()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(table) {
		if strings.HasSuffix(line, "|  |\n") || strings.Count(line, "|") != 4 {
			t.Errorf("row is %q", line)
		}
	}
	for _, want := range []string{"| `Ingest.MemoryMiB` | `512` | MiB, 128 to 10,240", "| `Delivery.BufferFor` | `1m0s` |", "| `Strict` | `false` |"} {
		if !strings.Contains(table, want) {
			t.Errorf("%s is missing in\n%s", want, table)
		}
	}
}
