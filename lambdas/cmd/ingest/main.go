// Command ingest is the bootstrap of the ingest function.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"global-ingest/lambdas/firehose"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/logging"
	"global-ingest/lambdas/spill"
)

func main() {
	log := logging.New(os.Stdout, os.Getenv("AWS_LAMBDA_LOG_LEVEL"))
	handler, err := newHandler(log)
	if err != nil {
		log.Error("ingest cannot start", "cause", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler)
}

func newHandler(log *slog.Logger) (*ingest.Handler, error) {
	config, err := ingest.ConfigFrom(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	stream, err := firehose.New(config.Stream, config.Put)
	if err != nil {
		return nil, err
	}
	aside, err := spill.New(config.Bucket, config.Spill)
	if err != nil {
		return nil, err
	}
	if err := stream.Connect(context.Background()); err != nil {
		log.Warn("the first put will open its own connection", "cause", err.Error())
	}
	return ingest.New(config, firehose.NewBreaker(stream, config.Breaker, time.Now), aside, os.Stdout, log), nil
}
