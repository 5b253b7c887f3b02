// Command canary is the bootstrap of the canary function.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/canary"
	"global-ingest/lambdas/runtime/logging"
)

func main() {
	log := logging.New(os.Stdout, os.Getenv("AWS_LAMBDA_LOG_LEVEL"))
	config, err := canary.ConfigFrom(os.LookupEnv)
	if err != nil {
		log.Error("canary cannot start", "cause", err.Error())
		os.Exit(1)
	}
	lambda.Start(canary.New(config, lake.New(config.Bucket, config.Get), os.Stdout, log))
}
