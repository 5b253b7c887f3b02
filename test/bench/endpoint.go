package main

import (
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"
)

// endpoint is a Firehose behind TLS that takes as long as it is told and keeps
// nothing. It stores as the service would and answers so too; what else a real one
// does is not what a function is measured by.
type endpoint struct {
	server *httptest.Server
	delay  atomic.Int64 // nanoseconds of service time
	puts   atomic.Int64
	bytes  atomic.Int64 // of the requests' bodies
}

func newEndpoint() *endpoint {
	e := &endpoint{}
	e.server = httptest.NewTLSServer(e)
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, r.Body) // of a client that has gone, what came
	e.puts.Add(1)
	e.bytes.Add(n)
	if d := time.Duration(e.delay.Load()); d > 0 {
		time.Sleep(d)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, _ = io.WriteString(w, `{"RecordId":"4f2a","Encrypted":false}`) // as above
}

// systemBundle holds the certificates that Debian and its like trust, and beside it
// lies a directory of the same, which Go reads as well.
const systemBundle = "/etc/ssl/certs/ca-certificates.crt"

// trust writes the system's certificates and the endpoint's into one file, the trust
// store of every subject, and returns how many there are.
func (e *endpoint) trust(dir string) (path string, certificates int, err error) {
	system, err := os.ReadFile(systemBundle)
	if err != nil {
		return "", 0, fmt.Errorf("reading the trust store of a system like Debian: %w", err)
	}
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: e.server.Certificate().Raw})
	path = filepath.Join(dir, "trust.pem")
	return path, strings.Count(string(system), "BEGIN CERTIFICATE") + 1, os.WriteFile(path, append(system, own...), 0o600)
}
