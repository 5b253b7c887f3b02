// Command validate is the bootstrap of the validate function.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"global-ingest/lambdas/aws/firehose/batch"
	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/runtime/logging"
	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schema"
)

func main() {
	log := logging.New(os.Stdout, os.Getenv("AWS_LAMBDA_LOG_LEVEL"))
	config, err := validate.ConfigFrom(os.LookupEnv)
	if err != nil {
		log.Error("validate cannot start", "cause", err.Error())
		os.Exit(1)
	}
	set, err := schema.LoadFrom(os.Getenv(schema.Folder), config.Options())
	if err != nil {
		log.Error("validate cannot start", "cause", err.Error())
		os.Exit(1)
	}
	rejects := batch.New(config.RejectsStream, config.Put)
	objects := lake.New(config.Bucket, config.Put)
	lambda.Start(validate.New(config, set, rejects, objects, os.Stdout, log))
}
