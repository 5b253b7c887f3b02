package bounds

import (
	"fmt"
	"time"

	"global-ingest/lambdas/runtime/setting"
)

// Breaker says when a circuit breaker opens and for how long.
type Breaker struct {
	Failures int           // consecutive failures that open it; default 3
	OpenMin  time.Duration // shortest time open; default 1s
	OpenMax  time.Duration // longest time open; default 3s
}

// DefaultBreaker returns the defaults. The time open is drawn between OpenMin and
// OpenMax, so that sandboxes that failed together do not probe together.
func DefaultBreaker() Breaker {
	return Breaker{Failures: 3, OpenMin: time.Second, OpenMax: 3 * time.Second}
}

// Bind adds c's fields to s.
func (c *Breaker) Bind(s setting.Set) {
	s["BREAKER_FAILURES"] = setting.Int(&c.Failures)
	s["BREAKER_OPEN_MIN"] = setting.Duration(&c.OpenMin)
	s["BREAKER_OPEN_MAX"] = setting.Duration(&c.OpenMax)
}

// Validate names the first setting that is out of range.
func (c Breaker) Validate() error {
	switch {
	case c.Failures < 1:
		return fmt.Errorf("BREAKER_FAILURES is %d, must be at least 1", c.Failures)
	case c.OpenMin <= 0 || c.OpenMax < c.OpenMin:
		return fmt.Errorf("BREAKER_OPEN_MIN is %v and BREAKER_OPEN_MAX is %v, must be above 0 and in this order",
			c.OpenMin, c.OpenMax)
	}
	return nil
}
