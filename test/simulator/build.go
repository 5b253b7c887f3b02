package simulator

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
)

// Functions are the folders of the functions' executables, by the beginning of the
// functions' logical ids.
var Functions = map[string]string{"Ingest": "ingest", "Validator": "validate", "Redrive": "redrive", "Canary": "canary"}

// NewBuild returns what a package of tests needs to run the functions: functions builds them when it is
// first called, inside a test, for go test to know that its result depends on their source; main
// runs the tests, and deletes what was built.
func NewBuild() (functions func(interface{ Fatal(...any) }) map[string]string, main func(interface{ Run() int })) {
	var dir string
	build := sync.OnceValues(func() (bootstraps map[string]string, err error) {
		if dir, err = os.MkdirTemp("", "global-ingest-"); err != nil {
			return nil, err
		}
		return BuildFunctions(dir)
	})
	functions = func(t interface{ Fatal(...any) }) map[string]string {
		bootstraps, err := build()
		if err != nil {
			t.Fatal(err)
		}
		return bootstraps
	}
	return functions, func(m interface{ Run() int }) {
		code := m.Run()
		if dir != "" {
			_ = os.RemoveAll(dir) // a folder of the system's own
		}
		os.Exit(code)
	}
}

// BuildFunctions builds the functions for this machine below dir, with further flags
// of go build, and returns them as Options.Bootstraps.
func BuildFunctions(dir string, flags ...string) (map[string]string, error) {
	if err := noteSources(); err != nil {
		return nil, err
	}
	bootstraps := map[string]string{}
	for id, folder := range Functions {
		bootstraps[id] = filepath.Join(dir, folder)
		if err := Build(bootstraps[id], "lambdas/cmd/"+folder, flags...); err != nil {
			return nil, err
		}
	}
	return bootstraps, nil
}

// deployFlags are the flags of go build for a deploy, which are those of the Makefile.
var deployFlags = []string{"-trimpath", "-buildvcs=false", "-tags", "lambda.norpc", "-ldflags=-s -w -buildid="}

// Build builds the executable of a folder of this repository as for a deploy, but for this
// machine, with further flags of go build.
func Build(path, folder string, flags ...string) error {
	args := slices.Concat([]string{"build", "-o", path}, deployFlags, flags, []string{"global-ingest/" + folder})
	build := exec.Command("go", args...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", folder, err, output)
	}
	return nil
}

// noteSources looks at every file of the functions. It is for go test, which takes a
// result from its cache unless a file changed that the test itself has looked at, and
// does not see what go build reads.
func noteSources() error {
	folder := filepath.Join("..", "..", "lambdas") // seen from a test
	return filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			_, err = os.Stat(path)
		}
		if path == folder && errors.Is(err, fs.ErrNotExist) {
			return nil // this is no test
		}
		return err
	})
}
