package validate

import (
	"flag"
	"fmt"

	"global-ingest/lambdas/bounds"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/setting"
)

// maxResponse is what Lambda takes of a synchronous answer, in bytes, before the
// settings' own margin. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxResponse = 6_000_000

// Config is what the validate function can be told. Infra writes it to the
// function's environment, the function reads it back.
type Config struct {
	Environment      string        // the environment's name, the dimension of its metrics; required
	RejectsStream    string        // name of the stream that takes the rejects; required
	Bucket           string        // name of the bucket that takes payloads too large for a reject; required
	MaxInflatedBytes int           // most bytes that one body may inflate to; default 4 MiB
	MaxResponseBytes int           // most bytes of one answer to Firehose; default 5,900,000
	Strict           bool          // whether an event whose type has no schema is rejected; default false
	Put              bounds.Config // bounds of each put of rejects
}

// Default returns the Config with every default set; Environment, RejectsStream
// and Bucket have none.
//
// A body of MaxInflatedBytes that is one event still fits the answer: 4 MiB are
// 5,592,408 bytes in base64. MaxResponseBytes leaves 100,000 bytes of Lambda's
// limit for what Lambda may add around an answer.
func Default() Config {
	return Config{
		MaxInflatedBytes: record.MaxInflated,
		MaxResponseBytes: 5_900_000,
		Put:              bounds.Patient(),
	}
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
	if err := setting.Required(c.settings(), "ENVIRONMENT", "REJECTS_STREAM", "LAKE_BUCKET"); err != nil {
		return err
	}
	for _, limit := range []struct {
		name            string
		value, min, max int
	}{
		{"MAX_INFLATED_BYTES", c.MaxInflatedBytes, 1, 64 << 20},
		{"MAX_RESPONSE_BYTES", c.MaxResponseBytes, 1_000, maxResponse - 1},
	} {
		if limit.value < limit.min || limit.value > limit.max {
			return fmt.Errorf("%s is %d, must be %d to %d", limit.name, limit.value, limit.min, limit.max)
		}
	}
	if err := c.Put.Validate(); err != nil {
		return fmt.Errorf("PUT: %w", err)
	}
	return nil
}

func (c *Config) settings() *flag.FlagSet {
	fs := setting.New("validate")
	fs.StringVar(&c.Environment, "ENVIRONMENT", c.Environment, "name of the environment, dimension of its metrics")
	fs.StringVar(&c.RejectsStream, "REJECTS_STREAM", c.RejectsStream, "name of the stream that takes the rejects")
	fs.StringVar(&c.Bucket, "LAKE_BUCKET", c.Bucket, "name of the bucket that takes payloads too large for a reject")
	fs.IntVar(&c.MaxInflatedBytes, "MAX_INFLATED_BYTES", c.MaxInflatedBytes, "most bytes that one body may inflate to")
	fs.IntVar(&c.MaxResponseBytes, "MAX_RESPONSE_BYTES", c.MaxResponseBytes, "most bytes of one answer to Firehose")
	fs.BoolVar(&c.Strict, "STRICT", c.Strict, "whether an event whose type has no schema is rejected")
	c.Put.Bind(fs, "PUT")
	return fs
}
