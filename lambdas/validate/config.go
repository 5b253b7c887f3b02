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
	TypeFrom []string `env:"TYPE_FROM,empty"`

	// Whether "format" in a schema rejects values. If not, it only describes them.
	Formats bool `env:"FORMATS"`

	// Whether legal JSON that stops readers of the lake is a reject: half of a surrogate pair,
	// a number beyond a double, an integer beyond 64 bits.
	Portable bool `env:"PORTABLE"`

	// Whether an event is rejected because its type has no schema.
	Strict bool `env:"STRICT"`

	// Public write keys that an event may have. One with another key is rejected, one without
	// a key is not. Empty: any.
	WriteKeys []string `env:"WRITE_KEYS,empty"`
}

// Config is the settings of the validate function. What Default leaves empty is required,
// unless its tag says otherwise.
type Config struct {
	Rules

	Environment      string        `env:"ENVIRONMENT"`        // name of the environment, the dimension of its metrics
	RejectsStream    string        `env:"REJECTS_STREAM"`     // name of the stream that takes the rejects
	Bucket           string        `env:"LAKE_BUCKET"`        // the lake, for what fits no answer and no reject
	MaxInflatedBytes int           `env:"MAX_INFLATED_BYTES"` // most bytes that one body may inflate to; default 4 MiB
	MaxResponseBytes int           `env:"MAX_RESPONSE_BYTES"` // most bytes of one answer to Firehose; default 5,900,000
	Put              bounds.Config `env:"PUT"`                // of each put
}

// Default returns the Config with every default set.
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

// Options returns how schemas are understood.
func (c Config) Options() schema.Options {
	return schema.Options{Formats: c.Formats, TypeFrom: c.TypeFrom}
}

// Validate names the first setting that is not allowed.
func (c Config) Validate() error {
	return cmp.Or(
		setting.Check(c),
		between("MAX_INFLATED_BYTES", c.MaxInflatedBytes, 1, 64<<20),
		between("MAX_RESPONSE_BYTES", c.MaxResponseBytes, 1_000, maxResponse-1),
		setting.Named("TYPE_FROM", event.CheckTypeFrom(c.TypeFrom)),
		setting.Named("WRITE_KEYS", CheckWriteKeys(c.WriteKeys)),
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
