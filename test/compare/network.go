package main

import (
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// link is a way over a network: a listener on this machine that passes each
// connection on to another one, and lets every byte travel for half a round trip.
// What opening a connection costs follows from what client and server say to each
// other: a round trip for TCP, and those of their TLS.
type link struct {
	listener  net.Listener
	to        string
	roundTrip time.Duration
	opened    atomic.Int64 // connections
}

// newLink starts a way to the server at address to.
func newLink(to string, roundTrip time.Duration) (*link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &link{listener: listener, to: to, roundTrip: roundTrip}
	go l.serve()
	return l, nil
}

func (l *link) url() string { return "https://" + l.listener.Addr().String() }

// close takes no more connections; those that are open end with their clients.
func (l *link) close() { l.listener.Close() }

func (l *link) serve() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return // closed
		}
		far, err := net.Dial("tcp", l.to)
		if err != nil {
			near.Close()
			continue
		}
		l.opened.Add(1)
		go l.carry(near, far)
	}
}

// carry lets bytes travel both ways until both ends have said all. This machine has
// accepted at once; a client far away would speak a round trip later.
func (l *link) carry(near, far net.Conn) {
	var ways sync.WaitGroup
	ways.Go(func() { travel(far, near, l.roundTrip/2, l.roundTrip) })
	ways.Go(func() { travel(near, far, l.roundTrip/2, 0) })
	ways.Wait()
	near.Close()
	far.Close()
}

// flight is bytes on their way.
type flight struct {
	data []byte
	due  time.Time
}

// travel carries bytes until from ends. Those that leave together arrive together:
// the way is long, not narrow.
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
			from.Close() // nobody listens: the reader ends
		}
	}
	_ = to.(*net.TCPConn).CloseWrite() // of a connection that has broken
}

// waitUntil returns at due, to some 10 µs. Go's own sleep is up to a millisecond
// longer, which a wiring would pay for at each leg: the last of it is waited awake.
func waitUntil(due time.Time) {
	time.Sleep(time.Until(due) - 1500*time.Microsecond)
	for time.Now().Before(due) {
		runtime.Gosched()
	}
}
