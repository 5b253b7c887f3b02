// Package start begins a function.
package start

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"global-ingest/lambdas/runtime/logging"
)

// Function answers Lambda with the handler that wire returns, for as long as the sandbox
// lives. When wire fails, it logs why and ends the process.
func Function[H lambda.Handler](name string, wire func(log *slog.Logger) (H, error)) {
	log := logging.New(os.Stdout, os.Getenv("AWS_LAMBDA_LOG_LEVEL"))
	handler, err := wire(log)
	if err != nil {
		log.Error(name+" cannot start", "cause", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler)
}
