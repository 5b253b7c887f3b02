// Package start starts a function, with its logger.
package start

import (
	"io"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"global-ingest/lambdas/runtime/setting"
)

// Function answers Lambda with the handler that wire returns, for as long as the sandbox
// lives. wire gets defaults with what the function's variables set. When a setting or wire
// fails, Function logs why and ends the process.
func Function[C setting.Config, H lambda.Handler](
	name string, defaults C, wire func(config C, log *slog.Logger) (H, error),
) {
	log := Logger(os.Stdout, os.Getenv("AWS_LAMBDA_LOG_LEVEL"))
	config, err := setting.From(defaults, os.LookupEnv)
	var handler H
	if err == nil {
		handler, err = wire(config, log)
	}
	if err != nil {
		log.Error(name+" cannot start", "cause", err.Error())
		os.Exit(1)
	}
	lambda.Start(handler)
}

// Logger returns a logger of JSON lines with the keys that Lambda's advanced logging
// filters by, timestamp and level. It writes to w. level is the text of
// AWS_LAMBDA_LOG_LEVEL, which Lambda sets to the function's application log level. When
// it is empty or unknown, the level is Info.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
func Logger(w io.Writer, level string) *slog.Logger {
	minimum := slog.LevelInfo
	_ = minimum.UnmarshalText([]byte(level)) // an unknown level changes nothing
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{
		Level: minimum,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				a.Key = "timestamp"
			}
			return a
		},
	}))
}
