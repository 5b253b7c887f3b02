package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/validate"
	"global-ingest/test/compare/functions"
	"global-ingest/test/simulator"
)

const region = "us-east-1"

// handler is the function of a wiring, ready to start: an executable and what it is
// told. missing says why this machine cannot run it.
type handler struct {
	executable string
	variables  map[string]string
	missing    string
}

// start makes a function that calls the services.
func (l *lab) start(name string, h handler, to *services) *simulator.Function {
	endpoints := map[string]string{
		"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "SSL_CERT_FILE": l.trust, "SSL_CERT_DIR": "/var/empty",
		"AWS_CA_BUNDLE": l.trust, "NODE_EXTRA_CA_CERTS": l.trust, "NODE_NO_WARNINGS": "1",
	}
	for _, service := range []string{"FIREHOSE", "LAMBDA", "S3"} {
		endpoints["AWS_ENDPOINT_URL_"+service] = to.link.url()
	}
	return simulator.NewFunction(simulator.FunctionConfig{
		Name: name, ARN: "arn:aws:lambda:" + region + ":111111111111:function:" + name, Bootstrap: h.executable, Handler: "bootstrap",
		Timeout: 30 * time.Second, MemoryMB: 512, MaxSandboxes: 1, Variables: h.variables, Endpoints: endpoints, Awake: true,
		Log: func(line string) { // what a runtime prints when it breaks, and our own errors
			if !strings.HasPrefix(line, "{") || strings.Contains(line, `"level":"ERROR"`) {
				fmt.Fprintln(os.Stderr, name+":", line)
			}
		},
	})
}

// buildGo builds the product's ingest and the chain's validation function as for a
// deploy.
func (l *lab) buildGo() error {
	l.built = map[string]string{}
	for name, source := range map[string]string{"ingest": "./lambdas/cmd/ingest", "chain": "./test/compare/chain"} {
		path := filepath.Join(l.dir, name)
		build := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags=-s -w -buildid=", "-o", path, source)
		build.Dir = l.root
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
		if output, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", name, err, output)
		}
		l.built[name] = path
	}
	return nil
}

// product is the product's ingest function.
func (l *lab) product(mode ingest.Acknowledgement) handler {
	c := ingest.Default()
	c.Environment, c.Streams, c.Bucket, c.Acknowledge = "Compare", []string{stream}, "lake", mode
	// A machine that is busy with its neighbours is slow, not broken.
	c.AnswerWithin = 8 * time.Second
	c.Put.AnswerTimeout, c.Put.AttemptTimeout = 3*time.Second, 3*time.Second
	variables := c.Variables()
	variables["GOMAXPROCS"] = "1" // as deployed
	return handler{executable: l.built["ingest"], variables: variables}
}

// chain is the function that wirings 1 and 3 invoke.
func (l *lab) chain() handler {
	c := validate.Default()
	c.Environment, c.RejectsStream, c.Bucket = "Compare", stream, "lake"
	variables := c.Variables()
	variables[functions.LinesStream] = stream
	return handler{executable: l.built["chain"], variables: variables}
}

// python is a handler in Python, under the stand-in for Lambda's runtime.
func (l *lab) python(source string) (handler, error) {
	interpreter, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return handler{missing: "this machine has no python3"}, nil
	}
	h, err := l.script("python.py", strings.TrimSpace(string(interpreter)), "injection.py", source)
	if err != nil {
		return h, err
	}
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		l.notes = append(l.notes, "This machine has no boto3: wiring 1 signs its call by hand, which takes a part of boto3's time.")
		h.variables["PYTHONPATH"] = filepath.Join(l.root, "test/compare/runtime/standin")
	}
	h.variables[functions.ValidationFunction], h.variables["PYTHONDONTWRITEBYTECODE"] = "chain", "1"
	return h, nil
}

// node is a handler in Node, under the stand-in for Lambda's runtime.
func (l *lab) node(name, source string) (handler, error) {
	interpreter, err := exec.LookPath("node")
	if err != nil {
		return handler{missing: "this machine has no node"}, nil
	}
	modules, err := l.installSDK()
	if err != nil {
		return handler{missing: err.Error()}, nil
	}
	h, err := l.script("node.js", interpreter, name, source)
	h.variables["NODE_PATH"] = modules
	return h, err
}

// installSDK installs the SDK that Lambda's Node runtime brings, once, and returns the
// folder of modules.
func (l *lab) installSDK() (string, error) {
	folder := filepath.Join(l.root, ".local", "compare", "sdk")
	modules := filepath.Join(folder, "node_modules")
	lock, err := os.ReadFile(filepath.Join(l.root, "test/compare/functions/package-lock.json"))
	if err != nil {
		return "", err
	}
	if installed, err := os.ReadFile(filepath.Join(modules, "installed")); err == nil && string(installed) == string(lock) {
		return modules, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(l.root, "test/compare/functions", name))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return "", err
		}
	}
	if output, err := exec.Command("npm", "ci", "--prefix", folder, "--no-audit", "--no-fund", "--silent").CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm cannot install the AWS SDK: %w: %.200s", err, output)
	}
	return modules, os.WriteFile(filepath.Join(modules, "installed"), lock, 0o644)
}

// script makes an executable of a runtime's loop, which loads the handler's source.
func (l *lab) script(runtime, interpreter, name, source string) (handler, error) {
	loop, err := os.ReadFile(filepath.Join(l.root, "test/compare/runtime", runtime))
	if err != nil {
		return handler{}, err
	}
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		return handler{}, err
	}
	h := handler{executable: path + ".bootstrap", variables: map[string]string{"HANDLER": path}}
	if runtime == "node.js" {
		h.executable = path + ".bootstrap.js" // or Node would not know the language
	}
	return h, os.WriteFile(h.executable, append([]byte("#!"+interpreter+"\n"), loop...), 0o700)
}

// readEvent reads API Gateway's proxy event, as the ingest function's tests have it.
func (l *lab) readEvent() error {
	text, err := os.ReadFile(filepath.Join(l.root, "lambdas/ingest/testdata/event.json"))
	if err != nil {
		return err
	}
	return json.Unmarshal(text, &l.event)
}
