package ingest

import (
	"flag"
	"fmt"
	"time"

	"global-ingest/lambdas/runtime/bounds"
	"global-ingest/lambdas/runtime/setting"
)

// Acknowledgement says when a client hears of its event.
type Acknowledgement string

// The settings of Acknowledgement.
const (
	// Durable stores the record first: a 200 says that it is stored.
	Durable Acknowledgement = "durable"

	// Immediate answers first and stores the record behind the answer, with the same
	// attempts, breaker and spill, before the sandbox takes another event or is frozen.
	// An acknowledged event is lost when the sandbox dies in between, and when neither
	// stream nor spill takes the record, whatever WhenUnstored says. After such a loss the
	// sandbox stores first, as Durable does, until one of them takes a record again.
	Immediate Acknowledgement = "immediate"
)

// Config is what the ingest function can be told. Infra writes it to the
// function's environment, the function reads it back.
type Config struct {
	Environment  string          // the environment's name, the dimension of its metrics; required
	Streams      []string        // names of the streams that take the records, each those of its share of ingest ids; at least one
	ClientIP     ClientIP        // how much of the client's address is stored; default Truncated
	Origins      []string        // whose pages may read answers, with credentials: origins such as "https://example.com", or AnyOrigin for all of them without credentials; default empty: every page, with credentials
	Bucket       string          // the lake, for records that the stream does not take; required
	Acknowledge  Acknowledgement // when a client hears of its event: Durable, once it is stored, or Immediate; default Durable
	WhenUnstored WhenUnstored    // the answer when neither stream nor spill took the record; default Refuse
	AnswerWithin time.Duration   // longest that put and spill may take together; default 2.6s, for a person, a phone or a page being left waits no longer
	Put          bounds.Config   // of the put that the client waits for
	Spill        bounds.Config   // of the spill that the client waits for when the put failed
	Breaker      bounds.Breaker  // when puts are not tried for a while
}

// spillBounds are short, for the client has waited for the put already: at worst
// 2 × 500 ms + 25 ms = 1.025 s, and 2.55 s with the put before it.
func spillBounds() bounds.Config {
	c := bounds.Default()
	c.AttemptTimeout = 500 * time.Millisecond
	c.DialTimeout = 300 * time.Millisecond
	c.TLSTimeout = 400 * time.Millisecond
	return c
}

// Default returns the Config with every default set; Environment, Streams and Bucket have none.
func Default() Config {
	return Config{
		ClientIP:     Truncated,
		Acknowledge:  Durable,
		WhenUnstored: Refuse,
		AnswerWithin: 2600 * time.Millisecond,
		Put:          bounds.Default(),
		Spill:        spillBounds(),
		Breaker:      bounds.DefaultBreaker(),
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
	if err := setting.Required(c.settings(), "ENVIRONMENT", "EVENTS_STREAM", "LAKE_BUCKET"); err != nil {
		return err
	}
	switch {
	case c.Acknowledge != Durable && c.Acknowledge != Immediate:
		return fmt.Errorf("ACKNOWLEDGE is %q, must be %s or %s", c.Acknowledge, Durable, Immediate)
	case c.WhenUnstored != Refuse && c.WhenUnstored != Acknowledge:
		return fmt.Errorf("WHEN_UNSTORED is %q, must be %s or %s", c.WhenUnstored, Refuse, Acknowledge)
	case !c.ClientIP.known():
		return fmt.Errorf("CLIENT_IP is %q, must be %s, %s or %s", c.ClientIP, None, Truncated, Full)
	}
	if err := checkOrigins(c.Origins); err != nil {
		return err
	}
	if err := c.Put.Validate(); err != nil {
		return fmt.Errorf("PUT: %w", err)
	}
	if err := c.Spill.Validate(); err != nil {
		return fmt.Errorf("SPILL: %w", err)
	}
	if worst := c.Put.WorstCase() + c.Spill.WorstCase(); worst > c.AnswerWithin {
		return fmt.Errorf("PUT and SPILL may take %v together, ANSWER_WITHIN is %v", worst, c.AnswerWithin)
	}
	return c.Breaker.Validate()
}

// Oversize are the bounds of spilling a body that fits no record: nobody has tried to
// put it before, and megabytes take longer, so that it may have all of AnswerWithin. By
// default 2 × 1.287 s + 25 ms.
func (c Config) Oversize() bounds.Config {
	all := c.Spill
	all.AttemptTimeout = (c.AnswerWithin - time.Duration(all.Attempts-1)*all.MaxBackoff) / time.Duration(all.Attempts)
	all.AnswerTimeout = all.AttemptTimeout
	return all
}

func (c *Config) settings() *flag.FlagSet {
	fs := setting.New("ingest")
	fs.StringVar(&c.Environment, "ENVIRONMENT", c.Environment, "name of the environment, dimension of its metrics")
	setting.List(fs, &c.Origins, "CORS_ORIGINS", "origins whose pages may read answers, * for all without credentials; empty for all")
	setting.List(fs, &c.Streams, "EVENTS_STREAM", "names of the streams that take the records")
	setting.Text(fs, &c.ClientIP, "CLIENT_IP", "how much of the client's address is stored: none, truncated or full")
	fs.StringVar(&c.Bucket, "LAKE_BUCKET", c.Bucket, "name of the lake's bucket")
	setting.Text(fs, &c.Acknowledge, "ACKNOWLEDGE", "when a client hears of its event: durable or immediate")
	setting.Text(fs, &c.WhenUnstored, "WHEN_UNSTORED", "the answer when nothing took the record: refuse or acknowledge")
	fs.DurationVar(&c.AnswerWithin, "ANSWER_WITHIN", c.AnswerWithin, "longest that put and spill may take together")
	c.Put.Bind(fs, "PUT")
	c.Spill.Bind(fs, "SPILL")
	c.Breaker.Bind(fs)
	return fs
}
