package world

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Limits of Route 53's health checkers: for the TCP connection, and then for the answer's status.
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html
const (
	checkConnectsWithin = 4 * time.Second
	checkAnswersWithin  = 2 * time.Second
)

// check is a health check of Route 53, with one checker.
type check struct {
	every time.Duration // between two questions
	after int           // answers in a row that change what it says, from healthy and back
	ask   func(context.Context) error

	mu        sync.Mutex
	unhealthy bool // a new one is healthy
	streak    int  // answers in a row that contradict
	last      error
}

// Healthy is what the check says now.
func (c *check) Healthy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.unhealthy
}

// Last is what was wrong with the last answer, or nil.
func (c *check) Last() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last
}

// run asks until ctx ends, on time whether an earlier question is answered or not.
func (c *check) run(ctx context.Context, clock Clock) {
	var asking sync.WaitGroup
	defer asking.Wait()
	ticker := time.NewTicker(clock.Wait(c.every))
	defer ticker.Stop()
	for {
		asking.Go(func() {
			if err := c.ask(ctx); ctx.Err() == nil {
				c.note(err)
			}
		})
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// note counts one answer.
func (c *check) note(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = err
	if (err != nil) == c.unhealthy {
		c.streak = 0
		return
	}
	if c.streak++; c.streak >= c.after {
		c.unhealthy, c.streak = !c.unhealthy, 0
	}
}

// asker returns how a checker asks url: over a new connection each time. Every status from 2xx to
// 3xx is well.
func asker(url string, way *road) func(context.Context) error {
	dial := way.dialer(Link{}, 1, checkConnectsWithin, checkAnswersWithin)
	client := &http.Client{
		Transport: &http.Transport{
			DialContext: dial, DisableKeepAlives: true, ResponseHeaderTimeout: checkAnswersWithin,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		if err != nil {
			return err
		}
		request.Header.Set("User-Agent", "Amazon-Route53-Health-Check-Service")
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		_ = response.Body.Close() // only the status counts
		if response.StatusCode < 200 || response.StatusCode > 399 {
			return fmt.Errorf("answer is %s", response.Status)
		}
		return nil
	}
}
