package client

import (
	"io"
	"sync"
)

// payload is the body of one attempt. A connection may still read a body after
// RoundTrip has returned. After letGo it cannot, and the bytes may be reused.
type payload struct {
	mu   sync.Mutex
	rest []byte
}

func (p *payload) Read(dst []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(dst, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close implements io.Closer, for the connection.
func (p *payload) Close() error {
	p.letGo()
	return nil
}

func (p *payload) letGo() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rest = nil
}
