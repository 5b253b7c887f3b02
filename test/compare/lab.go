package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
)

// lab is what every wiring runs in: a network, and a Firehose that stores.
type lab struct {
	parameters
	root     string // of the repository
	dir      string
	trust    string // path of every function's trust store
	pool     *x509.CertPool
	version  uint16 // of TLS
	event    map[string]any
	firehose *simulator.Firehose
	lake     *simulator.S3
	built    map[string]string // the product's functions, and the chain's
	notes    []string
	closers  []func()
}

// systemBundle holds the certificates that Debian and its like trust.
const systemBundle = "/etc/ssl/certs/ca-certificates.crt"

// newLab makes the network's services and builds the Go functions. root is the folder
// of the repository.
func newLab(p parameters, root string) (l *lab, err error) {
	l = &lab{parameters: p}
	if l.root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	if l.version, err = p.version(); err != nil {
		return nil, err
	}
	if l.dir, err = os.MkdirTemp("", "global-ingest-compare-"); err != nil {
		return nil, err
	}
	l.closers = append(l.closers, func() { os.RemoveAll(l.dir) })
	for _, step := range []func() error{l.trustServers, l.openFirehose, l.readEvent, l.buildGo} {
		if err := step(); err != nil {
			l.close()
			return nil, err
		}
	}
	return l, nil
}

func (l *lab) close() {
	for i := len(l.closers) - 1; i >= 0; i-- {
		l.closers[i]()
	}
}

// serve starts a server that is roundTrip away. hello is called with each connection's
// first bytes; nil: nobody asks.
func (l *lab) serve(handler http.Handler, roundTrip time.Duration, configure func(*httptest.Server)) (*httptest.Server, *link, error) {
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: l.version}
	if configure != nil {
		configure(server)
	}
	server.StartTLS()
	way, err := newLink(server.Listener.Addr().String(), roundTrip)
	if err != nil {
		server.Close()
	}
	return server, way, err
}

// trustServers writes the trust store: the system's certificates, where there are
// any, and that of the lab's servers.
func (l *lab) trustServers() error {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	server.Close()
	l.pool = x509.NewCertPool()
	l.pool.AddCert(server.Certificate())
	system, err := os.ReadFile(systemBundle)
	if err != nil {
		system = nil
		l.notes = append(l.notes, "This machine has no "+systemBundle+": functions trust one certificate, and Python starts its clients sooner than elsewhere.")
	}
	own := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	l.trust = filepath.Join(l.dir, "trust.pem")
	return os.WriteFile(l.trust, append(system, own...), 0o600)
}

func (l *lab) certificates() int {
	text, _ := os.ReadFile(l.trust) // trustServers wrote it
	return strings.Count(string(text), "BEGIN CERTIFICATE")
}

func (l *lab) openFirehose() (err error) {
	if l.lake, err = simulator.NewS3(l.dir); err != nil {
		return err
	}
	if err := l.lake.CreateBucket("lake"); err != nil {
		return err
	}
	l.firehose = simulator.NewFirehose(simulator.FirehoseOptions{Account: "111111111111", Region: region, Objects: l.lake})
	return l.firehose.Create(simulator.StreamConfig{
		Name: stream, ARN: "arn:aws:firehose:" + region + ":111111111111:deliverystream/" + stream,
		Bucket: "lake", Prefix: record.EventsPrefix, ErrorPrefix: record.FailedPrefix + "!{firehose:error-output-type}/", BufferBytes: 64 << 20, BufferFor: time.Hour,
	})
}
