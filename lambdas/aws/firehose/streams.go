package firehose

import (
	"context"

	"global-ingest/lambdas/record"
)

// Streams puts each record on the stream that its request belongs to. It holds at
// least one.
type Streams []Putter

// Put puts one record of the request with this ingest id.
func (s Streams) Put(ctx context.Context, id string, data []byte) error {
	return s[record.StreamOf(id, len(s))].Put(ctx, data)
}
