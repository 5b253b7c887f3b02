// Command ingest is the bootstrap of the ingest function.
package main

import (
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"global-ingest/lambdas/firehose"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/lake"
	"global-ingest/lambdas/logging"
)

func main() {
	log := logging.New(os.Stdout, os.Getenv("AWS_LAMBDA_LOG_LEVEL"))
	config, err := ingest.ConfigFrom(os.LookupEnv)
	if err != nil {
		log.Error("ingest cannot start", "cause", err.Error())
		os.Exit(1)
	}
	stream := firehose.NewBreaker(firehose.New(config.Stream, config.Put), config.Breaker, time.Now)
	spill := lake.New(config.Bucket, config.Spill)
	lambda.Start(ingest.New(config, stream, spill, os.Stdout, log))
}
