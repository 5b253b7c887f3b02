package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/extension"
)

// register makes the process an extension when Ingest answers first. If that fails,
// Ingest stores first, which costs the client time and nothing else.
func register(config *ingest.Config, log *slog.Logger) *extension.Extension {
	if config.Acknowledge != ingest.Immediate {
		return nil
	}
	own, err := extension.Register(context.Background(), os.Getenv("AWS_LAMBDA_RUNTIME_API"), "ingest")
	if err != nil {
		log.Warn("records are stored before the answer, not behind it", "cause", err.Error())
		config.Acknowledge = ingest.Durable
	}
	return own
}

// writeBehind stores records behind their answers for as long as the process lives.
func writeBehind(handler *ingest.Handler, own *extension.Extension, log *slog.Logger) {
	err := handler.WriteBehind(context.Background(), own)
	log.Error("ingest cannot continue", "cause", err.Error())
	os.Exit(1) // Lambda starts another sandbox
}

// finishAtSIGTERM ends the process when Lambda asks it to, half a second before Lambda
// kills it. Lambda asks only processes with an extension.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown
func finishAtSIGTERM(handler *ingest.Handler) {
	terminated := make(chan os.Signal, 1)
	signal.Notify(terminated, syscall.SIGTERM)
	<-terminated
	handler.Finish()
	os.Exit(0)
}
