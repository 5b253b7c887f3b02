package firehose_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"global-ingest/lambdas/aws/firehose"
	"global-ingest/lambdas/runtime/bounds"
)

var errDown = errors.New("down")

// flaky is a stream that fails while down, and counts what reaches it.
type flaky struct {
	down bool
	puts int
}

func (f *flaky) Put(context.Context, []byte) error {
	f.puts++
	if f.down {
		return errDown
	}
	return nil
}

type clock struct{ time.Time }

func (c *clock) now() time.Time { return c.Time }

func (c *clock) pass(d time.Duration) { c.Time = c.Add(d) }

func breaker(f *flaky) (put func() error, c *clock) {
	c = &clock{time.Unix(0, 0)}
	b := firehose.NewBreaker(f, bounds.DefaultBreaker(), c.now)
	return func() error { return b.Put(context.Background(), nil) }, c
}

func TestBreakerOpensAfterThreeConsecutiveFailures(t *testing.T) {
	f := &flaky{}
	put, _ := breaker(f)
	for _, down := range []bool{true, true, false, true, true, true} {
		f.down = down
		if err := put(); errors.Is(err, firehose.ErrOpen) {
			t.Fatal("opened too early")
		}
	}
	if err := put(); !errors.Is(err, firehose.ErrOpen) || f.puts != 6 {
		t.Errorf("error %v after %d puts, want it open after 6", err, f.puts)
	}
}

func TestBreakerProbesWithOneRequestAndCloses(t *testing.T) {
	f := &flaky{down: true}
	put, c := breaker(f)
	for range 3 {
		_ = put()
	}
	c.pass(999 * time.Millisecond)
	if err := put(); !errors.Is(err, firehose.ErrOpen) {
		t.Errorf("before 1 s: %v, want it open", err)
	}
	c.pass(2*time.Second + time.Millisecond)
	if err := put(); !errors.Is(err, errDown) {
		t.Errorf("after 3 s: %v, want a probe", err)
	}
	if err := put(); !errors.Is(err, firehose.ErrOpen) {
		t.Errorf("after a failed probe: %v, want it open", err)
	}
	f.down = false
	c.pass(3 * time.Second)
	for range 2 {
		if err := put(); err != nil {
			t.Errorf("after a good probe: %v, want it closed", err)
		}
	}
}

func TestBreakerAdmitsOneProbeAtATime(t *testing.T) {
	c := &clock{time.Unix(0, 0)}
	release, inside := make(chan struct{}), make(chan struct{})
	calls := 0
	b := firehose.NewBreaker(putter(func() error {
		if calls++; calls == 4 {
			close(inside)
			<-release
		}
		return errDown
	}), bounds.DefaultBreaker(), c.now)
	for range 3 {
		_ = b.Put(context.Background(), nil)
	}
	c.pass(3 * time.Second)
	done := make(chan error)
	go func() { done <- b.Put(context.Background(), nil) }()
	<-inside
	if err := b.Put(context.Background(), nil); !errors.Is(err, firehose.ErrOpen) {
		t.Errorf("beside a probe: %v, want it open", err)
	}
	close(release)
	if err := <-done; !errors.Is(err, errDown) {
		t.Errorf("probe: %v", err)
	}
}

func TestBreakerStaysOpenBetweenItsBounds(t *testing.T) {
	shortest, longest := time.Hour, time.Duration(0)
	for range 200 {
		f := &flaky{down: true}
		put, c := breaker(f)
		for range 3 {
			_ = put()
		}
		open := time.Duration(0)
		for errors.Is(put(), firehose.ErrOpen) {
			c.pass(10 * time.Millisecond)
			open += 10 * time.Millisecond
		}
		shortest, longest = min(shortest, open), max(longest, open)
	}
	if shortest < time.Second || longest > 3010*time.Millisecond || longest-shortest < time.Second {
		t.Errorf("open for %v to %v, want 1 s to 3 s, spread", shortest, longest)
	}
}

type putter func() error

func (p putter) Put(context.Context, []byte) error { return p() }
