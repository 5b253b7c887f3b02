package main

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"global-ingest/test/figures"
	"global-ingest/test/simulator"
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
	built        map[string]string // executables of Ingest and of the chain's function
	notes        []string
	closers      []func()
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
	s.closers = append(s.closers, func() { os.RemoveAll(s.dir) })
	for _, step := range []func() error{s.trustServers, s.startFirehose, s.readEvent, s.buildGo} {
		if err := step(); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

func (s *setup) close() {
	for i := len(s.closers) - 1; i >= 0; i-- {
		s.closers[i]()
	}
}

// serve starts a server, and the route to it, which takes roundTrip. configure, unless it
// is nil, changes the server before it starts.
func (s *setup) serve(
	handler http.Handler, roundTrip time.Duration, configure func(*httptest.Server),
) (*httptest.Server, *route, error) {
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: s.version}
	if configure != nil {
		configure(server)
	}
	server.StartTLS()
	to, err := newRoute(server.Listener.Addr().String(), roundTrip)
	if err != nil {
		server.Close()
	}
	return server, to, err
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

func (s *setup) startFirehose() (err error) {
	s.firehose, s.lake, err = figures.NewDelivery(s.dir, figures.Stream)
	return err
}

func (s *setup) readEvent() (err error) {
	s.proxyEvent, err = figures.NewProxyEvents(s.root)
	return err
}
