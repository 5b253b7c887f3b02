// Package logging makes the functions' logger: JSON lines with the keys that
// Lambda's advanced logging filters by, timestamp and level.
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
package logging

import (
	"io"
	"log/slog"
)

// New returns a logger that writes to w. level is the text of AWS_LAMBDA_LOG_LEVEL,
// which Lambda sets to the function's application log level. When it is empty or
// unknown, the level is Info.
func New(w io.Writer, level string) *slog.Logger {
	minimum := slog.LevelInfo
	if err := minimum.UnmarshalText([]byte(level)); err != nil {
		minimum = slog.LevelInfo
	}
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
