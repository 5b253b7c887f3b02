package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"global-ingest/test/figures"
)

// TestEverySubjectStoresWhatItAnswersFor, or its time says nothing.
func TestEverySubjectStoresWhatItAnswersFor(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	if _, err := os.Stat(figures.SystemBundle); err != nil {
		t.Skipf("no trust store to start from: %v", err)
	}
	var r figures.Report
	s, all, err := newSetup(&r, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, b := range all {
		f := s.function(b, nil, nil)
		before, bytesBefore := s.puts.Load(), s.bytes.Load()
		const n = 3
		_, err := s.block(f, n)
		f.Close()
		want := int64(0)
		if b.puts {
			want = n
		}
		if err != nil || s.puts.Load()-before != want {
			t.Errorf("%s: %d puts, want %d, error %v", b.name, s.puts.Load()-before, want, err)
		}
		if stored := s.bytes.Load() - bytesBefore; stored < want*564 {
			t.Errorf("%s: %d bytes in %d puts of 564", b.name, stored, n)
		}
	}
	t.Log(r.Notes)
}

func TestTablesAndGoals(t *testing.T) {
	var r figures.Report
	r.Add(warmTable(0), empty, "p50", "µs", 110, 100, 90)
	r.Add(warmTable(0), immediate, "p50", "µs", 150)
	r.Add(tableFaults, "503, breaker open", "p99", "µs", 1_000)
	r.Add(tableFaults, object, "p99", "µs", 3_000)
	r.Note(warmTable(0), "How to read it.")
	var out bytes.Buffer
	r.Markdown(&out)
	writeGoals(&out, &r)
	for _, want := range []string{
		"|  | p50, µs |\n|---|--:|\n| " + empty + " | 100 (90 to 110) |\n| " + immediate + " | 150 |\n\nHow to read it.",
		"| Immediate to empty, 0 ms, p50 | at most 1.30 | 1.50 | **missed** |",
		"| breaker open, added to the S3 put, ms | at most 5 | -2 | met |",
		"| Immediate to empty, 5 ms, p50 | at most 1.50 |  | not measured: ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	path := filepath.Join(t.TempDir(), "warm.svg")
	if err := plot(&r, path); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || bytes.Count(text, []byte("<rect")) != 3 {
		t.Errorf("plot is %s, %v", text, err)
	}
}

// TestTheGoalsOfTheValidatorAreMeasured, whatever its benchmarks call their figures.
func TestTheGoalsOfTheValidatorAreMeasured(t *testing.T) {
	t.Chdir(filepath.Join("..", ".."))
	b := &bench{effort: effort{benchmarks: 1}}
	if err := b.validator(); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	writeGoals(&out, &b.report)
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "| Validator") && strings.Contains(line, "not measured") {
			t.Error(line)
		}
	}
	b.report.Markdown(&out)
	for metric, column := range answers {
		if !strings.Contains(out.String(), column[0]) {
			t.Errorf("%s is not in the report", metric)
		}
	}
}
