package schema

import (
	"iter"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest returns the one of words that word misspells, or "". A misspelling differs by
// two letters and by a quarter of them at most, capitals aside: "propertys" is
// "properties", "note" is not "not". With letters in front, as in
// "tsAdditionalProperties", it is a word of its own.
func nearest(word string, words iter.Seq[string]) (near string) {
	least := 0
	for candidate := range words {
		folded, meant := strings.ToLower(word), strings.ToLower(candidate)
		distance := levenshtein.ComputeDistance(folded, meant)
		if distance > min(2, len(meant)/4) || len(folded) > len(meant) && strings.HasSuffix(folded, meant) {
			continue
		}
		if near == "" || distance < least || distance == least && candidate < near {
			near, least = candidate, distance
		}
	}
	return near
}
