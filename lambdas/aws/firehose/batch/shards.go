package batch

import (
	"context"
	"errors"
	"slices"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
)

// Shards puts each record on the stream that its ingest id belongs to.
type Shards []*Stream

// NewShards returns the streams of these names, at least one, within c's bounds.
func NewShards(names []string, c bounds.Config) Shards {
	shards := make(Shards, len(names))
	for i, name := range names {
		shards[i] = New(name, c)
	}
	return shards
}

// PutBatch is Stream's, for the records of every stream.
func (s Shards) PutBatch(ctx context.Context, records [][]byte) (refused []int, err error) {
	indexes := make([][]int, len(s)) // of each stream's records
	for i, r := range records {
		shard := record.Shard(r, len(s))
		indexes[shard] = append(indexes[shard], i)
	}
	for shard, of := range indexes {
		if len(of) == 0 {
			continue
		}
		own := make([][]byte, len(of))
		for n, i := range of {
			own[n] = records[i]
		}
		again, failed := s[shard].PutBatch(ctx, own)
		for _, n := range again {
			refused = append(refused, of[n])
		}
		err = errors.Join(err, failed)
	}
	slices.Sort(refused)
	return refused, err
}
