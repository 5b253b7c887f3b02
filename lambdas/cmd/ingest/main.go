// Command ingest is the bootstrap of the ingest function.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"global-ingest/lambdas/aws/firehose"
	"global-ingest/lambdas/aws/spill"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/logging"
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

// newHandler wires the handler, and opens the connection that its first put will use.
func newHandler(log *slog.Logger) (*ingest.Handler, error) {
	config, err := ingest.ConfigFrom(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	streams, err := newStreams(config, log)
	if err != nil {
		return nil, err
	}
	aside, err := spill.New(config.Bucket, config.Spill, config.Oversize())
	if err != nil {
		return nil, err
	}
	own := register(&config, log)
	handler := ingest.New(config, streams, aside, os.Stdout, log)
	if own != nil {
		go writeBehind(handler, own, log)
		go finishAtSIGTERM(handler)
	}
	return handler, nil
}

// newStreams returns the events streams, a breaker before each, and opens the
// connection that the first put on the first of them will use.
func newStreams(config ingest.Config, log *slog.Logger) (firehose.Streams, error) {
	var streams firehose.Streams
	for i, name := range config.Streams {
		stream, err := firehose.New(name, config.Put)
		if err != nil {
			return nil, err
		}
		if i == 0 {
			if err := stream.Connect(context.Background()); err != nil {
				log.Warn("the first put will open its own connection", "cause", err.Error())
			}
		}
		streams = append(streams, firehose.NewBreaker(stream, config.Breaker, time.Now))
	}
	return streams, nil
}
