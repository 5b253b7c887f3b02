package fault

import (
	"fmt"
	"strings"

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
