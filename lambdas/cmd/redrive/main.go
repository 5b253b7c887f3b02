// Command redrive is the bootstrap of the redrive function.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"global-ingest/lambdas/aws/firehose/batch"
	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/redrive"
	"global-ingest/lambdas/runtime/logging"
)

func main() {
	log := logging.New(os.Stdout, os.Getenv("AWS_LAMBDA_LOG_LEVEL"))
	config, err := redrive.ConfigFrom(os.LookupEnv)
	if err != nil {
		log.Error("redrive cannot start", "cause", err.Error())
		os.Exit(1)
	}
	var events []redrive.Stream
	for _, name := range config.Streams {
		events = append(events, batch.New(name, config.Put))
	}
	rejects := batch.New(config.Rejects, config.Put)
	lambda.Start(redrive.New(config, events, rejects, lake.New(config.Bucket, config.Put), os.Stdout, log))
}
