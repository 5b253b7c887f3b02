package redrive

import (
	"cmp"
	"fmt"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
	"global-ingest/lambdas/runtime/setting"
)

// Config is the settings of the redrive function.
type Config struct {
	Environment string   // name of the environment, the dimension of its metrics; required
	Streams     []string // names of the events streams, which take the records again; at least one
	Rejects     string   // name of the rejects stream, for bodies that no record can carry; required
	Bucket      string   // the lake; required
	MaxReplays  int      // how often one event may be replayed; default 3

	MaxInflatedBytes int // of one event that is compressed to fit a record; default record.MaxInflated
	MaxBodyBytes     int // of a compressed body, inflated to be split; default 16 MiB

	Put bounds.Config // bounds of its calls to AWS
}

// Default returns the Config with every default set.
func Default() Config {
	return Config{MaxReplays: 3, MaxInflatedBytes: record.MaxInflated, MaxBodyBytes: 16 << 20, Put: bounds.Patient()}
}

// ConfigFrom reads a Config from environment variables.
func ConfigFrom(lookup func(string) (string, bool)) (Config, error) {
	return setting.From(Default(), lookup)
}

// Variables returns c as environment variables.
func (c Config) Variables() map[string]string { return c.Settings().Variables() }

// Validate names the first setting that is not allowed.
func (c Config) Validate() error {
	if c.MaxReplays < 1 || c.MaxInflatedBytes < 1 || c.MaxBodyBytes < 1 {
		return fmt.Errorf("MAX_REPLAYS is %d, MAX_INFLATED_BYTES is %d, MAX_BODY_BYTES is %d, must be at least 1",
			c.MaxReplays, c.MaxInflatedBytes, c.MaxBodyBytes)
	}
	return cmp.Or(
		c.Settings().Required("ENVIRONMENT", "EVENTS_STREAM", "REJECTS_STREAM", "LAKE_BUCKET"),
		setting.Named("PUT:", c.Put.Validate()),
	)
}

// Settings names the variable of each field.
func (c *Config) Settings() setting.Set {
	s := setting.Set{
		"ENVIRONMENT":        setting.Text(&c.Environment),
		"EVENTS_STREAM":      setting.List(&c.Streams),
		"REJECTS_STREAM":     setting.Text(&c.Rejects),
		"LAKE_BUCKET":        setting.Text(&c.Bucket),
		"MAX_REPLAYS":        setting.Int(&c.MaxReplays),
		"MAX_INFLATED_BYTES": setting.Int(&c.MaxInflatedBytes),
		"MAX_BODY_BYTES":     setting.Int(&c.MaxBodyBytes),
	}
	c.Put.Bind(s, "PUT")
	return s
}
