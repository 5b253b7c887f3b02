package canary

import (
	"time"

	"global-ingest/lambdas/runtime/bounds"
	"global-ingest/lambdas/runtime/setting"
)

// Config is the settings of the canary function. What Default leaves empty is required,
// unless its tag says otherwise.
type Config struct {
	Environment string        `env:"ENVIRONMENT"`  // name of the environment, the dimension of its metrics
	URL         string        `env:"ENDPOINT_URL"` // where clients POST events
	Bucket      string        `env:"LAKE_BUCKET"`  // the lake
	Every       time.Duration `env:"EVERY"`        // time between two runs
	After       time.Duration `env:"AFTER"`        // age at which an event must be in the lake
	AnswerIn    time.Duration `env:"ANSWER_IN"`    // longest wait for an answer; default 30s, API Gateway's is 29s
	Get         bounds.Config `env:"GET"`          // of its calls to S3
}

// Default returns the Config with every default set.
func Default() Config {
	return Config{AnswerIn: 30 * time.Second, Get: bounds.Patient()}
}

// Validate names the first setting that is not allowed.
func (c Config) Validate() error { return setting.Check(c) }

// Back is how long ago the run was whose events must be in the lake now: After, rounded
// up to whole runs.
func (c Config) Back() time.Duration {
	return (c.After + c.Every - 1) / c.Every * c.Every
}
