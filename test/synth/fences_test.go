package synth

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the path that every package of this repository begins with.
const module = "global-ingest/"

// pack is what `go list` tells about a package.
type pack struct {
	ImportPath string
	Standard   bool
	Deps       []string // all of them, of dependencies too
	Imports    []string // its own
	TestImports,
	XTestImports []string
}

// TestTheTopLevelHoldsOnlyThis: a stray file there would be the first thing that a reader sees.
func TestTheTopLevelHoldsOnlyThis(t *testing.T) {
	command := exec.Command("git", "ls-files")
	command.Dir = root
	files, err := command.Output()
	if err != nil {
		t.Skipf("git does not list the files here: %v", err)
	}
	rooms := []string{"cdk.json", "infra", "lambdas", "test", "go.mod", "go.sum", "Makefile", "README.md"}
	for file := range strings.Lines(string(files)) {
		room, _, _ := strings.Cut(strings.TrimSpace(file), "/")
		if !strings.HasPrefix(room, ".") && !slices.Contains(rooms, room) {
			t.Errorf("%s is at the top level, which holds %s", room, strings.Join(rooms, " "))
		}
	}
}

// TestFences keeps the parts of the house apart.
func TestFences(t *testing.T) {
	standard := map[string]bool{}
	for _, p := range list(t, "std") {
		standard[p.ImportPath] = true
	}
	packages := list(t, "./lambdas/...", "./infra/...", "./test/...")
	t.Run("functions know no infrastructure", func(t *testing.T) {
		refuse(t, packages, "lambdas/", "github.com/aws/aws-cdk-go/", "github.com/aws/constructs-go/",
			"github.com/aws/jsii-runtime-go", module+"infra")
	})
	t.Run("what synthesizes knows no AWS SDK", func(t *testing.T) {
		synthesizes := slices.DeleteFunc(slices.Clone(packages),
			func(p pack) bool { return strings.HasPrefix(p.ImportPath, module+"infra/ops") })
		refuse(t, synthesizes, "infra", "github.com/aws/aws-sdk-go", "github.com/aws/smithy-go")
	})
	t.Run("the operators' tools know no CDK", func(t *testing.T) {
		refuse(t, packages, "infra/ops", "github.com/aws/aws-cdk-go/", "github.com/aws/constructs-go/",
			"github.com/aws/jsii-runtime-go")
	})
	t.Run("environments know no CDK", func(t *testing.T) {
		refuse(t, packages, "infra/environment", "github.com/aws/aws-cdk-go/", "github.com/aws/constructs-go/",
			"github.com/aws/jsii-runtime-go")
	})
	t.Run("the wire format needs nothing but UUIDs", func(t *testing.T) {
		for _, p := range packages {
			if p.ImportPath != module+"lambdas/record" {
				continue
			}
			for _, dep := range p.Deps {
				if !standard[dep] && dep != "github.com/google/uuid" {
					t.Errorf("%s depends on %s", p.ImportPath, dep)
				}
			}
		}
	})
	t.Run("nothing knows the comparison", func(t *testing.T) { nothingImports(t, packages, "test/compare") })
	t.Run("nothing depends on tests", func(t *testing.T) { nothingImports(t, packages, "test/") })
}

// nothingImports reports every package outside folder that imports one below it, in its
// tests too.
func nothingImports(t *testing.T, packages []pack, folder string) {
	t.Helper()
	for _, p := range packages {
		if strings.HasPrefix(p.ImportPath, module+folder) {
			continue
		}
		for _, imported := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if strings.HasPrefix(imported, module+folder) {
				t.Errorf("%s imports %s", p.ImportPath, imported)
			}
		}
	}
}

// refuse reports every package below folder that depends on one of the given paths.
func refuse(t *testing.T, packages []pack, folder string, paths ...string) {
	t.Helper()
	found := 0
	for _, p := range packages {
		if !strings.HasPrefix(p.ImportPath, module+folder) {
			continue
		}
		found++
		for _, dep := range p.Deps {
			if slices.ContainsFunc(paths, func(path string) bool { return strings.HasPrefix(dep, path) }) {
				t.Errorf("%s depends on %s", p.ImportPath, dep)
				break
			}
		}
	}
	if found == 0 {
		t.Errorf("no package below %s: the fence guards nothing", folder)
	}
}

// list returns the packages of patterns.
func list(t *testing.T, patterns ...string) []pack {
	t.Helper()
	const fields = "-json=ImportPath,Standard,Deps,Imports,TestImports,XTestImports"
	command := exec.Command("go", append([]string{"list", fields}, patterns...)...)
	command.Dir = root
	var problems bytes.Buffer
	command.Stderr = &problems
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &problems)
	}
	var packages []pack
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pack
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}
