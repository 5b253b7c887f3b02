package figures

import (
	"bytes"
	"crypto/x509"
	"embed"
	"encoding/pem"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"global-ingest/test/simulator"
)

// Missing says what this machine needs to run a program, and has not.
type Missing string

func (m Missing) Error() string { return string(m) }

// Program can run as a Lambda function.
type Program struct {
	Executable string
	Variables  map[string]string
	trust      string // the variable that names its trust store
}

// goTrust is Go's. The SDK for Go would read that of Python too.
const goTrust = "SSL_CERT_FILE"

// Go is a program in Go.
func Go(executable string, variables map[string]string) Program {
	return Program{executable, variables, goTrust}
}

// InGo says whether it is in Go, so that its executable is all of it.
func (p Program) InGo() bool { return p.trust == goTrust }

// loops are the loops over the Runtime API that stand in for Lambda's own runtimes, which are not
// installed outside Lambda. Each loads a handler from the path in HANDLER.
//
//go:embed runtime
var loops embed.FS

// Python makes a program of a handler's source, below dir.
func Python(dir, name, source string) (Program, error) {
	interpreter, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return Program{}, Missing("this machine has no python3")
	}
	p, err := script(dir, strings.TrimSpace(string(interpreter)), "python.py", name, source)
	p.trust, p.Variables["PYTHONDONTWRITEBYTECODE"] = "AWS_CA_BUNDLE", "1"
	return p, err
}

// HasBoto3 says whether this machine's Python has the AWS SDK.
func HasBoto3() bool { return exec.Command("python3", "-c", "import boto3").Run() == nil }

// Node makes a program of a handler's source, below dir. modules is the folder of its modules.
func Node(dir, name, source, modules string) (Program, error) {
	interpreter, err := exec.LookPath("node")
	if err != nil {
		return Program{}, Missing("this machine has no node")
	}
	p, err := script(dir, interpreter, "node.js", name, source)
	p.trust, p.Variables["NODE_PATH"], p.Variables["NODE_NO_WARNINGS"] = "NODE_EXTRA_CA_CERTS", modules, "1"
	return p, err
}

// script makes an executable of a runtime's loop, which loads the handler's source.
func script(dir, interpreter, loop, name, source string) (Program, error) {
	path := filepath.Join(dir, name)
	p := Program{Executable: path + "." + loop, Variables: map[string]string{"HANDLER": path}}
	text, err := loops.ReadFile("runtime/" + loop)
	if err != nil {
		return p, err
	}
	return p, errors.Join(os.WriteFile(path, []byte(source), 0o600),
		os.WriteFile(p.Executable, append([]byte("#!"+interpreter+"\n"), text...), 0o700))
}

// Start returns the function, one sandbox of it. The AWS services that it calls listen at url, behind TLS. trust is
// the path of its trust store. change changes what the simulator is told.
func (p Program) Start(name, url, trust string, change func(*simulator.FunctionConfig)) *simulator.Function {
	config := simulator.FunctionConfig{
		Name: name, ARN: "arn:aws:lambda:" + Region + ":" + Account + ":function:" + name,
		Bootstrap: p.Executable, Handler: "bootstrap",
		Timeout: 30 * time.Second, MemoryMB: 512, MaxSandboxes: 1, Variables: maps.Clone(p.Variables), Awake: true,
		Endpoints: map[string]string{
			"AWS_REGION": Region, "AWS_DEFAULT_REGION": Region, p.trust: trust,
			"AWS_ENDPOINT_URL_FIREHOSE": url, "AWS_ENDPOINT_URL_LAMBDA": url, "AWS_ENDPOINT_URL_S3": url,
		},
	}
	change(&config)
	return simulator.NewFunction(config)
}

// SystemBundle holds the certificates that Debian and its like trust. Beside it lies a
// directory of the same certificates, which Go reads as well.
const SystemBundle = "/etc/ssl/certs/ca-certificates.crt"

// TrustStore writes the certificates of this machine's bundle, if it has one, and one more
// into a file below dir, and returns how many there are.
func TrustStore(dir string, more *x509.Certificate) (path string, certificates int, err error) {
	system, err := os.ReadFile(SystemBundle)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", 0, err
	}
	all := append(system, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: more.Raw})...)
	path = filepath.Join(dir, "trust.pem")
	return path, bytes.Count(all, []byte("BEGIN CERTIFICATE")), os.WriteFile(path, all, 0o600)
}
