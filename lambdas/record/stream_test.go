package record

import "testing"

// TestStreamsTakeEqualParts, and an id always goes to the same one.
func TestStreamsTakeEqualParts(t *testing.T) {
	const n, ids = 3, 3_000
	taken := make([]int, n)
	for range ids {
		id := NewID()
		first := StreamOf(id, n)
		if again := StreamOf(id, n); again != first {
			t.Fatalf("a part goes to stream %d, the request to %d", again, first)
		}
		taken[first]++
	}
	for stream, records := range taken {
		if records < ids/n*8/10 || records > ids/n*12/10 {
			t.Errorf("stream %d has %d of %d records", stream, records, ids)
		}
	}
	if StreamOf("no id", 1) != 0 || StreamOf("", n) >= n {
		t.Error("there is no such stream")
	}
}
