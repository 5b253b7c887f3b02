// Command chain is the bootstrap of the validation function of the chained wirings,
// which only a comparison deploys.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"global-ingest/lambdas/aws/firehose"
	"global-ingest/lambdas/aws/firehose/batch"
	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/runtime/logging"
	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schema"
	"global-ingest/test/compare/functions"
)

func main() {
	log := logging.New(os.Stdout, os.Getenv("AWS_LAMBDA_LOG_LEVEL"))
	fail := func(err error) {
		if err != nil {
			log.Error("chain cannot start", "cause", err.Error())
			os.Exit(1)
		}
	}
	config, err := validate.ConfigFrom(os.LookupEnv)
	fail(err)
	set, err := schema.Load(config.Options())
	fail(err)
	lines, err := firehose.New(os.Getenv(functions.LinesStream), config.Put)
	fail(err)
	rejects, objects := batch.New(config.RejectsStream, config.Put), lake.New(config.Bucket, config.Put)
	lambda.Start(functions.Chain{Validator: validate.New(config, set, rejects, objects, os.Stdout, log), Lines: lines})
}
