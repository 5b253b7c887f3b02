package synth

import (
	"fmt"
	"strings"
	"testing"
)

// around is how many equal lines are shown on each side of a change.
const around = 3

// diff shows what changed from a to b, a change a line, as `git diff` does.
func diff(a, b []string) string {
	var out strings.Builder
	edits := edits(a, b)
	shown := -1
	for i, edit := range edits {
		if !nearChange(edits, i) {
			continue
		}
		if i != shown+1 {
			fmt.Fprintf(&out, "@@ line %d @@\n", edit.line)
		}
		shown = i
		fmt.Fprintf(&out, "%c %s\n", edit.kind, edit.text)
	}
	return out.String()
}

// edit is a line of a diff: kept (' '), only in a ('-') or only in b ('+').
type edit struct {
	kind byte
	text string
	line int // in b, from 1
}

// edits returns the way from a to b that keeps the most lines.
func edits(a, b []string) []edit {
	kept := commonLines(a, b)
	var out []edit
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, edit{' ', b[j], j + 1})
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && kept[i+1][j] >= kept[i][j+1]:
			out = append(out, edit{'-', a[i], j + 1})
			i++
		default:
			out = append(out, edit{'+', b[j], j + 1})
			j++
		}
	}
	return out
}

// commonLines returns how many lines a[i:] and b[j:] can keep in common, for all i and j.
func commonLines(a, b []string) [][]int {
	kept := make([][]int, len(a)+1)
	for i := range kept {
		kept[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				kept[i][j] = kept[i+1][j+1] + 1
			} else {
				kept[i][j] = max(kept[i+1][j], kept[i][j+1])
			}
		}
	}
	return kept
}

func nearChange(edits []edit, i int) bool {
	for _, edit := range edits[max(0, i-around):min(len(edits), i+around+1)] {
		if edit.kind != ' ' {
			return true
		}
	}
	return false
}

func TestDiff(t *testing.T) {
	a := strings.Fields("0 1 2 3 4 5 6 7 8 9")
	b := strings.Fields("0 1 2 3 4 five 6 7 8 9 10")
	const want = "@@ line 3 @@\n  2\n  3\n  4\n- 5\n+ five\n  6\n  7\n  8\n  9\n+ 10\n"
	if got := diff(a, b); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := diff(a, a); got != "" {
		t.Errorf("no change gives\n%s", got)
	}
}
