package synth

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"global-ingest/infra/cost"
	"global-ingest/infra/environment"
)

// TestCosts keeps what each environment costs beside what it deploys, so that the diff
// of a pull request shows both.
func TestCosts(t *testing.T) {
	for _, env := range placed(environment.All()) {
		var got bytes.Buffer
		if err := cost.Print(&got, env, cost.DefaultLoad()); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", strings.ToLower(env.Name), "cost.txt")
		if *update {
			write(t, path, got.Bytes())
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v: `make golden` writes it", err)
		}
		if changes := diff(lines(want), lines(got.Bytes())); changes != "" {
			t.Errorf("%s is not what %s costs (-golden +now); `make golden` accepts:\n%s", path, env.Name, changes)
		}
	}
}
