package world

import (
	"context"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// dialer opens a connection, as http.Transport wants it.
type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// road is the way to a region. While it is down, packets vanish: nothing refuses a
// connection, and a request gets no answer.
type road struct {
	clock Clock

	mu   sync.Mutex
	gone bool
	open map[*roadConn]bool
}

// down makes the region unreachable, for open connections too, or reachable again. Those stay dead.
func (r *road) down(down bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone = down; down {
		for conn := range r.open {
			conn.die()
		}
		clear(r.open)
	}
}

// isDown returns whether the region is unreachable.
func (r *road) isDown() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone
}

// dialer returns what opens connections over this road and a link: so many attempts of so long each.
// A connection that dies lets its user wait for patience.
func (r *road) dialer(link Link, attempts int, each, patience time.Duration) dialer {
	return func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		for range max(attempts, 1) {
			if conn, err = r.dial(ctx, link, network, address, each, patience); err == nil || ctx.Err() != nil {
				return conn, err
			}
		}
		return nil, err
	}
}

func (r *road) dial(
	ctx context.Context, link Link, network, address string, each, patience time.Duration,
) (net.Conn, error) {
	if r.isDown() {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(r.clock.Wait(each)):
			return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
		}
	}
	dialed, err := (&net.Dialer{Timeout: each}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	conn := &roadConn{Conn: link.Over(dialed), road: r, patience: r.clock.Wait(patience)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		conn.die()
		return conn, nil
	}
	if r.open == nil {
		r.open = map[*roadConn]bool{}
	}
	r.open[conn] = true
	return conn, nil
}

// roadConn is a connection over a road.
type roadConn struct {
	net.Conn
	road     *road
	patience time.Duration // how long its user waits for a dead one
	dead     atomic.Bool
}

// die makes the connection silent, and ends it when its user has waited long enough.
func (c *roadConn) die() {
	if !c.dead.Swap(true) {
		time.AfterFunc(c.patience, func() { _ = c.Conn.Close() }) // its user may have closed it
	}
}

// Read returns nothing that arrives once the connection is dead.
func (c *roadConn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		switch {
		case !c.dead.Load():
			return n, err
		case err != nil:
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// Write loses everything once the connection is dead.
func (c *roadConn) Write(b []byte) (int, error) {
	if c.dead.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func (c *roadConn) Close() error {
	c.road.mu.Lock()
	delete(c.road.open, c)
	c.road.mu.Unlock()
	return c.Conn.Close()
}
