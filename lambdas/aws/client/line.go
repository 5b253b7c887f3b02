package client

import (
	"cmp"
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"global-ingest/lambdas/runtime/bounds"
)

// line keeps one connection to a server between calls, because a sandbox has one
// request at a time. Concurrent calls open connections of their own.
type line struct {
	transport *http.Transport
	scheme    string
	address   string
	idle      time.Duration // a connection that was unused for longer is closed

	mu   sync.Mutex
	kept *http.ClientConn
	used time.Time // when kept was last used
}

func newLine(to *url.URL, c bounds.Config) *line {
	transport := newTransport(c)
	transport.DisableCompression = true // answers have 200 bytes
	port := "443"
	if to.Scheme == "http" {
		port = "80"
	}
	return &line{
		transport: transport,
		scheme:    to.Scheme,
		address:   net.JoinHostPort(to.Hostname(), cmp.Or(to.Port(), port)),
		idle:      c.IdleTimeout,
	}
}

// take returns the kept connection, or opens one.
func (l *line) take(ctx context.Context) (*http.ClientConn, error) {
	if conn := l.release(); conn != nil {
		return conn, nil
	}
	return l.transport.NewClientConn(ctx, l.scheme, l.address)
}

// release returns the kept connection, if it can carry another request.
func (l *line) release() *http.ClientConn {
	l.mu.Lock()
	defer l.mu.Unlock()
	conn := l.kept
	l.kept = nil
	// Round strips the monotonic clock, which stops while the sandbox is frozen.
	if conn != nil && (conn.Available() == 0 || time.Now().Round(0).Sub(l.used.Round(0)) > l.idle) {
		_ = conn.Close() // no request uses it
		return nil
	}
	return conn
}

// keep has the next call use conn.
func (l *line) keep(conn *http.ClientConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kept != nil {
		_ = l.kept.Close() // as above
	}
	l.kept, l.used = conn, time.Now()
}
