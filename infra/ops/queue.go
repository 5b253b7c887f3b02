package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
)

// replayer is where an environment keeps what is replayed, and the queue that Redrive
// works off.
type replayer struct {
	lake     *lake.Bucket
	sqs      *sqs.Client
	queueURL string
}

// maxEntries is SQS's limit of one SendMessageBatch.
const maxEntries = 10

// queue sends a message for each object and returns how many it sent.
func (r *replayer) queue(
	ctx context.Context, keys iter.Seq2[string, error], reason record.Reason,
) (sent int, err error) {
	var entries []types.SendMessageBatchRequestEntry
	for key, err := range keys {
		if err != nil {
			return sent, err
		}
		body, err := redrive.Replay{Key: key, Reason: reason}.Body()
		if err != nil {
			return sent, err
		}
		entries = append(entries, types.SendMessageBatchRequestEntry{
			Id:          aws.String(strconv.Itoa(len(entries))),
			MessageBody: &body,
		})
		if len(entries) < maxEntries {
			continue
		}
		if err := r.send(ctx, entries); err != nil {
			return sent, err
		}
		sent, entries = sent+len(entries), nil
	}
	if len(entries) == 0 {
		return sent, nil
	}
	return sent + len(entries), r.send(ctx, entries)
}

func (r *replayer) send(ctx context.Context, entries []types.SendMessageBatchRequestEntry) error {
	out, err := r.sqs.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &r.queueURL, Entries: entries})
	if err != nil {
		return fmt.Errorf("queueing %d objects: %w", len(entries), err)
	}
	var failed []string
	for _, f := range out.Failed {
		failed = append(failed, aws.ToString(f.Id)+": "+aws.ToString(f.Message))
	}
	if len(failed) > 0 {
		return errors.New("queueing objects: " + strings.Join(failed, ", "))
	}
	return nil
}
