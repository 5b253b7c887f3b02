package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/runtime/setting"
	"global-ingest/lambdas/validate"
	"global-ingest/test/compare/functions"
	"global-ingest/test/figures"
	"global-ingest/test/simulator"
)

// start makes a function that calls the services.
func (s *setup) start(name string, program figures.Program, to *services) *simulator.Function {
	return program.Start(name, to.URL, s.trust, func(c *simulator.FunctionConfig) {
		c.Log = func(line string) { // what a runtime prints when it fails, and errors of our own functions
			if !strings.HasPrefix(line, "{") || strings.Contains(line, `"level":"ERROR"`) {
				fmt.Fprintln(os.Stderr, name+":", line)
			}
		}
	})
}

// product is Ingest.
func (s *setup) product(mode ingest.Acknowledgement) figures.Program {
	return s.inGo("ingest", setting.Variables(figures.Ingest(mode)))
}

// chain is the function that wirings 1 and 3 invoke.
func (s *setup) chain() figures.Program {
	c := validate.Default()
	c.Environment, c.RejectsStream, c.Bucket = "Measured", figures.Stream, figures.Bucket
	variables := setting.Variables(c)
	variables[functions.LinesStream] = figures.Stream
	return s.inGo("chain", variables)
}

// inGo is a function that was built, with its settings as deployed: its certificates are those of the
// trust store alone.
func (s *setup) inGo(name string, variables map[string]string) figures.Program {
	variables["GOMAXPROCS"], variables["SSL_CERT_DIR"] = "1", "/var/empty"
	return figures.Go(filepath.Join(s.dir, name), variables)
}

// python is the function of wiring 1.
func (s *setup) python() (figures.Program, error) {
	p, err := figures.Python(s.dir, "injection.py", functions.Injection())
	if err != nil {
		return p, err
	}
	if !figures.HasBoto3() {
		s.notes = append(s.notes,
			"This machine has no boto3: wiring 1 signs its call by hand, which takes a part of boto3's time.")
		p.Variables["PYTHONPATH"] = filepath.Join(s.root, "test/compare/standin")
	}
	p.Variables[functions.ValidationFunction] = "chain"
	return p, nil
}

// node is a handler in Node, with the SDK that Lambda's runtime brings.
func (s *setup) node(name, source string) (figures.Program, error) {
	modules := filepath.Join(s.root, "test/compare/functions/node_modules")
	if _, err := os.Stat(modules); err != nil {
		return figures.Program{}, figures.Missing("the AWS SDK for Node is not installed: `make compare` installs it")
	}
	return figures.Node(s.dir, name, source, modules)
}
