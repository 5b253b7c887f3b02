package canary

import (
	"flag"
	"fmt"
	"time"

	"global-ingest/lambdas/runtime/bounds"
	"global-ingest/lambdas/runtime/setting"
)

// Config is what the canary function can be told.
type Config struct {
	Environment string        // the environment's name, the dimension of its metrics; required
	URL         string        // where clients POST events; required
	Bucket      string        // the lake; required
	Every       time.Duration // time between two runs; required
	After       time.Duration // age at which an event must be in the lake; required
	AnswerIn    time.Duration // longest wait for the endpoint's answer: API Gateway gives up after 29s; default 30s
	Get         bounds.Config // bounds of its calls to S3
}

// Default returns the Config with every default set.
func Default() Config {
	return Config{AnswerIn: 30 * time.Second, Get: bounds.Patient()}
}

// ConfigFrom reads a Config from environment variables.
func ConfigFrom(lookup func(string) (string, bool)) (Config, error) {
	c := Default()
	if err := setting.Read(c.settings(), lookup); err != nil {
		return Config{}, err
	}
	return c, c.Validate()
}

// Variables returns c as environment variables.
func (c Config) Variables() map[string]string {
	return setting.Write(c.settings())
}

// Validate names the setting that cannot be.
func (c Config) Validate() error {
	if err := setting.Required(c.settings(), "ENVIRONMENT", "ENDPOINT_URL", "LAKE_BUCKET"); err != nil {
		return err
	}
	if c.Every <= 0 || c.After <= 0 || c.AnswerIn <= 0 {
		return fmt.Errorf("EVERY is %v, AFTER is %v, ANSWER_IN is %v, must be above 0", c.Every, c.After, c.AnswerIn)
	}
	if err := c.Get.Validate(); err != nil {
		return fmt.Errorf("GET: %w", err)
	}
	return nil
}

// Back is how long ago the run was whose events must be in the lake now: After, in
// whole runs.
func (c Config) Back() time.Duration {
	return (c.After + c.Every - 1) / c.Every * c.Every
}

func (c *Config) settings() *flag.FlagSet {
	fs := setting.New("canary")
	fs.StringVar(&c.Environment, "ENVIRONMENT", c.Environment, "name of the environment, dimension of its metrics")
	fs.StringVar(&c.URL, "ENDPOINT_URL", c.URL, "where clients POST events")
	fs.StringVar(&c.Bucket, "LAKE_BUCKET", c.Bucket, "name of the lake's bucket")
	fs.DurationVar(&c.Every, "EVERY", c.Every, "time between two runs")
	fs.DurationVar(&c.After, "AFTER", c.After, "age at which an event must be in the lake")
	fs.DurationVar(&c.AnswerIn, "ANSWER_IN", c.AnswerIn, "longest wait for the endpoint's answer")
	c.Get.Bind(fs, "GET")
	return fs
}
