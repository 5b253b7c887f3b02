// Command build makes what `make local` runs, and what `make local-binary` packs into one
// executable: it compiles and synthesizes only what changed.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// generated is where everything lands that a build makes.
const generated = ".local"

func main() {
	environment := flag.String("environment", "Dev", "`name` of the environment to synthesize")
	out := flag.String("out", "", "executable to pack, or a folder for it; default: nothing is packed")
	regions := flag.String("regions", os.Getenv("REGIONS"),
		"further `regions` of the environment, such as eu-central-1,ap-southeast-1")
	goos := flag.String("goos", runtime.GOOS, "system that the packed executable runs on: linux or darwin")
	goarch := flag.String("goarch", runtime.GOARCH, "processor that it runs on: amd64 or arm64")
	flag.Parse()
	var err error
	if *out == "" {
		err = together(compileForHere, func() error { return synthesize(*environment, *regions) })
	} else {
		err = pack(*out, *goos, *goarch)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// together runs the steps at the same time, and returns the errors of all.
func together(steps ...func() error) error {
	errs := make([]error, len(steps))
	var running sync.WaitGroup
	for i, step := range steps {
		running.Go(func() { errs[i] = step() })
	}
	running.Wait()
	return errors.Join(errs...)
}

// compileForHere builds the functions and the program that runs them. One go build links
// again only those whose packages changed.
func compileForHere() error {
	return compile(nil, filepath.Join(generated, "bin")+"/", "./lambdas/cmd/...", "./test/local")
}

// compile builds static executables, stripped as the deployed functions are. Their build
// ids stay, by which go build knows that one is up to date.
func compile(environment []string, out string, more ...string) error {
	args := append([]string{"build", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags=-s -w", "-o", out}, more...)
	return do(append(environment, "CGO_ENABLED=0", "GOFLAGS="), "go", args...)
}

// do runs a command, and returns what it says when it fails.
func do(environment []string, name string, args ...string) error {
	_, err := output(environment, name, args...)
	return err
}

func output(environment []string, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), environment...)
	var said bytes.Buffer
	cmd.Stderr = &said
	data, err := cmd.Output()
	if text := bytes.TrimSpace(append(data, said.Bytes()...)); err != nil && len(text) > 0 {
		return nil, errors.New(string(text)) // which says more than its exit status
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return data, nil
}
