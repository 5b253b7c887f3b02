// Command canary is the bootstrap of the canary function.
package main

import (
	"log/slog"
	"os"

	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/runtime/start"
)

func main() { start.Function("canary", canary.Default(), newHandler) }

func newHandler(config canary.Config, log *slog.Logger) (*canary.Handler, error) {
	return canary.New(config, lake.New(config.Bucket, config.Get), os.Stdout, log), nil
}
