// Package bounds says how long a call to AWS may take. It needs no SDK, so that infra
// can write a function's settings.
package bounds

import (
	"fmt"
	"time"

	"global-ingest/lambdas/runtime/setting"
)

// Config bounds one call to AWS. The SDK would wait 30 s for a connection and for ever
// for an answer, which is longer than any client waits.
//
// In the worst case a call takes Attempts × AttemptTimeout + (Attempts − 1) ×
// MaxBackoff: 2 × 750 ms + 25 ms = 1.525 s by default.
type Config struct {
	Attempts       int           // of one call, the first included; default 2
	AttemptTimeout time.Duration // of one attempt, from dial to the end of the answer; default 750ms
	DialTimeout    time.Duration // opening the TCP connection; default 500ms
	TLSTimeout     time.Duration // the handshake, slow on a cold CPU; default 700ms
	AnswerTimeout  time.Duration // from the request sent to the answer's first byte; default 500ms
	MaxBackoff     time.Duration // longest pause between attempts; default 25ms
	IdleTimeout    time.Duration // of a connection, below the service's own so that we close first; default 50s
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

// Bind adds c's fields to s as <prefix>_ATTEMPTS, <prefix>_DIAL_TIMEOUT and so on.
func (c *Config) Bind(s setting.Set, prefix string) {
	s[prefix+"_ATTEMPTS"] = setting.Int(&c.Attempts)
	s[prefix+"_ATTEMPT_TIMEOUT"] = setting.Duration(&c.AttemptTimeout)
	s[prefix+"_DIAL_TIMEOUT"] = setting.Duration(&c.DialTimeout)
	s[prefix+"_TLS_TIMEOUT"] = setting.Duration(&c.TLSTimeout)
	s[prefix+"_ANSWER_TIMEOUT"] = setting.Duration(&c.AnswerTimeout)
	s[prefix+"_MAX_BACKOFF"] = setting.Duration(&c.MaxBackoff)
	s[prefix+"_IDLE_TIMEOUT"] = setting.Duration(&c.IdleTimeout)
}

// WorstCase returns the longest that one call may take.
func (c Config) WorstCase() time.Duration {
	return time.Duration(c.Attempts)*c.AttemptTimeout + time.Duration(c.Attempts-1)*c.MaxBackoff
}

// Validate names the first setting that is out of range.
func (c Config) Validate() error {
	if c.Attempts < 1 || c.Attempts > 10 {
		return fmt.Errorf("attempts is %d, must be 1 to 10", c.Attempts)
	}
	for name, d := range map[string]time.Duration{
		"attempt timeout": c.AttemptTimeout,
		"dial timeout":    c.DialTimeout,
		"TLS timeout":     c.TLSTimeout,
		"answer timeout":  c.AnswerTimeout,
		"maximum backoff": c.MaxBackoff,
		"idle timeout":    c.IdleTimeout,
	} {
		if d <= 0 {
			return fmt.Errorf("%s is %v, must be above 0", name, d)
		}
	}
	return nil
}
