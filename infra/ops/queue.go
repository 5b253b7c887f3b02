package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"global-ingest/lambdas/deployed"
	"global-ingest/lambdas/lake"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
)

// place is where an environment keeps what is replayed, and who hears of it.
type place struct{ bucket, queueURL string }

// account is the operator's way into an environment.
type account struct {
	lake     *lake.Bucket
	sqs      *sqs.Client
	queueURL string
}

// open takes the operator's credentials and region as every AWS tool does, and
// finds what o does not name in the outputs of the Storage stack.
func open(ctx context.Context, o options) (*account, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading AWS settings: %w", err)
	}
	at := o.place
	if at.bucket == "" || at.queueURL == "" {
		if at, err = outputs(ctx, cfg, o.environment+"-Storage"); err != nil {
			return nil, err
		}
	}
	client := s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = cfg.BaseEndpoint != nil || o.BaseEndpoint != nil // a local endpoint has no name per bucket
	})
	return &account{lake: lake.From(client, at.bucket), sqs: sqs.NewFromConfig(cfg), queueURL: at.queueURL}, nil
}

func outputs(ctx context.Context, cfg aws.Config, stack string) (place, error) {
	all, err := deployed.Outputs(ctx, cfg, stack)
	if err != nil {
		return place{}, err
	}
	found := place{bucket: all["LakeBucket"], queueURL: all["RedriveQueue"]}
	if found.bucket == "" || found.queueURL == "" {
		return place{}, fmt.Errorf("looking for stack %s: it has no outputs LakeBucket and RedriveQueue", stack)
	}
	return found, nil
}

// maxEntries is SQS's limit of one SendMessageBatch.
const maxEntries = 10

// queue sends a message for each object.
func (a *account) queue(ctx context.Context, keys []string, reason record.Reason) error {
	for chunk := range slices.Chunk(keys, maxEntries) {
		var entries []types.SendMessageBatchRequestEntry
		for i, key := range chunk {
			body, err := redrive.Replay{Key: key, Reason: reason}.Body()
			if err != nil {
				return err
			}
			entries = append(entries, types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: &body})
		}
		if err := a.send(ctx, entries); err != nil {
			return err
		}
	}
	return nil
}

func (a *account) send(ctx context.Context, entries []types.SendMessageBatchRequestEntry) error {
	out, err := a.sqs.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &a.queueURL, Entries: entries})
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
