// Package bounds says how long a call to AWS may take. It needs no SDK, so that infra
// can write a function's settings.
package bounds

import (
	"fmt"
	"time"
)

// Config bounds one call to AWS. The SDK would wait 30 s for a connection and for ever
// for an answer, which is longer than any client waits.
//
// In the worst case a call takes Attempts × AttemptTimeout + (Attempts − 1) ×
// MaxBackoff: 2 × 750 ms + 25 ms = 1.525 s by default.
type Config struct {
	Attempts       int           `env:"ATTEMPTS"`        // of one call, the first included, at most 10; default 2
	AttemptTimeout time.Duration `env:"ATTEMPT_TIMEOUT"` // one attempt, from dial to the answer's end; default 750ms
	DialTimeout    time.Duration `env:"DIAL_TIMEOUT"`    // opening the TCP connection; default 500ms
	TLSTimeout     time.Duration `env:"TLS_TIMEOUT"`     // the handshake, slow on a cold CPU; default 700ms
	AnswerTimeout  time.Duration `env:"ANSWER_TIMEOUT"`  // from the request's end to the answer's begin; default 500ms
	MaxBackoff     time.Duration `env:"MAX_BACKOFF"`     // longest pause between attempts; default 25ms
	IdleTimeout    time.Duration `env:"IDLE_TIMEOUT"`    // of a connection, shorter than the service's; default 50s
}

// Default returns the bounds of a call that a client waits for.
func Default() Config {
	return Config{
		Attempts:       2,
		AttemptTimeout: 750 * time.Millisecond,
		DialTimeout:    500 * time.Millisecond,
		TLSTimeout:     700 * time.Millisecond,
		AnswerTimeout:  500 * time.Millisecond,
		MaxBackoff:     25 * time.Millisecond,
		IdleTimeout:    50 * time.Second,
	}
}

// Patient returns the bounds of a call that no client waits for, such as a batch of
// some MiB: at worst 3 × 10 s + 2 × 1 s = 32 s.
func Patient() Config {
	return Config{
		Attempts:       3,
		AttemptTimeout: 10 * time.Second,
		DialTimeout:    2 * time.Second,
		TLSTimeout:     3 * time.Second,
		AnswerTimeout:  8 * time.Second,
		MaxBackoff:     time.Second,
		IdleTimeout:    50 * time.Second,
	}
}

// WorstCase returns the longest that one call may take.
func (c Config) WorstCase() time.Duration {
	return time.Duration(c.Attempts)*c.AttemptTimeout + time.Duration(c.Attempts-1)*c.MaxBackoff
}

// Validate says what is wrong with settings that are all above 0.
func (c Config) Validate() error {
	if c.Attempts > 10 {
		return fmt.Errorf("has %d attempts, must have at most 10", c.Attempts)
	}
	return nil
}

// Breaker says when a circuit breaker opens and for how long.
type Breaker struct {
	Failures int           `env:"FAILURES"` // consecutive failures that open it; default 3
	OpenMin  time.Duration `env:"OPEN_MIN"` // shortest time open; default 1s
	OpenMax  time.Duration `env:"OPEN_MAX"` // longest time open; default 3s
}

// DefaultBreaker returns the defaults. The time open is drawn between OpenMin and
// OpenMax, so that sandboxes that failed together do not probe together.
func DefaultBreaker() Breaker {
	return Breaker{Failures: 3, OpenMin: time.Second, OpenMax: 3 * time.Second}
}

// Validate says what is wrong with settings that are all above 0.
func (c Breaker) Validate() error {
	if c.OpenMax < c.OpenMin {
		return fmt.Errorf("opens for at least %v and at most %v, must have them in this order", c.OpenMin, c.OpenMax)
	}
	return nil
}
