package ingest

import (
	"cmp"
	"fmt"
	"time"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/runtime/bounds"
	"global-ingest/lambdas/runtime/setting"
)

// Acknowledgement says when a client gets its answer.
type Acknowledgement string

// The values of Acknowledgement.
const (
	// Durable stores the record first: a 200 says that it is stored.
	Durable Acknowledgement = "durable"

	// Immediate answers first and stores the record after the answer, with the same
	// attempts, breaker and spill, before the sandbox takes another event or is frozen.
	// It loses an acknowledged event only if the sandbox dies before the write, or if
	// both Firehose and S3 refuse it, whatever WhenUnstored says. After such a loss the
	// sandbox stores first, as Durable does, until one of them takes a record again.
	Immediate Acknowledgement = "immediate"
)

// Validate says which values there are, when a is another.
func (a Acknowledgement) Validate() error { return setting.OneOf(a, Durable, Immediate) }

// WhenUnstored says what a client hears when neither the stream nor the spill took its
// record.
type WhenUnstored string

// The values of WhenUnstored.
const (
	Refuse      WhenUnstored = "refuse"      // 503 and Retry-After: not acknowledged, so not lost
	Acknowledge WhenUnstored = "acknowledge" // 200: the event is lost, and counted
)

// Validate says which values there are, when w is another.
func (w WhenUnstored) Validate() error { return setting.OneOf(w, Refuse, Acknowledge) }

// Terms are the settings of Ingest that an environment chooses. Package environment has
// them as its own, with their comments and defaults.
type Terms struct {
	// Origins whose pages may read answers, with credentials, such as "https://example.com".
	// A browser sends the text of other pages, but not their JSON. {"*"} allows every page,
	// without credentials. Empty: every page, with credentials.
	Origins []string `env:"CORS_ORIGINS,empty"`

	// Clients whose paths are open beside / and /events, by their names in
	// infra/docs/clients.md. {"none"} opens none. Empty: all.
	Clients []string `env:"CLIENTS,empty"`

	// When a client gets its answer: Durable, after the event is stored, or Immediate,
	// before. Immediate answers as fast as an empty function. It loses an event if the
	// sandbox dies in the milliseconds between answer and write. It loses one event per
	// sandbox if Firehose and S3 both fail; then the sandbox stores first until one of them
	// works again.
	Acknowledge Acknowledgement `env:"ACKNOWLEDGE"`

	// The answer when neither Firehose nor S3 took the record: Refuse, a 503, or
	// Acknowledge, a 200 although the event is lost.
	WhenUnstored WhenUnstored `env:"WHEN_UNSTORED"`

	// How much of a client's address is stored: None, Truncated (/24 of IPv4, /48 of IPv6) or
	// Full.
	ClientIP ClientIP `env:"CLIENT_IP"`
}

// Config is the settings of the ingest function. What Default leaves empty is required,
// unless its tag says otherwise.
type Config struct {
	Terms

	Environment  string         `env:"ENVIRONMENT"`         // name of the environment, the dimension of its metrics
	Streams      []string       `env:"EVENTS_STREAM"`       // names of the events streams; at least one
	Bucket       string         `env:"LAKE_BUCKET"`         // the lake, for what the stream does not take
	Region       string         `env:"AWS_REGION,optional"` // where it runs; Lambda sets it, so infra leaves it empty
	Proxies      int            `env:"PROXIES,optional"`    // entries of X-Forwarded-For that Front adds; default 0
	NextDoor     NextDoor       `env:"NEXT_DOOR"`           // takes what stream and Bucket refuse; default none
	AnswerWithin time.Duration  `env:"ANSWER_WITHIN"`       // longest that put and spill may take together
	Put          bounds.Config  `env:"PUT"`                 // of the put that the client waits for
	Spill        bounds.Config  `env:"SPILL"`               // of the spill, which follows a failed put
	Breaker      bounds.Breaker `env:"BREAKER"`             // when puts pause
}

// NextDoor is the lake of another region of the environment.
type NextDoor struct {
	Bucket string `env:"BUCKET,optional"`
	Region string `env:"REGION,optional"`
}

