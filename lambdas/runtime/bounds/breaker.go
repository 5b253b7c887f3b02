package bounds

import (
	"flag"
	"fmt"
	"time"
)

// Breaker says when a circuit breaker opens and for how long.
type Breaker struct {
	Failures int           // consecutive failures that open it; default 3
	OpenMin  time.Duration // shortest time open; default 1s
	OpenMax  time.Duration // longest time open; default 3s
}

// DefaultBreaker returns the defaults. The time open is drawn between OpenMin and
// OpenMax, so that the environments that failed together do not probe together.
func DefaultBreaker() Breaker {
	return Breaker{Failures: 3, OpenMin: time.Second, OpenMax: 3 * time.Second}
}

// Bind binds c's fields to fs as BREAKER_FAILURES, BREAKER_OPEN_MIN and BREAKER_OPEN_MAX.
func (c *Breaker) Bind(fs *flag.FlagSet) {
	fs.IntVar(&c.Failures, "BREAKER_FAILURES", c.Failures, "consecutive failures that open the breaker")
	fs.DurationVar(&c.OpenMin, "BREAKER_OPEN_MIN", c.OpenMin, "shortest time open")
	fs.DurationVar(&c.OpenMax, "BREAKER_OPEN_MAX", c.OpenMax, "longest time open")
}

// Validate names the setting that cannot be.
func (c Breaker) Validate() error {
	switch {
	case c.Failures < 1:
		return fmt.Errorf("BREAKER_FAILURES is %d, must be at least 1", c.Failures)
	case c.OpenMin <= 0 || c.OpenMax < c.OpenMin:
		return fmt.Errorf("BREAKER_OPEN_MIN is %v and BREAKER_OPEN_MAX is %v, must be above 0 and in this order", c.OpenMin, c.OpenMax)
	}
	return nil
}
