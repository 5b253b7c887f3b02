package canary

import (
	"cmp"
	"fmt"
	"time"

	"global-ingest/lambdas/runtime/bounds"
	"global-ingest/lambdas/runtime/setting"
)

// Config is the settings of the canary function.
type Config struct {
	Environment string        // name of the environment, the dimension of its metrics; required
	URL         string        // where clients POST events; required
	Bucket      string        // the lake; required
	Every       time.Duration // time between two runs; required
	After       time.Duration // age at which an event must be in the lake; required
	AnswerIn    time.Duration // longest wait for an answer; default 30s, as API Gateway gives up after 29s
	Get         bounds.Config // bounds of its calls to S3
}

// Default returns the Config with every default set.
func Default() Config {
	return Config{AnswerIn: 30 * time.Second, Get: bounds.Patient()}
}

// ConfigFrom reads a Config from environment variables.
func ConfigFrom(lookup func(string) (string, bool)) (Config, error) {
	return setting.From(Default(), lookup)
}

// Variables returns c as environment variables.
func (c Config) Variables() map[string]string { return c.Settings().Variables() }

// Validate names the first setting that is not allowed.
func (c Config) Validate() error {
	if c.Every <= 0 || c.After <= 0 || c.AnswerIn <= 0 {
		return fmt.Errorf("EVERY is %v, AFTER is %v, ANSWER_IN is %v, must be above 0", c.Every, c.After, c.AnswerIn)
	}
	return cmp.Or(
		c.Settings().Required("ENVIRONMENT", "ENDPOINT_URL", "LAKE_BUCKET"),
		setting.Named("GET:", c.Get.Validate()),
	)
}

// Back is how long ago the run was whose events must be in the lake now: After, rounded
// up to whole runs.
func (c Config) Back() time.Duration {
	return (c.After + c.Every - 1) / c.Every * c.Every
}

// Settings names the variable of each field.
func (c *Config) Settings() setting.Set {
	s := setting.Set{
		"ENVIRONMENT":  setting.Text(&c.Environment),
		"ENDPOINT_URL": setting.Text(&c.URL),
		"LAKE_BUCKET":  setting.Text(&c.Bucket),
		"EVERY":        setting.Duration(&c.Every),
		"AFTER":        setting.Duration(&c.After),
		"ANSWER_IN":    setting.Duration(&c.AnswerIn),
	}
	c.Get.Bind(s, "GET")
	return s
}
