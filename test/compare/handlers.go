package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate"
	"global-ingest/test/compare/functions"
	"global-ingest/test/figures"
	"global-ingest/test/simulator"
)

// handler is the function of a wiring, ready to start: an executable and its variables.
// missing says why this machine cannot run it.
type handler struct {
	executable string
	variables  map[string]string
	missing    string
}

// start makes a function that calls the services.
func (s *setup) start(name string, h handler, to *services) *simulator.Function {
	endpoints := map[string]string{
		"AWS_REGION": figures.Region, "AWS_DEFAULT_REGION": figures.Region, "SSL_CERT_FILE": s.trust,
		"SSL_CERT_DIR":  "/var/empty",
		"AWS_CA_BUNDLE": s.trust, "NODE_EXTRA_CA_CERTS": s.trust, "NODE_NO_WARNINGS": "1",
	}
	for _, service := range []string{"FIREHOSE", "LAMBDA", "S3"} {
		endpoints["AWS_ENDPOINT_URL_"+service] = to.route.url()
	}
	return simulator.NewFunction(simulator.FunctionConfig{
		Name: name, ARN: figures.FunctionARN(name), Bootstrap: h.executable, Handler: "bootstrap",
		Timeout: 30 * time.Second, MemoryMB: 512, MaxSandboxes: 1, Variables: h.variables, Endpoints: endpoints,
		Awake: true,
		Log: func(line string) { // what a runtime prints when it fails, and errors of our own functions
			if !strings.HasPrefix(line, "{") || strings.Contains(line, `"level":"ERROR"`) {
				fmt.Fprintln(os.Stderr, name+":", line)
			}
		},
	})
}

// buildGo builds Ingest and the chain's validation function.
func (s *setup) buildGo() error {
	s.built = map[string]string{"ingest": filepath.Join(s.dir, "ingest"), "chain": filepath.Join(s.dir, "chain")}
	return errors.Join(
		simulator.Build(s.built["ingest"], "lambdas/cmd/ingest"),
		simulator.Build(s.built["chain"], "test/compare/chain"),
	)
}

// product is Ingest.
func (s *setup) product(mode ingest.Acknowledgement) handler {
	variables := setting.Variables(figures.Ingest(mode))
	variables["GOMAXPROCS"] = "1" // as deployed
	return handler{executable: s.built["ingest"], variables: variables}
}

// chain is the function that wirings 1 and 3 invoke.
func (s *setup) chain() handler {
	c := validate.Default()
	c.Environment, c.RejectsStream, c.Bucket = "Measured", figures.Stream, figures.Bucket
	variables := setting.Variables(c)
	variables[functions.LinesStream] = figures.Stream
	return handler{executable: s.built["chain"], variables: variables}
}

// python is a handler in Python, under the stand-in for Lambda's runtime.
func (s *setup) python(source string) (handler, error) {
	interpreter, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return handler{missing: "this machine has no python3"}, nil
	}
	h, err := s.script("python.py", strings.TrimSpace(string(interpreter)), "injection.py", source)
	if err != nil {
		return h, err
	}
	if err := exec.Command("python3", "-c", "import boto3").Run(); err != nil {
		s.notes = append(s.notes,
			"This machine has no boto3: wiring 1 signs its call by hand, which takes a part of boto3's time.")
		h.variables["PYTHONPATH"] = filepath.Join(s.root, "test/compare/runtime/standin")
	}
	h.variables[functions.ValidationFunction], h.variables["PYTHONDONTWRITEBYTECODE"] = "chain", "1"
	return h, nil
}

// node is a handler in Node, under the stand-in for Lambda's runtime.
func (s *setup) node(name, source string) (handler, error) {
	interpreter, err := exec.LookPath("node")
	if err != nil {
		return handler{missing: "this machine has no node"}, nil
	}
	modules, err := s.installSDK()
	if err != nil {
		return handler{missing: err.Error()}, nil
	}
	h, err := s.script("node.js", interpreter, name, source)
	h.variables["NODE_PATH"] = modules
	return h, err
}

// installSDK installs the SDK that Lambda's Node runtime brings, once, and returns the
// folder of modules.
func (s *setup) installSDK() (string, error) {
	folder := filepath.Join(s.root, ".local", "compare", "sdk")
	modules := filepath.Join(folder, "node_modules")
	lock, err := os.ReadFile(filepath.Join(s.root, "test/compare/functions/package-lock.json"))
	if err != nil {
		return "", err
	}
	if installed, err := os.ReadFile(filepath.Join(modules, "installed")); err == nil &&
		string(installed) == string(lock) {
		return modules, nil
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(s.root, "test/compare/functions", name))
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return "", err
		}
	}
	install := exec.Command("npm", "ci", "--prefix", folder, "--no-audit", "--no-fund", "--silent")
	if output, err := install.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm cannot install the AWS SDK: %w: %.200s", err, output)
	}
	return modules, os.WriteFile(filepath.Join(modules, "installed"), lock, 0o644)
}

// script makes an executable of a runtime's loop, which loads the handler's source.
func (s *setup) script(runtime, interpreter, name, source string) (handler, error) {
	loop, err := os.ReadFile(filepath.Join(s.root, "test/compare/runtime", runtime))
	if err != nil {
		return handler{}, err
	}
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		return handler{}, err
	}
	h := handler{executable: path + ".bootstrap", variables: map[string]string{"HANDLER": path}}
	if runtime == "node.js" {
		h.executable = path + ".bootstrap.js" // or Node would not know the language
	}
	return h, os.WriteFile(h.executable, append([]byte("#!"+interpreter+"\n"), loop...), 0o700)
}
