package record

import (
	"bytes"
	"hash/fnv"
)

// Shard returns which of n shards a record belongs to, by its ingest id: the same for
// every attempt, part and replay of a request, whoever asks.
func Shard(record []byte, n int) int {
	if n == 1 {
		return 0
	}
	id := record // of what is no record of ours, all of it
	if _, rest, found := bytes.Cut(record, []byte(`"id":"`)); found {
		id, _, _ = bytes.Cut(rest, []byte(`"`))
	}
	hash := fnv.New32a()
	_, _ = hash.Write(id) // never fails
	return int(hash.Sum32() % uint32(n))
}
