package ingest

import (
	"errors"
	"flag"
	"fmt"

	"global-ingest/lambdas/bounds"
	"global-ingest/lambdas/setting"
)

// Config is what the ingest function can be told. Infra writes it to the
// function's environment, the function reads it back.
type Config struct {
	Environment string        // the environment's name, the dimension of its metrics; required
	Stream      string        // name of the stream that takes the records; required
	ClientIP    ClientIP      // how much of the client's address is stored; default Truncated
	Put         bounds.Config // bounds of the put that the client waits for
}

// Default returns the Config with every default set; Environment and Stream have none.
func Default() Config {
	return Config{ClientIP: Truncated, Put: bounds.Default()}
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
	switch {
	case c.Environment == "":
		return errors.New("ENVIRONMENT is not set")
	case c.Stream == "":
		return errors.New("EVENTS_STREAM is not set")
	case !c.ClientIP.known():
		return fmt.Errorf("CLIENT_IP is %q, must be %s, %s or %s", c.ClientIP, None, Truncated, Full)
	}
	if err := c.Put.Validate(); err != nil {
		return fmt.Errorf("PUT: %w", err)
	}
	return nil
}

func (c *Config) settings() *flag.FlagSet {
	fs := setting.New("ingest")
	fs.StringVar(&c.Environment, "ENVIRONMENT", c.Environment, "name of the environment, dimension of its metrics")
	fs.StringVar(&c.Stream, "EVENTS_STREAM", c.Stream, "name of the stream that takes the records")
	fs.Var(&c.ClientIP, "CLIENT_IP", "how much of the client's address is stored: none, truncated or full")
	c.Put.Bind(fs, "PUT")
	return fs
}
