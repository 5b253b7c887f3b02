package main

import (
	"encoding/pem"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var bootstrap = flag.String("bootstrap", "", "executable to measure; default: this source, built as for a deploy")

// bundle holds the certificates that Debian and its like trust. They also lie in a
// directory beside it, which Go reads too, as on Amazon Linux.
const bundle = "/etc/ssl/certs/ca-certificates.crt"

// bench starts a function any number of times, with a Firehose that has TLS and answers
// at once.
type bench struct {
	executable, firehose, certificates string
}

func newBench(b *testing.B) bench {
	b.Helper()
	firehose := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // fails when the process has ended
		_, _ = io.WriteString(w, `{"RecordId":"r"}`)
	}))
	b.Cleanup(firehose.Close)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: firehose.Certificate().Raw})
	return bench{build(b), firehose.URL, trust(b, certificate)}
}

// start runs the function; stop ends it.
func (x bench) start(b *testing.B, s *service, acknowledge string, more []string) (stop func()) {
	b.Helper()
	api := httptest.NewServer(s)
	function := exec.Command(x.executable)
	function.Env = append(variables(api.URL, x.firehose, acknowledge), "SSL_CERT_FILE="+x.certificates)
	function.Env = append(function.Env, more...)
	if err := function.Start(); err != nil {
		b.Fatal(err)
	}
	return func() {
		_ = function.Process.Kill() // fails when it has ended, which Wait says
		_ = function.Wait()         // it was killed
		api.Close()
	}
}

// BenchmarkStart measures a cold start, from the process to its first answer. The
// trust store is the system's with one certificate more.
func BenchmarkStart(b *testing.B) {
	x := newBench(b)
	for _, variant := range []struct {
		name      string
		variables []string
	}{
		{"bundle_and_directories", nil},
		{"bundle", []string{"SSL_CERT_DIR=/var/empty"}},
		{"bundle_one_processor", []string{"SSL_CERT_DIR=/var/empty", "GOMAXPROCS=1"}},
	} {
		b.Run(variant.name, func(b *testing.B) {
			for b.Loop() {
				s := newService(b)
				s.events <- struct{}{}
				stop := x.start(b, s, "durable", variant.variables)
				<-s.steps
				b.StopTimer()
				stop()
				b.StartTimer()
			}
		})
	}
}

// BenchmarkRequest measures a warm request, from the event to its answer.
func BenchmarkRequest(b *testing.B) {
	x := newBench(b)
	for _, acknowledge := range []string{"durable", "immediate"} {
		for name, more := range map[string][]string{"": nil, "_one_processor": {"GOMAXPROCS=1"}} {
			b.Run(acknowledge+name, func(b *testing.B) {
				s := newService(b)
				s.extensions = true
				defer x.start(b, s, acknowledge, more)()
				var took []time.Duration
				for b.Loop() {
					if acknowledge == "immediate" {
						<-s.steps // the extension has asked
						s.invocations <- struct{}{}
					}
					began := time.Now()
					s.events <- struct{}{}
					<-s.steps
					took = append(took, time.Since(began))
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
			})
		}
	}
}

// build returns the executable that is measured.
func build(b *testing.B) string {
	b.Helper()
	if *bootstrap != "" {
		return *bootstrap
	}
	path := filepath.Join(b.TempDir(), "bootstrap")
	command := exec.Command(
		"go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc",
		"-ldflags=-s -w -buildid=", "-o", path, ".",
	)
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := command.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return path
}

// trust returns a file with the system's certificates and one more.
func trust(b *testing.B, certificate []byte) string {
	b.Helper()
	system, err := os.ReadFile(bundle)
	if err != nil {
		b.Skipf("measured with the trust store of a system like Debian: %v", err)
	}
	b.Logf("%d certificates in %s", strings.Count(string(system), "BEGIN CERTIFICATE"), bundle)
	path := filepath.Join(b.TempDir(), "certificates.pem")
	if err := os.WriteFile(path, append(system, certificate...), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}
