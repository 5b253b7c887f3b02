package redrive

import (
	"errors"
	"flag"
	"fmt"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
	"global-ingest/lambdas/runtime/setting"
)

// Config is what the redrive function can be told.
type Config struct {
	Environment string   // the environment's name, the dimension of its metrics; required
	Streams     []string // names of the events streams, which take the records again; at least one
	Rejects     string   // name of the rejects stream, for bodies that no record can carry; required
	Bucket      string   // the lake; required
	MaxReplays  int      // how often one event may be replayed; default 3

	MaxInflatedBytes int // of one event that is compressed to fit a record, for the validator to inflate; default record.MaxInflated
	MaxBodyBytes     int // of a compressed body, inflated to be split; default 16 MiB

	Put bounds.Config // bounds of its calls to AWS
}

// Default returns the Config with every default set.
func Default() Config {
	return Config{MaxReplays: 3, MaxInflatedBytes: record.MaxInflated, MaxBodyBytes: 16 << 20, Put: bounds.Patient()}
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
	if err := setting.Required(c.settings(), "ENVIRONMENT", "EVENTS_STREAM", "REJECTS_STREAM", "LAKE_BUCKET"); err != nil {
		return err
	}
	if c.MaxReplays < 1 {
		return fmt.Errorf("MAX_REPLAYS is %d, must be at least 1", c.MaxReplays)
	}
	if c.MaxInflatedBytes < 1 || c.MaxBodyBytes < 1 {
		return errors.New("MAX_INFLATED_BYTES and MAX_BODY_BYTES must be at least 1")
	}
	if err := c.Put.Validate(); err != nil {
		return fmt.Errorf("PUT: %w", err)
	}
	return nil
}

func (c *Config) settings() *flag.FlagSet {
	fs := setting.New("redrive")
	fs.StringVar(&c.Environment, "ENVIRONMENT", c.Environment, "name of the environment, dimension of its metrics")
	setting.List(fs, &c.Streams, "EVENTS_STREAM", "names of the streams that take the records again")
	fs.StringVar(&c.Rejects, "REJECTS_STREAM", c.Rejects, "name of the stream that takes rejects")
	fs.StringVar(&c.Bucket, "LAKE_BUCKET", c.Bucket, "name of the lake's bucket")
	fs.IntVar(&c.MaxReplays, "MAX_REPLAYS", c.MaxReplays, "how often one event may be replayed")
	fs.IntVar(&c.MaxInflatedBytes, "MAX_INFLATED_BYTES", c.MaxInflatedBytes, "bytes that the validator inflates a body to")
	fs.IntVar(&c.MaxBodyBytes, "MAX_BODY_BYTES", c.MaxBodyBytes, "bytes that a body may inflate to, to be split")
	c.Put.Bind(fs, "PUT")
	return fs
}
