// Command ingest is the bootstrap of the ingest function.
package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"global-ingest/lambdas/aws/firehose"
	"global-ingest/lambdas/aws/spill"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/start"
)

func main() { start.Function("ingest", ingest.Default(), newHandler) }

// newHandler wires the handler, and opens the connection that its first put will use.
func newHandler(config ingest.Config, log *slog.Logger) (*ingest.Handler, error) {
	streams, err := newStreams(config, log)
	if err != nil {
		return nil, err
	}
	aside, err := spill.New(config.Region, config.Bucket, config.Spill, config.Oversize())
	if err != nil {
		return nil, err
	}
	nextDoor, err := newNextDoor(config)
	if err != nil {
		return nil, err
	}
	own := register(&config, log)
	handler := ingest.New(config, streams, aside, nextDoor, os.Stdout, log)
	if own != nil {
		go writeBehind(handler, own, log)
		go finishAtSIGTERM(handler)
	}
	return handler, nil
}

// newNextDoor returns the bucket of the next region, or nil where the settings name no region.
func newNextDoor(config ingest.Config) (ingest.Spill, error) {
	next := config.NextDoor
	if next.Region == "" {
		return nil, nil
	}
	usual, oversize := config.Far()
	return spill.New(next.Region, next.Bucket, usual, oversize)
}

// newStreams returns the events streams, each behind a breaker, and opens the
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
