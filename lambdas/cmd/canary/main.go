// Command canary is the bootstrap of the canary function.
package main

import (
	"log/slog"
	"os"

	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/runtime/start"
)

func main() { start.Function("canary", newHandler) }

func newHandler(log *slog.Logger) (*canary.Handler, error) {
	config, err := canary.ConfigFrom(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	return canary.New(config, lake.New(config.Bucket, config.Get), os.Stdout, log), nil
}
