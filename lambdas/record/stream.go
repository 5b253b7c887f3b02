package record

import "hash/fnv"

// StreamOf returns which of n streams takes the records of a request: every attempt,
// part and replay of it goes to the same one.
func StreamOf(id string, n int) int {
	if n == 1 {
		return 0
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(id)) // never fails
	return int(hash.Sum32() % uint32(n))
}
