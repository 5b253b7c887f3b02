package firehose

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// ErrOpen is what Put answers at once while the breaker is open.
var ErrOpen = errors.New("circuit breaker is open")

// BreakerConfig says when a breaker opens and for how long.
type BreakerConfig struct {
	Failures int           // consecutive failures that open it; default 3
	OpenMin  time.Duration // shortest time open; default 1s
	OpenMax  time.Duration // longest time open; default 3s
}

// DefaultBreaker returns the defaults. The time open is drawn between OpenMin and
// OpenMax, so that the environments that failed together do not probe together.
func DefaultBreaker() BreakerConfig {
	return BreakerConfig{Failures: 3, OpenMin: time.Second, OpenMax: 3 * time.Second}
}

// Bind binds c's fields to fs as BREAKER_FAILURES, BREAKER_OPEN_MIN and BREAKER_OPEN_MAX.
func (c *BreakerConfig) Bind(fs *flag.FlagSet) {
	fs.IntVar(&c.Failures, "BREAKER_FAILURES", c.Failures, "consecutive failures that open the breaker")
	fs.DurationVar(&c.OpenMin, "BREAKER_OPEN_MIN", c.OpenMin, "shortest time open")
	fs.DurationVar(&c.OpenMax, "BREAKER_OPEN_MAX", c.OpenMax, "longest time open")
}

// Validate names the setting that cannot be.
func (c BreakerConfig) Validate() error {
	switch {
	case c.Failures < 1:
		return fmt.Errorf("BREAKER_FAILURES is %d, must be at least 1", c.Failures)
	case c.OpenMin <= 0 || c.OpenMax < c.OpenMin:
		return fmt.Errorf("BREAKER_OPEN_MIN is %v and BREAKER_OPEN_MAX is %v, must be above 0 and in this order", c.OpenMin, c.OpenMax)
	}
	return nil
}

// Putter is what a Breaker guards; a Stream is one.
type Putter interface {
	Put(ctx context.Context, record []byte) error
}

// Breaker keeps a stream in trouble from costing every request its timeouts, and
// so from multiplying the environments that Lambda needs. After Failures
// consecutive failures it is open: Put answers ErrOpen at once. When its time is
// over one live request probes; its success closes the breaker, its failure opens
// it again. It keeps timestamps only: a goroutine or timer would not run while
// Lambda has the environment frozen.
type Breaker struct {
	putter Putter
	config BreakerConfig
	now    func() time.Time

	mu        sync.Mutex
	failures  int
	openUntil time.Time
	probing   bool
}

// NewBreaker returns a closed breaker before putter. now is time.Now but in tests.
func NewBreaker(putter Putter, c BreakerConfig, now func() time.Time) *Breaker {
	return &Breaker{putter: putter, config: c, now: now}
}

// Put puts record through the breaker.
func (b *Breaker) Put(ctx context.Context, record []byte) error {
	if !b.admit() {
		return ErrOpen
	}
	succeeded := false
	defer func() { b.settle(succeeded) }()
	if err := b.putter.Put(ctx, record); err != nil {
		return err
	}
	succeeded = true
	return nil
}

// admit says whether a request may go through: every one while closed, and one at
// a time once the breaker was open for long enough.
func (b *Breaker) admit() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < b.config.Failures {
		return true
	}
	if b.probing || b.now().Before(b.openUntil) {
		return false
	}
	b.probing = true
	return true
}

func (b *Breaker) settle(succeeded bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	if succeeded {
		b.failures = 0
		return
	}
	b.failures++
	if b.failures >= b.config.Failures {
		spread := b.config.OpenMax - b.config.OpenMin
		b.openUntil = b.now().Add(b.config.OpenMin + time.Duration(rand.Float64()*float64(spread)))
	}
}
