package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/simulator"
	worldwide "global-ingest/test/world"
)

// setup is what every wiring runs with: the model of a network, and a Firehose that stores.
type setup struct {
	parameters
	root         string // of the repository
	dir          string
	trust        string // path of every function's trust store
	certificates int    // in the trust store
	pool         *x509.CertPool
	version      uint16 // of TLS
	proxyEvent   func(body []byte) []byte
	firehose     *simulator.Firehose
	lake         *simulator.S3
	notes        []string
}

// newSetup starts Firehose and builds the Go functions. root is the folder of the
// repository.
func newSetup(p parameters, root string) (s *setup, err error) {
	s = &setup{parameters: p}
	if s.root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	if s.version, err = p.version(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "global-ingest-compare-"); err != nil {
		return nil, err
	}
	err = s.trustServers()
	var delivery, event error
	s.firehose, s.lake, delivery = figures.NewDelivery(s.dir, figures.Stream)
	s.proxyEvent, event = figures.NewProxyEvents(s.root)
	err = errors.Join(err, delivery, event, simulator.Build(filepath.Join(s.dir, "ingest"), "lambdas/cmd/ingest"),
		simulator.Build(filepath.Join(s.dir, "chain"), "test/compare/chain"))
	if err != nil {
		s.close()
	}
	return s, err
}

func (s *setup) close() { _ = os.RemoveAll(s.dir) } // a folder of the system's own

// serve starts a server that is roundTrip away from its clients.
func (s *setup) serve(handler http.Handler, roundTrip time.Duration) (*httptest.Server, *worldwide.Listener) {
	server := httptest.NewUnstartedServer(handler)
	link := worldwide.Link{RoundTrip: roundTrip, Opening: 1, Exact: true}.Listen(server.Listener)
	server.Listener, server.TLS = link, &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: s.version}
	server.StartTLS()
	return server, link
}

// trustServers writes the trust store: the system's certificates, and the one that all
// servers of this program share.
func (s *setup) trustServers() (err error) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	server.Close()
	s.pool = x509.NewCertPool()
	s.pool.AddCert(server.Certificate())
	if s.trust, s.certificates, err = figures.TrustStore(s.dir, server.Certificate()); s.certificates == 1 {
		s.notes = append(s.notes, "This machine has no "+figures.SystemBundle+
			": functions trust one certificate, and Python starts its clients sooner than elsewhere.")
	}
	return err
}
