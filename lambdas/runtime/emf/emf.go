// Package emf writes CloudWatch Embedded Metric Format lines: a metric that
// travels in a log line costs no API call. Format:
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package emf

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"
)

// Namespace is the CloudWatch namespace of every metric of this product.
const Namespace = "GlobalIngest"

// Line is one metric line: counts that share a set of dimensions.
type Line struct {
	Time       time.Time
	Dimensions map[string]string // few: each combination is a metric of its own
	Counts     map[string]int    // metric name to value, unit Count
}

// Write writes l to w as one line, in one call to Write.
func (l Line) Write(w io.Writer) error {
	type metric struct{ Name, Unit string }
	var names []string
	var metrics []metric
	line := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(l.Dimensions)) {
		names = append(names, name)
		line[name] = l.Dimensions[name]
	}
	for _, name := range slices.Sorted(maps.Keys(l.Counts)) {
		metrics = append(metrics, metric{name, "Count"})
		line[name] = l.Counts[name]
	}
	line["_aws"] = map[string]any{
		"Timestamp": l.Time.UnixMilli(),
		"CloudWatchMetrics": []any{map[string]any{
			"Namespace":  Namespace,
			"Dimensions": [][]string{names},
			"Metrics":    metrics,
		}},
	}
	text, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("encoding metric line: %w", err)
	}
	if _, err := w.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("writing metric line: %w", err)
	}
	return nil
}
