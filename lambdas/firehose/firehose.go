// Package firehose is the adapter over Firehose's data plane: it puts records on
// one stream, alone for ingest and in batches for the validator.
package firehose

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"global-ingest/lambdas/bounds"
	"global-ingest/lambdas/sdk"
)

// Stream is one Firehose stream. It is safe for concurrent use and meant to live
// as long as the execution environment, so that its connection is used again.
type Stream struct {
	name string
	api  *firehose.Client
}

// New returns the stream of this name in the function's region, within c's bounds.
func New(name string, c bounds.Config) *Stream {
	return &Stream{
		name: name,
		api: firehose.New(firehose.Options{
			Region:       sdk.Region(),
			BaseEndpoint: sdk.Endpoint("FIREHOSE"),
			Credentials:  sdk.Credentials(),
			HTTPClient:   sdk.HTTPClient(c),
			Retryer:      sdk.Retryer(c),
		}),
	}
}

// Put stores one record of at most record.MaxBytes. When it returns nil, Firehose
// has accepted the record; when it returns an error the record may be stored all
// the same, as when the answer was lost.
func (s *Stream) Put(ctx context.Context, data []byte) error {
	_, err := s.api.PutRecord(ctx, &firehose.PutRecordInput{
		DeliveryStreamName: &s.name,
		Record:             &types.Record{Data: data},
	})
	if err != nil {
		return fmt.Errorf("putting a record of %d bytes on stream %s: %w", len(data), s.name, err)
	}
	return nil
}
