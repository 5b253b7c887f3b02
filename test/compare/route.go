package main

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// route is a route through a network: a listener on this machine that forwards each
// connection to a server, and lets every byte travel for half a round trip. The cost of
// opening a connection follows from what client and server send: a round trip for TCP, and
// those of TLS.
type route struct {
	listener  net.Listener
	to        string
	roundTrip time.Duration
	opened    atomic.Int64 // connections
}

// newRoute starts a route to the server at address to.
func newRoute(to string, roundTrip time.Duration) (*route, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &route{listener: listener, to: to, roundTrip: roundTrip}
	go r.serve()
	return r, nil
}

func (r *route) url() string { return "https://" + r.listener.Addr().String() }

// close accepts no more connections; open ones end with their clients.
func (r *route) close() { r.listener.Close() }

func (r *route) serve() {
	for {
		near, err := r.listener.Accept()
		if err != nil {
			return // closed
		}
		far, err := net.Dial("tcp", r.to)
		if err != nil {
			near.Close()
			continue
		}
		r.opened.Add(1)
		go r.carry(near, far)
	}
}

// carry lets bytes travel in both directions until both ends have finished. This machine
// accepts at once; a client far away would begin to send a round trip later.
func (r *route) carry(near, far net.Conn) {
	var ways sync.WaitGroup
	ways.Go(func() { travel(far, near, r.roundTrip/2, r.roundTrip) })
	ways.Go(func() { travel(near, far, r.roundTrip/2, 0) })
	ways.Wait()
	near.Close()
	far.Close()
}

// flight is some bytes under way.
type flight struct {
	data []byte
	due  time.Time
}

// travel carries bytes until from ends. Bytes that leave together arrive together: the
// route has latency, and no limit of bandwidth.
func travel(to, from net.Conn, takes, first time.Duration) {
	flights := make(chan flight, 1024)
	go func() {
		defer close(flights)
		for {
			buffer := make([]byte, 32<<10)
			n, err := from.Read(buffer)
			if n > 0 {
				flights <- flight{buffer[:n], time.Now().Add(takes + first)}
				first = 0
			}
			if err != nil {
				return
			}
		}
	}()
	for f := range flights {
		waitUntil(f.due)
		if _, err := to.Write(f.data); err != nil {
			from.Close() // the other end has gone, so that the reader ends
		}
	}
	_ = to.(*net.TCPConn).CloseWrite() // of a connection that has broken
}

// waitUntil returns at due, within about 10 µs. time.Sleep may return a millisecond late,
// which would add up over the legs of a wiring, so the last of it is a busy wait.
func waitUntil(due time.Time) {
	time.Sleep(time.Until(due) - 1500*time.Microsecond)
	for time.Now().Before(due) {
		runtime.Gosched()
	}
}
