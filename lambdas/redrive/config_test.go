package redrive_test

import (
	"testing"

	"global-ingest/lambdas/redrive"
)

func TestConfigNamesTheSettingThatCannotBe(t *testing.T) {
	for want, change := range map[string]func(*redrive.Config){
		"REJECTS_STREAM is not set":                 func(c *redrive.Config) { c.Rejects = "" },
		"MAX_REPLAYS is 0, must be above 0":         func(c *redrive.Config) { c.MaxReplays = 0 },
		"MAX_BODY_BYTES is 0, must be above 0":      func(c *redrive.Config) { c.MaxBodyBytes = 0 },
		"PUT has 11 attempts, must have at most 10": func(c *redrive.Config) { c.Put.Attempts = 11 },
	} {
		c := redrive.Default()
		c.Environment, c.Streams, c.Rejects, c.Bucket = "Test", []string{"events"}, "rejects", "lake"
		change(&c)
		if err := c.Validate(); err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
