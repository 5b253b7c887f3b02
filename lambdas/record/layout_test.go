package record

import (
	"slices"
	"strings"
	"testing"
	"time"
)

var evening = time.Date(2026, 1, 2, 3, 59, 0, 0, time.FixedZone("", 3600)) // 02:59 in UTC

// Once as a folder, once as Firehose's expression.
func TestThePartitionIsSaidTheSameTwice(t *testing.T) {
	const folder = "day=2026-01-02/hour=02/"
	if got := Partition(evening); got != folder {
		t.Errorf("folder is %s, want %s", got, folder)
	}
	evaluated := strings.NewReplacer(
		"!{timestamp:yyyy-MM-dd}", "2026-01-02", "!{timestamp:HH}", "02",
	).Replace(PartitionExpression())
	if evaluated != folder {
		t.Errorf("expression is %s, which is %s", PartitionExpression(), evaluated)
	}
}

func TestFoldersBeginBeforeTheEvent(t *testing.T) {
	const day = "a/day=2026-01-02/"
	want := []string{day + "hour=01/", day + "hour=02/", day + "hour=03/"}
	if got := Folders("a/", evening, evening.Add(2*time.Minute)); !slices.Equal(got, want) {
		t.Errorf("folders are %v, want %v", got, want)
	}
}

// TestNamesOfTheValidatorsObjectsAreSafe whatever an ingest id is.
func TestNamesOfTheValidatorsObjectsAreSafe(t *testing.T) {
	for got, want := range map[string]string{
		OverflowKey("a/..", "00ff", evening): "events/day=2026-01-02/hour=02/a%2F..-00ff.jsonl.gz",
		DeferredKey("a/..", "00ff", evening): "spill/ff/2026-01-02/a%2F..-00ff",
	} {
		if got != want {
			t.Errorf("key is %s, want %s", got, want)
		}
	}
}
