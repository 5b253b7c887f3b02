package fault

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"global-ingest/lambdas/ingest"
	"global-ingest/test/traffic"
)

// Result is the result of one row, as it is written to results.json. Numbers are events.
type Result struct {
	Row        string  `json:"row"`
	Mode       string  `json:"mode"`
	Sent       int     `json:"sent"`
	Acked      int     `json:"acked"`
	Refused    int     `json:"refused"`
	Unknown    int     `json:"unknown"`
	Lost       int     `json:"lost"`
	Phantom    int     `json:"phantom"`
	Mangled    int     `json:"mangled"` // clashes of ids included
	Duplicates int     `json:"duplicates"`
	Stuck      int     `json:"stuck"` // objects left in spill/ or failed/, and dead letters
	AddedP99   float64 `json:"added_p99_ms"`
}

func resultOf(a traffic.Tally) Result {
	return Result{
		Sent: a.Sent, Acked: a.Acked, Refused: a.Refused, Unknown: a.Unknown,
		Lost: a.Lost, Phantom: a.Phantom, Mangled: a.Mangled + a.Clashes, Duplicates: a.Duplicates,
	}
}

// String is the line of numbers that a run prints.
func (r Result) String() string {
	return fmt.Sprintf("sent %d acked %d refused %d unknown %d | lost %d phantom %d mangled %d duplicates %d stuck %d",
		r.Sent, r.Acked, r.Refused, r.Unknown, r.Lost, r.Phantom, r.Mangled, r.Duplicates, r.Stuck)
}

func markdown(table []Result) string {
	var out strings.Builder
	out.WriteString(
		"| fault | mode | sent | acked | refused | unknown | lost | phantom | mangled | duplicates | stuck | added p99 ms |\n")
	out.WriteString("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range table {
		fmt.Fprintf(&out, "| %s | %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %.1f |\n",
			r.Row, r.Mode, r.Sent, r.Acked, r.Refused, r.Unknown, r.Lost, r.Phantom, r.Mangled,
			r.Duplicates, r.Stuck, r.AddedP99)
	}
	return out.String()
}

// page has the results of `make fault PAGE=1`.
const page = "../../infra/docs/reliability.md"

// pageTables are the results on the page: all of Durable, which loses nothing, and what Immediate loses.
func pageTables(table []Result) string {
	var durable, immediate strings.Builder
	durable.WriteString("| row of `TestNothingAcknowledgedIsLost` | answered 200 | refused | no answer | " +
		"duplicates, ids kept | added p99, ms |\n| --- | --: | --: | --: | --: | --: |\n")
	immediate.WriteString("\nWith `Immediate` only these rows lose events, as the setting allows:\n\n" +
		"| row | answered 200 | lost |\n| --- | --: | --: |\n")
	for _, r := range table {
		switch {
		case r.Mode == string(ingest.Durable):
			fmt.Fprintf(&durable, "| %s | %d | %d | %d | %d | %.0f |\n",
				r.Row, r.Acked, r.Refused, r.Unknown, r.Duplicates, max(0, r.AddedP99))
		case r.Lost > 0:
			fmt.Fprintf(&immediate, "| %s | %d | %d |\n", r.Row, r.Acked, r.Lost)
		}
	}
	return durable.String() + immediate.String()
}

// TestThePageHasEveryRow that there is, and no other, in their order.
func TestThePageHasEveryRow(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for _, row := range rows {
		names["faults"] = append(names["faults"], row.name)
	}
	for _, row := range regionRows {
		names["regions"] = append(names["regions"], row.name)
	}
	for part, want := range names {
		_, table, _ := strings.Cut(string(text), "<!-- "+part+": make fault PAGE=1 -->\n")
		table, _, _ = strings.Cut(table, "|\n\n")
		table, _, _ = strings.Cut(table, "<!-- end of ")
		var got []string
		for line := range strings.Lines(table) {
			got = append(got, strings.TrimSpace(strings.Split(line, "|")[1]))
		}
		if len(got) < 2 || !slices.Equal(got[2:], want) {
			t.Errorf("%s has the rows %q, want %q", part, got, want)
		}
	}
}
