package simulator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryoneBuildsAsForADeploy: the Makefile, and the benchmarks of Ingest, which may not
// import a test, repeat the flags of Build.
func TestEveryoneBuildsAsForADeploy(t *testing.T) {
	spaced := strings.Join(deployFlags, " ")
	quoted := `"` + strings.Join(deployFlags, `", "`) + `"`
	for name, want := range map[string]string{
		"Makefile":                         "GOBUILD := CGO_ENABLED=0 GOFLAGS= go build " + spaced + "\n",
		"lambdas/cmd/ingest/bench_test.go": `"go", "build", ` + quoted + `, "-o", path, "."`,
	} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		said := strings.NewReplacer("'", "", ",\n\t\t", ", ").Replace(string(text))
		if !strings.Contains(said, want) {
			t.Errorf("%s does not say %s", name, want)
		}
	}
}
