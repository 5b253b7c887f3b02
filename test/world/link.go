package world

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Link models the latency of a network, and nothing else: every byte travels for half a round trip.
// Bandwidth has no limit, so bytes that leave together arrive together.
type Link struct {
	RoundTrip time.Duration // 0: no latency
	// Opening is how many round trips pass before a new connection carries its first byte: 1 for TCP,
	// which takes no time on this machine, and 1 more where TLS 1.3 is not really spoken.
	Opening int
	Exact   bool // bytes arrive within about 10 µs, by a busy wait
}

// Over returns a client's end of a link. The server is at the other end of conn.
func (l Link) Over(conn net.Conn) net.Conn {
	if l.RoundTrip == 0 {
		return conn
	}
	return l.join(conn, time.Duration(l.Opening)*l.RoundTrip, 0)
}

// Listen returns a listener for clients that are a link away.
func (l Link) Listen(near net.Listener) *Listener { return &Listener{Listener: near, link: l} }

// Listener accepts connections over a link.
type Listener struct {
	net.Listener
	Opened atomic.Int64 // connections
	link   Link
}

// Accept implements net.Listener.
func (l *Listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.Opened.Add(1)
	return l.link.join(conn, 0, time.Duration(l.link.Opening)*l.link.RoundTrip), nil
}

// linkEnd is this program's end of a link.
type linkEnd struct {
	net.Conn
	other net.Conn
}

func (e linkEnd) LocalAddr() net.Addr  { return e.other.LocalAddr() }
func (e linkEnd) RemoteAddr() net.Addr { return e.other.RemoteAddr() }

// join returns this program's end of a link. The first bytes to conn, and the first from it, leave later.
func (l Link) join(conn net.Conn, firstTo, firstFrom time.Duration) net.Conn {
	end, inside := net.Pipe()
	var ways sync.WaitGroup
	ways.Go(func() { l.travel(conn, inside, firstTo) })
	ways.Go(func() { l.travel(inside, conn, firstFrom) })
	go func() {
		ways.Wait()
		_, _ = inside.Close(), conn.Close() // each has been told that nothing follows
	}()
	return linkEnd{end, conn}
}

// flight is some bytes under way.
type flight struct {
	data []byte
	due  time.Time
}

// travel carries bytes until from ends.
func (l Link) travel(to, from net.Conn, first time.Duration) {
	flights := make(chan flight, 1024)
	go func() {
		defer close(flights)
		for {
			buffer := make([]byte, 32<<10)
			n, err := from.Read(buffer)
			if n > 0 {
				flights <- flight{buffer[:n], time.Now().Add(l.RoundTrip/2 + first)}
				first = 0
			}
			if err != nil {
				return
			}
		}
	}()
	for f := range flights {
		l.wait(f.due)
		_, _ = to.Write(f.data) // if the receiver has gone, the sender learns it from the other direction
	}
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite() // fails if the connection has broken
		return
	}
	_ = to.Close() // a pipe has no halves
}

func (l Link) wait(due time.Time) {
	if l.Exact {
		WaitUntil(due)
		return
	}
	time.Sleep(time.Until(due))
}

// WaitUntil returns at due, within about 10 µs. time.Sleep may return a millisecond late,
// which would add up over many links, so the last of it is a busy wait.
func WaitUntil(due time.Time) {
	time.Sleep(time.Until(due) - 1500*time.Microsecond)
	for time.Now().Before(due) {
		runtime.Gosched()
	}
}
