package firehose

import (
	"context"

	"global-ingest/lambdas/record"
)

// Shards puts each record on the stream that its ingest id belongs to. At least one.
type Shards []Putter

// Put puts one record.
func (s Shards) Put(ctx context.Context, data []byte) error {
	return s[record.Shard(data, len(s))].Put(ctx, data)
}