// AnswerWithin is the longest that a client waits for Ingest while Firehose and S3 hang: a
// phone waits no longer. The endpoint's timeout and the cost of an outage follow from it.
const AnswerWithin = 2600 * time.Millisecond

// nextDoorWithin is what stream and bucket of this region leave of AnswerWithin to the next
// region. A new connection takes three round trips: TCP, TLS 1.3 and the request. The
// longest between two regions that need no opt-in takes 327 ms, São Paulo to Singapore
// (cloudping.co, median of a year), and S3 has what is left of 1.1 s.
const nextDoorWithin = 1100 * time.Millisecond

// Far are the bounds of a spill into another region's bucket, and those of a body that fits
// no record. The deadline of the answer bounds them all together.
func (c Config) Far() (usual, oversize bounds.Config) {
	usual = bounds.Default()
	usual.AttemptTimeout, usual.AnswerTimeout = nextDoorWithin, nextDoorWithin
	oversize = usual
	oversize.AttemptTimeout, oversize.AnswerTimeout = c.AnswerWithin, c.AnswerWithin
	return usual, oversize
}

// spillBounds are short, because the client has waited for the put already: at worst 2
// × 500 ms + 25 ms = 1.025 s, and 2.55 s together with the put.
func spillBounds() bounds.Config {
	c := bounds.Default()
	c.AttemptTimeout = 500 * time.Millisecond
	c.DialTimeout = 300 * time.Millisecond
	c.TLSTimeout = 400 * time.Millisecond
	return c
}

// Default returns the Config with every default set.
func Default() Config {
	return Config{
		Terms:        Terms{Acknowledge: Durable, WhenUnstored: Refuse, ClientIP: Truncated},
		AnswerWithin: AnswerWithin,
		Put:          bounds.Default(),
		Spill:        spillBounds(),
		Breaker:      bounds.DefaultBreaker(),
	}
}

// Validate names the first setting that is not allowed.
func (c Config) Validate() error {
	return cmp.Or(
		setting.Check(c),
		setting.Named("CORS_ORIGINS", CheckOrigins(c.Origins)),
		setting.Named("CLIENTS", clients.Check(c.Clients)),
		c.checkTogether(),
	)
}

// checkTogether checks Proxies, and the settings that depend on one another.
func (c Config) checkTogether() error {
	next, worst := c.NextDoor, c.Put.WorstCase()+c.Spill.WorstCase()
	least := c.Put.AttemptTimeout + c.Spill.AttemptTimeout + nextDoorWithin
	switch {
	case c.Proxies < 0 || c.Proxies > 1:
		return fmt.Errorf("PROXIES is %d, must be 0 or 1", c.Proxies)
	case (next.Bucket == "") != (next.Region == ""):
		return fmt.Errorf("NEXT_DOOR_BUCKET is %q and NEXT_DOOR_REGION is %q, set both or neither",
			next.Bucket, next.Region)
	case next.Region != "" && next.Region == c.Region:
		return fmt.Errorf("NEXT_DOOR_REGION is %q, must not be the function's own region", next.Region)
	case next.Region != "" && c.AnswerWithin < least:
		return fmt.Errorf("ANSWER_WITHIN is %v, must be at least %v with NEXT_DOOR_REGION: "+
			"an attempt of PUT, one of SPILL and %v next door", c.AnswerWithin, least, nextDoorWithin)
	case worst > c.AnswerWithin:
		return fmt.Errorf("PUT and SPILL may take %v together, ANSWER_WITHIN is %v", worst, c.AnswerWithin)
	}
	return nil
}

// Oversize are the bounds of spilling a body that fits no record. There was no put
// before it, and megabytes take longer, so it may use all of AnswerWithin: by default 2
// × 1.287 s + 25 ms.
func (c Config) Oversize() bounds.Config {
	all := c.Spill
	all.AttemptTimeout = (c.AnswerWithin - time.Duration(all.Attempts-1)*all.MaxBackoff) / time.Duration(all.Attempts)
	all.AnswerTimeout = all.AttemptTimeout
	return all
}
