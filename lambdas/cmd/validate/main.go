// Command validate is the bootstrap of the validate function.
package main

import (
	"log/slog"
	"os"

	"global-ingest/lambdas/aws/firehose/batch"
	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/runtime/start"
	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schema"
)

func main() { start.Function("validate", validate.Default(), newHandler) }

func newHandler(config validate.Config, log *slog.Logger) (*validate.Handler, error) {
	set, err := schema.LoadFrom(os.Getenv(schema.Folder), config.Options())
	if err != nil {
		return nil, err
	}
	rejects := batch.New(config.RejectsStream, config.Put)
	objects := lake.New(config.Bucket, config.Put)
	return validate.New(config, set, rejects, objects, os.Stdout, log), nil
}
