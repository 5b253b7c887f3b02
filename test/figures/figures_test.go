package figures

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"global-ingest/lambdas/ingest"
)

func TestAReportPrintsMedianAndSpread(t *testing.T) {
	var r Report
	r.Add("starts", "ours", "p50", "ms", 3)
	r.Add("starts", "theirs", "p50", "ms", 20.25)
	r.Add("starts", "nothing", "p50", "ms")
	r.Add("starts", "ours", "p50", "ms", 1, 2)
	r.Note("starts", "Of %d runs.", 3)
	var out bytes.Buffer
	r.Markdown(&out)
	if want := "\n### starts\n\n|  | p50, ms |\n|---|--:|\n| ours | 2 (1 to 3) |\n| theirs | 20.2 |\n\nOf 3 runs.\n"; out.String() != want {
		t.Errorf("got %s\nwant %s", &out, want)
	}
	path := filepath.Join(t.TempDir(), "new", "results.json")
	if err := r.Save(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var saved []Figure
	want := Figure{Table: "starts", Subject: "ours", Metric: "p50", Value: 2, Unit: "ms", Low: 1, High: 3}
	if err := json.Unmarshal(text, &saved); err != nil || len(saved) != 2 || !reflect.DeepEqual(saved[0], want) {
		t.Errorf("saved %+v, error %v", saved, err)
	}
}

// TestEverySubjectHasItsTurnInEachRound: in the first round in the order of the table's rows.
func TestEverySubjectHasItsTurnInEachRound(t *testing.T) {
	subjects, turns := []string{"a", "b", "c", "d"}, []string(nil)
	err := Turns(3, subjects, func(s string) error {
		if turns = append(turns, s); len(turns) == 12 {
			return io.EOF
		}
		return nil
	})
	if !errors.Is(err, io.EOF) || len(turns) != 12 || !slices.Equal(turns[:4], subjects) {
		t.Fatalf("turns are %q, error %v", turns, err)
	}
	for round := range slices.Chunk(turns, len(subjects)) {
		if slices.Sort(round); !slices.Equal(round, subjects) {
			t.Errorf("a round has %q", round)
		}
	}
}

func TestADrawingEscapesItsTexts(t *testing.T) {
	d := NewDrawing(10, 20, `font-size="12"`, "white")
	d.Text(1.25, 2, "", "a < b")
	d.Legend(0, 0, "Keys", []Key{{"red", "c & d"}})
	for _, want := range []string{`<text x="1.3" y="2">a &lt; b</text>`, `<tspan fill="red">■</tspan> c &amp; d</text>`, "</svg>\n"} {
		if !strings.Contains(string(d.Bytes()), want) {
			t.Errorf("%s is missing in\n%s", want, d.Bytes())
		}
	}
}

// TestWhatIsSavedNeedsNoFolder: the folder of the results is not in a fresh clone.
func TestWhatIsSavedNeedsNoFolder(t *testing.T) {
	for name, save := range map[string]func(string) error{
		"drawing": NewDrawing(10, 20, "", "white").Save,
		"report":  new(Report).Save,
	} {
		path := filepath.Join(t.TempDir(), "new", name)
		if err := save(path); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestAStalePageIsToldAndWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	keep := func(text string, write bool) string {
		if err := KeepPart(path, "sizes", text, write); err != nil {
			return err.Error()
		}
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(page)
	}
	page := func(part string) string {
		return "# Page\n<!-- sizes: make readme -->\n" + part + "<!-- end of sizes -->\nEnd\n"
	}
	if err := os.WriteFile(path, []byte(page("old\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, step := range []struct {
		text  string
		write bool
		want  string
	}{
		{"new\n", false, path + " is stale: `make readme` brings it up to date"},
		{"new\n", true, page("new\n")},
		{"new\n", false, page("new\n")},
	} {
		if got := keep(step.text, step.write); got != step.want {
			t.Errorf("step %d: %q, want %q", i, got, step.want)
		}
	}
	if err := KeepPart(path, "weights", "", true); err == nil || !strings.Contains(err.Error(), "no place for weights") {
		t.Errorf("a page without the markers: %v", err)
	}
}

// TestWhatIsMeasuredCanRun: the settings are valid, and each event has its own body.
func TestWhatIsMeasuredCanRun(t *testing.T) {
	for _, mode := range []ingest.Acknowledgement{ingest.Durable, ingest.Immediate} {
		if err := Ingest(mode).Validate(); err != nil {
			t.Error(err)
		}
	}
	event, err := NewProxyEvents(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{"a", "b"} {
		var sent struct {
			Body            []byte
			IsBase64Encoded bool
		}
		if err := json.Unmarshal(event([]byte(body)), &sent); err != nil || string(sent.Body) != body ||
			!sent.IsBase64Encoded {
			t.Errorf("event is %+v, error %v", sent, err)
		}
	}
}
