package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"global-ingest/test/world/geo"
)

// dist stands in for the built functions: the templates that run here do not depend
// on the functions' code, so that a change of a function changes no template.
const dist = "test/synth/testdata/dist"

// stamp says what the templates beside it were made of.
type stamp struct {
	sources string // of what the app is built of
	program string // of the app as it is linked
}

// synthesize writes the templates of an environment with further regions, or of every one
// when it is "", to templatesOf(environment, regions), unless they would be the same.
//
// It asks twice whether they would. Go's build ids tell in half a second that no package
// of the app changed. If one did, the app is linked: the linker leaves out what a
// synthesis cannot reach, such as an event schema or the code of a function, so that the
// linked program changes only when its behaviour may. A synthesis also depends on cdk.json
// and some variables.
func synthesize(environment, regions string) (err error) {
	folder := templatesOf(environment, regions)
	if regions != "" {
		if _, err := geo.FindRegions(regions); err != nil { // in a moment, and not after a synthesis
			return fmt.Errorf("REGIONS: %w", err)
		}
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	release, err := lock(folder + ".lock")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	var now stamp
	if now.sources, err = hashSources(); err != nil {
		return err
	}
	before := readStamp(folder)
	if before.sources == now.sources {
		return nil
	}
	app, program, err := linkApp()
	if err != nil {
		return err
	}
	now.program = program
	if before.program != now.program {
		if err := runApp(app, environment, regions, folder); err != nil {
			return err
		}
	}
	if after, err := hashSources(); err != nil || after != now.sources {
		return err // a file was edited meanwhile: the next start synthesizes again
	}
	return writeStamp(folder, now)
}

// templatesOf is the folder of the cloud assembly of an environment with further regions, where the
// program that runs it looks too.
func templatesOf(environment, regions string) string {
	switch {
	case environment == "":
		environment = "every"
	case regions != "":
		environment += "," + strings.ReplaceAll(regions, " ", "")
	}
	return filepath.Join(generated, "templates", environment)
}

// lock waits until no other process writes what the lock guards. It ends with the process.
func lock(path string) (release func() error, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("locking %s: %w", path, err), file.Close())
	}
	return file.Close, nil
}

// hashSources identifies the compiled packages of the app. A build id is made of the
// compiler, its flags, the source files, the embedded files, and the packages imported.
func hashSources() (string, error) {
	ids, err := output(nil, "go", "list", "-deps", "-export", "-f", "{{.BuildID}}", "./infra")
	if err != nil {
		return "", err
	}
	return hashWith(ids)
}

// linkApp links the app without a build id, which would tell a change of a package that
// makes no difference, and identifies what is linked.
func linkApp() (path, hash string, err error) {
	path = filepath.Join(generated, "bin", "infra")
	if err := do(nil, "go", "build", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", path, "./infra"); err != nil {
		return "", "", err
	}
	linked, err := os.ReadFile(path)
	if err != nil {
		return "", "", err
	}
	hash, err = hashWith(linked)
	return path, hash, err
}

// hashWith identifies data and everything else that a synthesis reads.
func hashWith(data []byte) (string, error) {
	settings, err := os.ReadFile("cdk.json")
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q\n", settings, variables())
	_, _ = sum.Write(data) // never fails
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// variables are those of ours that the app, the CDK and Node.js read.
func variables() (found []string) {
	for _, variable := range os.Environ() {
		family, _, _ := strings.Cut(variable, "_")
		if slices.Contains([]string{"CDK", "JSII", "NODE"}, family) {
			found = append(found, variable)
		}
	}
	slices.Sort(found)
	return found
}

// runApp replaces what is in folder by a new synthesis.
func runApp(app, environment, regions, folder string) error {
	fmt.Fprintln(os.Stderr, "synthesizing into", folder)
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	args := []string{"-environment", environment, "-dist", dist}
	if regions != "" {
		args = append(args, "-regions", regions)
	}
	return do([]string{"CDK_OUTDIR=" + folder}, "./"+app, args...)
}

func stampPath(folder string) string { return filepath.Join(folder, "made-of") }

// readStamp returns an empty stamp when the file is missing or cannot be read: the templates
// are then made again.
func readStamp(folder string) (s stamp) {
	data, _ := os.ReadFile(stampPath(folder))
	s.sources, s.program, _ = strings.Cut(strings.TrimSpace(string(data)), "\n")
	return s
}

func writeStamp(folder string, s stamp) error {
	return os.WriteFile(stampPath(folder), []byte(s.sources+"\n"+s.program+"\n"), 0o644)
}
