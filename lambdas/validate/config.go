package validate

import (
	"cmp"
	"fmt"
	"strings"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/runtime/bounds"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate/schema"
)

// maxResponse is how many bytes Lambda takes of a synchronous answer.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const maxResponse = 6_000_000

// Rules are the settings of the Validator that an environment chooses. Package environment
// has them as its own, with their comments and defaults.
type Rules struct {
	// Members that may name an event's type, such as "type" or "event". Dots lead further in,
	// as in "meta.type". The first that holds a string counts.
	TypeFrom []string

	// Whether "format" in a schema rejects values. If not, it only describes them.
	Formats bool

	// Whether legal JSON that stops readers of the lake is a reject: half of a surrogate pair,
	// a number beyond a double, an integer beyond 64 bits.
	Portable bool

	// Whether an event is rejected because its type has no schema.
	Strict bool

	// Public write keys that an event may have. One with another key is rejected, one without
	// a key is not. Empty: any.
	WriteKeys []string
}

// Config is the settings of the validate function. Infra writes them to its variables,
// and the function reads them back.
type Config struct {
	Rules

	Environment      string        // name of the environment, the dimension of its metrics; required
	RejectsStream    string        // name of the stream that takes the rejects; required
	Bucket           string        // the lake, for what fits no answer and no reject; required
	MaxInflatedBytes int           // most bytes that one body may inflate to; default 4 MiB
	MaxResponseBytes int           // most bytes of one answer to Firehose; default 5,900,000
	Put              bounds.Config // bounds of each put
}

// Default returns the Config with every default set. Environment, RejectsStream and
// Bucket have none.
//
// MaxResponseBytes leaves 100,000 bytes of Lambda's limit for what Lambda may add
// around an answer. Lines that do not fit are stored in the lake.
func Default() Config {
	return Config{
		Rules:            Rules{TypeFrom: []string{event.DefaultTypeFrom}, Formats: true, Portable: true},
		MaxInflatedBytes: record.MaxInflated,
		MaxResponseBytes: 5_900_000,
		Put:              bounds.Patient(),
	}
}

// ConfigFrom reads a Config from environment variables.
func ConfigFrom(lookup func(string) (string, bool)) (Config, error) {
	return setting.From(Default(), lookup)
}

// Options returns how schemas are understood.
func (c Config) Options() schema.Options {
	return schema.Options{Formats: c.Formats, TypeFrom: c.TypeFrom}
}

// Variables returns c as environment variables.
func (c Config) Variables() map[string]string { return c.Settings().Variables() }

// Validate names the first setting that is not allowed.
func (c Config) Validate() error {
	return cmp.Or(
		c.Settings().Required("ENVIRONMENT", "REJECTS_STREAM", "LAKE_BUCKET"),
		between("MAX_INFLATED_BYTES", c.MaxInflatedBytes, 1, 64<<20),
		between("MAX_RESPONSE_BYTES", c.MaxResponseBytes, 1_000, maxResponse-1),
		setting.Named("TYPE_FROM", event.CheckTypeFrom(c.TypeFrom)),
		setting.Named("WRITE_KEYS", CheckWriteKeys(c.WriteKeys)),
		setting.Named("PUT:", c.Put.Validate()),
	)
}

// maxWriteKeys is the room for them in the 4,096 bytes that the variables of a function
// may take: some 30 keys.
const maxWriteKeys = 1_024

// CheckWriteKeys names the first key that cannot be one.
func CheckWriteKeys(keys []string) error {
	for _, key := range keys {
		if key == "" || strings.Contains(key, ",") {
			return fmt.Errorf("has %q, must have keys without commas", key)
		}
	}
	if n := len(strings.Join(keys, ",")); n > maxWriteKeys {
		return fmt.Errorf("takes %d bytes, must take at most %d", n, maxWriteKeys)
	}
	return nil
}

func between(name string, value, least, most int) error {
	if value < least || value > most {
		return fmt.Errorf("%s is %d, must be %d to %d", name, value, least, most)
	}
	return nil
}

// Settings names the variable of each field.
func (c *Config) Settings() setting.Set {
	s := setting.Set{
		"ENVIRONMENT":        setting.Text(&c.Environment),
		"REJECTS_STREAM":     setting.Text(&c.RejectsStream),
		"LAKE_BUCKET":        setting.Text(&c.Bucket),
		"MAX_INFLATED_BYTES": setting.Int(&c.MaxInflatedBytes),
		"MAX_RESPONSE_BYTES": setting.Int(&c.MaxResponseBytes),
		"TYPE_FROM":          setting.List(&c.TypeFrom),
		"FORMATS":            setting.Bool(&c.Formats),
		"STRICT":             setting.Bool(&c.Strict),
		"WRITE_KEYS":         setting.List(&c.WriteKeys),
		"PORTABLE":           setting.Bool(&c.Portable),
	}
	c.Put.Bind(s, "PUT")
	return s
}
