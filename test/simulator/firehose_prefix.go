package simulator

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// expression is one part of a prefix that Firehose evaluates.
// https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
var expression = regexp.MustCompile(`!\{([^:}]*:[^}]*)\}`)

const errorOutputType = "firehose:error-output-type"

// timestamps are those that the simulator knows, with the layout of each.
var timestamps = map[string]string{"timestamp:yyyy-MM-dd": "2006-01-02", "timestamp:HH": "15"}

// checkPrefixes refuses prefixes that Firehose refuses, and expressions that the simulator
// does not know.
func checkPrefixes(prefix, errorPrefix, backupPrefix string) error {
	for _, p := range []string{prefix, errorPrefix, backupPrefix} {
		if strings.Contains(expression.ReplaceAllString(p, ""), "!{") {
			return fmt.Errorf("prefix %q: an expression is !{namespace:value}", p)
		}
		for _, part := range expression.FindAllStringSubmatch(p, -1) {
			if part[1] != errorOutputType && timestamps[part[1]] == "" {
				return fmt.Errorf("prefix %q: expression %s is not supported by the simulator", p, part[0])
			}
		}
	}
	switch {
	case strings.Contains(prefix+backupPrefix, errorOutputType):
		return fmt.Errorf("prefixes %q and %q: %s is for the error prefix only", prefix, backupPrefix, errorOutputType)
	case expression.MatchString(prefix) && errorPrefix == "":
		return fmt.Errorf("prefix %q: a prefix with expressions needs an error prefix", prefix)
	case expression.MatchString(errorPrefix) && !strings.Contains(errorPrefix, errorOutputType):
		return fmt.Errorf("error prefix %q: with expressions it must contain %s", errorPrefix, errorOutputType)
	}
	return nil
}

// evaluate returns the prefix of an object whose oldest record arrived at arrived.
// errorType is empty for an object of valid records.
func evaluate(prefix, errorType string, arrived time.Time) string {
	arrived = arrived.UTC()
	if !expression.MatchString(prefix) {
		return prefix + arrived.Format("2006/01/02/15/")
	}
	return expression.ReplaceAllStringFunc(prefix, func(text string) string {
		if part := expression.FindStringSubmatch(text)[1]; part != errorOutputType {
			return arrived.Format(timestamps[part])
		}
		return errorType
	})
}
