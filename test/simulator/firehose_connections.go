package simulator

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Cut says how a connection ends.
type Cut int

// The ways a connection ends between two requests.
const (
	FIN     Cut = iota // closed in good order
	RST                // reset
	Silence            // the other side does not answer, and what is sent is lost
)

// connections is a listener that can cut the connections it has accepted.
type connections struct {
	net.Listener

	mu   sync.Mutex
	open []*connection
}

func (c *connections) Accept() (net.Conn, error) {
	accepted, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &connection{Conn: accepted, of: c}
	c.mu.Lock()
	c.open = append(c.open, conn)
	c.mu.Unlock()
	return conn, nil
}

func (c *connections) cut(how Cut) {
	for _, conn := range c.opened() {
		conn.cut(how)
	}
}

func (c *connections) opened() []*connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.open)
}

// hurry stops reading from the connections until ctx ends: a request that has not arrived
// whole fails, and one that is being answered goes on. It repeats itself, because net/http
// sets a new deadline whenever a request begins.
func (c *connections) hurry(ctx context.Context) {
	_ = until(ctx, 50*time.Millisecond, 50*time.Millisecond, func() bool { // ends with ctx
		for _, conn := range c.opened() {
			_ = conn.SetReadDeadline(time.Now()) // it may be closed already
		}
		return false
	})
}

// connection is a connection that can be cut.
type connection struct {
	net.Conn
	of     *connections
	silent atomic.Bool
}

// Read returns nothing from a silent connection until it is closed.
func (c *connection) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	for err == nil && c.silent.Load() {
		_, err = io.Copy(io.Discard, c.Conn)
		if err == nil {
			return 0, io.EOF
		}
	}
	return n, err
}

func (c *connection) Close() error {
	c.of.mu.Lock()
	c.of.open = slices.DeleteFunc(c.of.open, func(other *connection) bool { return other == c })
	c.of.mu.Unlock()
	return c.Conn.Close()
}

func (c *connection) cut(how Cut) {
	switch how {
	case Silence:
		c.silent.Store(true)
	case RST:
		abort(c)
	default:
		_ = c.Close() // it may be closed already
	}
}

// abort closes a connection with a TCP reset.
func abort(conn net.Conn) {
	underlying := conn
	if c, ok := conn.(*connection); ok {
		underlying = c.Conn
	}
	if tcp, ok := underlying.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
