package validate

import (
	"flag"
	"fmt"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate/schema"
)

// maxResponse is what Lambda takes of a synchronous answer, in bytes, before the
// settings' own margin. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxResponse = 6_000_000

// Config is what the validate function can be told. Infra writes it to the
// function's environment, the function reads it back.
type Config struct {
	Environment      string        // the environment's name, the dimension of its metrics; required
	RejectsStream    string        // name of the stream that takes the rejects; required
	Bucket           string        // name of the lake's bucket, which takes what fits no answer and no reject; required
	MaxInflatedBytes int           // most bytes that one body may inflate to; default 4 MiB
	MaxResponseBytes int           // most bytes of one answer to Firehose; default 5,900,000
	TypeFrom         []string      // where an event names its type, the first that is there: members, or places such as "meta.type"; default "type"
	Formats          bool          // whether "format" in a schema refuses values; default true
	Strict           bool          // whether an event whose type has no schema is rejected; default false
	Portable         bool          // whether legal JSON on which readers disagree is a reject; default true
	Put              bounds.Config // bounds of each put
}

// Default returns the Config with every default set; Environment, RejectsStream
// and Bucket have none.
//
// MaxResponseBytes leaves 100,000 bytes of Lambda's limit for what Lambda may add
// around an answer. Lines beyond it are stored in the lake.
func Default() Config {
	return Config{
		TypeFrom:         []string{event.DefaultTypeFrom},
		Formats:          true,
		Portable:         true,
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

// Options returns how schemas are understood.
func (c Config) Options() schema.Options {
	return schema.Options{Formats: c.Formats, TypeFrom: c.TypeFrom}
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
	if err := event.CheckTypeFrom(c.TypeFrom); err != nil {
		return fmt.Errorf("TYPE_FROM %w", err)
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
	fs.StringVar(&c.Bucket, "LAKE_BUCKET", c.Bucket, "name of the lake's bucket, for what fits no answer or reject")
	fs.IntVar(&c.MaxInflatedBytes, "MAX_INFLATED_BYTES", c.MaxInflatedBytes, "most bytes that one body may inflate to")
	fs.IntVar(&c.MaxResponseBytes, "MAX_RESPONSE_BYTES", c.MaxResponseBytes, "most bytes of one answer to Firehose")
	setting.List(fs, &c.TypeFrom, "TYPE_FROM", "where an event names its type, the first that is there")
	fs.BoolVar(&c.Formats, "FORMATS", c.Formats, "whether format in a schema refuses values")
	fs.BoolVar(&c.Strict, "STRICT", c.Strict, "whether an event whose type has no schema is rejected")
	fs.BoolVar(&c.Portable, "PORTABLE", c.Portable, "whether legal JSON on which readers disagree is a reject")
	c.Put.Bind(fs, "PUT")
	return fs
}
