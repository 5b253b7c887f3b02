// Command chain is the bootstrap of the validation function of the chained wirings,
// which only a comparison deploys.
package main

import (
	"log/slog"
	"os"

	"global-ingest/lambdas/aws/firehose"
	"global-ingest/lambdas/aws/firehose/batch"
	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/runtime/start"
	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schema"
	"global-ingest/test/compare/functions"
)

func main() { start.Function("chain", validate.Default(), newHandler) }

func newHandler(config validate.Config, log *slog.Logger) (functions.Chain, error) {
	set, err := schema.Load(config.Options())
	if err != nil {
		return functions.Chain{}, err
	}
	lines, err := firehose.New(os.Getenv(functions.LinesStream), config.Put)
	if err != nil {
		return functions.Chain{}, err
	}
	rejects, objects := batch.New(config.RejectsStream, config.Put), lake.New(config.Bucket, config.Put)
	return functions.Chain{Validator: validate.New(config, set, rejects, objects, os.Stdout, log), Lines: lines}, nil
}
