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

func main() { start.Function("validate", newHandler) }

func newHandler(log *slog.Logger) (*validate.Handler, error) {
	config, err := validate.ConfigFrom(os.LookupEnv)
	if err != nil {
		return nil, err
	}
	set, err := schema.LoadFrom(os.Getenv(schema.Folder), config.Options())
	if err != nil {
		return nil, err
	}
	rejects := batch.New(config.RejectsStream, config.Put)
	objects := lake.New(config.Bucket, config.Put)
	return validate.New(config, set, rejects, objects, os.Stdout, log), nil
}
