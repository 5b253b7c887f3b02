// Package emf writes CloudWatch Embedded Metric Format lines: a metric that
// travels in a log line costs no API call. Format:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package emf

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"slices"
	"time"
)

// Namespace is the CloudWatch namespace of every metric of this product.
const Namespace = "GlobalIngest"

// Meter counts what a function does. It is safe for concurrent use if its writer is.
type Meter struct {
	out        io.Writer
	log        *slog.Logger
	dimensions map[string]string // few: each combination is a metric of its own
}

// New returns a Meter of the environment of this name, its metrics' one dimension. It
// writes to out, and tells log when it cannot.
func New(environment string, out io.Writer, log *slog.Logger) Meter {
	return Meter{out, log, map[string]string{"Environment": environment}}
}

// With returns m with one dimension more.
func (m Meter) With(name, value string) Meter {
	m.dimensions = maps.Clone(m.dimensions)
	m.dimensions[name] = value
	return m
}

// Count writes counts by metric name as one line, in one call to Write.
func (m Meter) Count(ctx context.Context, counts map[string]int) {
	text, err := json.Marshal(m.line(time.Now(), counts))
	if err == nil {
		_, err = m.out.Write(append(text, '\n'))
	}
	if err != nil {
		m.log.ErrorContext(ctx, "metrics are not written",
			"metrics", slices.Sorted(maps.Keys(counts)), "cause", err.Error())
	}
}

func (m Meter) line(at time.Time, counts map[string]int) map[string]any {
	type metric struct{ Name, Unit string }
	var metrics []metric
	line := map[string]any{}
	for name, value := range m.dimensions {
		line[name] = value
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		metrics = append(metrics, metric{name, "Count"})
		line[name] = counts[name]
	}
	line["_aws"] = map[string]any{
		"Timestamp": at.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace":  Namespace,
			"Dimensions": [][]string{slices.Sorted(maps.Keys(m.dimensions))},
			"Metrics":    metrics,
		}},
	}
	return line
}
