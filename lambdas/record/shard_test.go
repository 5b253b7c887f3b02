package record

import "testing"

// TestShardsTakeEqualParts, and an id always goes to the same one.
func TestShardsTakeEqualParts(t *testing.T) {
	const n, ids = 3, 3_000
	taken := make([]int, n)
	for range ids {
		h := Header{ID: NewID()}
		first := Shard(Append(nil, h, []byte("one body")), n)
		h.First, h.Replays = 7, 2
		if again := Shard(Append(nil, h, []byte("a part of it")), n); again != first {
			t.Fatalf("a part goes to shard %d, the request to %d", again, first)
		}
		taken[first]++
	}
	for shard, records := range taken {
		if records < ids/n*8/10 || records > ids/n*12/10 {
			t.Errorf("shard %d has %d of %d records", shard, records, ids)
		}
	}
	if Shard([]byte("no record"), 1) != 0 || Shard(nil, n) >= n {
		t.Error("a shard that is none")
	}
}
