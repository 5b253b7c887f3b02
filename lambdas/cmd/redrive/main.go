// Command redrive is the bootstrap of the redrive function.
package main

import (
	"log/slog"
	"os"

	"global-ingest/lambdas/aws/firehose/batch"
	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/redrive"
	"global-ingest/lambdas/runtime/start"
)

func main() { start.Function("redrive", redrive.Default(), newHandler) }

func newHandler(config redrive.Config, log *slog.Logger) (*redrive.Handler, error) {
	var events []redrive.Stream
	for _, name := range config.Streams {
		events = append(events, batch.New(name, config.Put))
	}
	rejects := batch.New(config.Rejects, config.Put)
	return redrive.New(config, events, rejects, lake.New(config.Bucket, config.Put), os.Stdout, log), nil
}
