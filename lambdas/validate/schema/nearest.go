package schema

import (
	"iter"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest returns the one of words that word is a misspelling of, "" when there is
// none. A misspelling differs in one letter of four at most, capitals aside: "propertys"
// is "properties" by two of ten, "note" is not "not".
func nearest(word string, words iter.Seq[string]) (near string) {
	least := 0
	for candidate := range words {
		distance := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(candidate))
		closer := near == "" || distance < least || distance == least && candidate < near
		if distance <= len(candidate)/4 && closer {
			near, least = candidate, distance
		}
	}
	return near
}
