// Package batch puts records on a Firehose stream in batches. It uses the SDK's client,
// because no client waits for a batch.
package batch

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"global-ingest/lambdas/aws/client"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
)

// Stream is one Firehose stream. It is safe for concurrent use and meant to live as
// long as the sandbox, so that its connection is used again.
type Stream struct {
	name string
	api  *firehose.Client
}

// New returns the stream of this name in the function's region, within c's bounds.
func New(name string, c bounds.Config) *Stream {
	return &Stream{name: name, api: firehose.NewFromConfig(client.Config("firehose", c))}
}

// batchRounds is how often a batch is sent, each time without the records that were
// accepted. batchPause comes before the second time and doubles: 100 + 200 + 400 ms,
// enough for a throttled second of Firehose's quota to pass.
const (
	batchRounds = 4
	batchPause  = 100 * time.Millisecond
)

// PutBatch stores records of at most record.MaxBytes each, in as many calls as
// Firehose's limits require. A call that succeeds can still refuse some of its records;
// only those are sent again. It returns the indexes of the records that were not
// accepted in the end, in order, and why.
func (s *Stream) PutBatch(ctx context.Context, records [][]byte) (refused []int, err error) {
	pending := make([]int, len(records))
	for i := range pending {
		pending[i] = i
	}
	for round := range batchRounds {
		if round > 0 && !client.Wait(ctx, batchPause<<(round-1)) {
			break
		}
		if pending, err = s.putAll(ctx, records, pending); len(pending) == 0 {
			return nil, nil
		}
	}
	return pending, fmt.Errorf("putting %d records on stream %s: %d refused: %w",
		len(records), s.name, len(pending), err)
}

// putAll sends the records at these indexes once. It returns the indexes that were not
// accepted, with the last reason.
func (s *Stream) putAll(ctx context.Context, records [][]byte, indexes []int) (refused []int, reason error) {
	for len(indexes) > 0 {
		n := fitting(records, indexes)
		again, err := s.putChunk(ctx, records, indexes[:n])
		reason = cmp.Or(err, reason)
		refused, indexes = append(refused, again...), indexes[n:]
	}
	return refused, reason
}

// fitting returns how many of the records at indexes fit one call, at least one.
func fitting(records [][]byte, indexes []int) int {
	bytes := 0
	for n, i := range indexes {
		bytes += len(records[i])
		if n == record.MaxBatch || n > 0 && bytes > record.MaxBatchBytes {
			return n
		}
	}
	return len(indexes)
}

func (s *Stream) putChunk(ctx context.Context, records [][]byte, indexes []int) (refused []int, reason error) {
	batch := make([]types.Record, len(indexes))
	for n, i := range indexes {
		batch[n].Data = records[i]
	}
	out, err := s.api.PutRecordBatch(ctx, &firehose.PutRecordBatchInput{DeliveryStreamName: &s.name, Records: batch})
	if err != nil {
		return indexes, err
	}
	if len(out.RequestResponses) != len(indexes) {
		return indexes, fmt.Errorf("answer names %d records, sent were %d", len(out.RequestResponses), len(indexes))
	}
	for n, answer := range out.RequestResponses {
		if answer.ErrorCode != nil {
			refused = append(refused, indexes[n])
			reason = fmt.Errorf("%s: %s", *answer.ErrorCode, aws.ToString(answer.ErrorMessage))
		}
	}
	return refused, reason
}
