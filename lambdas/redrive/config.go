package redrive

import (
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
	"global-ingest/lambdas/runtime/setting"
)

// Config is the settings of the redrive function. What Default leaves empty is required,
// unless its tag says otherwise.
type Config struct {
	Environment string   `env:"ENVIRONMENT"`    // name of the environment, the dimension of its metrics
	Streams     []string `env:"EVENTS_STREAM"`  // names of the streams that take the records again; at least one
	Rejects     string   `env:"REJECTS_STREAM"` // name of the stream for bodies that no record can carry
	Bucket      string   `env:"LAKE_BUCKET"`    // the lake
	MaxReplays  int      `env:"MAX_REPLAYS"`    // how often one event may be replayed; default 3

	// Most bytes of one event that is compressed to fit a record; default record.MaxInflated.
	MaxInflatedBytes int `env:"MAX_INFLATED_BYTES"`
	// Most bytes of a compressed body, inflated to be split; default 16 MiB.
	MaxBodyBytes int `env:"MAX_BODY_BYTES"`

	Put bounds.Config `env:"PUT"` // of its calls to AWS
}

// Default returns the Config with every default set.
func Default() Config {
	return Config{MaxReplays: 3, MaxInflatedBytes: record.MaxInflated, MaxBodyBytes: 16 << 20, Put: bounds.Patient()}
}

// Validate names the first setting that is not allowed.
func (c Config) Validate() error { return setting.Check(c) }
