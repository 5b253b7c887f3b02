package simulator

import (
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// expression is one part of a prefix that Firehose evaluates.
// https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
var expression = regexp.MustCompile(`!\{([^:}]*):([^}]*)\}`)

const errorOutputType = "error-output-type"

// javaTime translates the patterns of Java's DateTimeFormatter that the simulator knows.
var javaTime = map[string]string{
	"yyyy": "2006", "yy": "06", "MM": "01", "dd": "02", "HH": "15", "mm": "04", "ss": "05",
	"yyyy-MM-dd": "2006-01-02", "yyyy/MM/dd": "2006/01/02", "yyyy/MM/dd/HH": "2006/01/02/15", "yyyyMMdd": "20060102",
}

// checkPrefixes refuses prefixes that Firehose refuses, and expressions that the simulator
// does not know.
func checkPrefixes(prefix, errorPrefix, backupPrefix string) error {
	for _, p := range []string{prefix, errorPrefix, backupPrefix} {
		if strings.Contains(expression.ReplaceAllString(p, ""), "!{") {
			return fmt.Errorf("prefix %q: an expression is !{namespace:value}", p)
		}
		for _, part := range expression.FindAllStringSubmatch(p, -1) {
			if err := checkExpression(part[1], part[2]); err != nil {
				return fmt.Errorf("prefix %q: %w", p, err)
			}
		}
	}
	hasType := func(p string) bool { return strings.Contains(p, "!{firehose:"+errorOutputType+"}") }
	switch {
	case hasType(prefix) || hasType(backupPrefix):
		return fmt.Errorf("prefix %q: %s belongs into the error prefix only", prefix, errorOutputType)
	case expression.MatchString(prefix) && errorPrefix == "":
		return fmt.Errorf("prefix %q: a prefix with expressions needs an error prefix", prefix)
	case expression.MatchString(errorPrefix) && !hasType(errorPrefix):
		return fmt.Errorf("error prefix %q: with expressions it must contain %s", errorPrefix, errorOutputType)
	}
	return nil
}

func checkExpression(namespace, name string) error {
	switch {
	case namespace == "firehose" && (name == errorOutputType || name == "random-string"):
		return nil
	case namespace == "timestamp" && javaTime[name] != "":
		return nil
	}
	return fmt.Errorf("expression !{%s:%s} is not supported by the simulator", namespace, name)
}

// evaluate returns the prefix of an object whose oldest record arrived at arrived.
// errorType is empty for an object of valid records.
func evaluate(prefix, errorType string, arrived time.Time) string {
	arrived = arrived.UTC()
	if !expression.MatchString(prefix) {
		return prefix + evaluate("!{timestamp:yyyy/MM/dd/HH}/", "", arrived)
	}
	return expression.ReplaceAllStringFunc(prefix, func(text string) string {
		part := expression.FindStringSubmatch(text)
		switch {
		case part[1] == "timestamp":
			return arrived.Format(javaTime[part[2]])
		case part[2] == errorOutputType:
			return errorType
		}
		return randomString()
	})
}

// randomString returns 11 characters, as many as Firehose's random-string.
func randomString() string { return rand.Text()[:11] }
