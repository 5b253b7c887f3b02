package world

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// lastMile is a round trip between a client and the nearest edge location: AWS speaks of 20 to 30 ms
// on average.
const lastMile = 20 * time.Millisecond

// connected counts the requests of one connection.
type connected struct{ requests atomic.Int64 }

type connectedKey struct{}

// noteConnection is the ConnContext of the server of a location.
func noteConnection(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connectedKey{}, &connected{})
}

// arrive takes as long as a request needs from its client to the location and its answer back: one
// round trip, and two more on a new connection, for TCP and TLS 1.3.
func arrive(r *http.Request) {
	trips := time.Duration(1)
	if c, _ := r.Context().Value(connectedKey{}).(*connected); c != nil && c.requests.Add(1) == 1 {
		trips = 3
	}
	time.Sleep(trips * lastMile)
}
