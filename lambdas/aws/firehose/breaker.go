package firehose

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"global-ingest/lambdas/runtime/bounds"
)

// ErrOpen is what Put returns at once while the breaker is open.
var ErrOpen = errors.New("circuit breaker is open")

// Putter is what a Breaker guards; a Stream is one.
type Putter interface {
	Put(ctx context.Context, record []byte) error
}

// Breaker keeps a failing stream from costing every request its timeouts, which
// would multiply the sandboxes that Lambda needs. After Failures consecutive failures
// it is open: Put returns ErrOpen at once. When its time is over, one request probes:
// success closes the breaker, failure opens it again. It keeps timestamps only, because
// goroutines and timers stop while the sandbox is frozen.
type Breaker struct {
	putter Putter
	config bounds.Breaker
	now    func() time.Time

	mu        sync.Mutex
	failures  int
	openUntil time.Time
	probing   bool
}

// NewBreaker returns a closed breaker before putter. now is time.Now outside tests.
func NewBreaker(putter Putter, c bounds.Breaker, now func() time.Time) *Breaker {
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

// admit says whether a request may pass: each one while the breaker is closed, and one
// at a time once it was open for long enough.
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
