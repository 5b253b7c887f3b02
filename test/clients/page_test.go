package clients_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"global-ingest/test/figures"
)

var update = flag.Bool("update", false, "write the table of tested clients into infra/docs/clients.md")

// TestThePageHasTheTestedClients as they are here: `make readme` writes its table.
func TestThePageHasTheTestedClients(t *testing.T) {
	path := filepath.Join("..", "..", "infra", "docs", "clients.md")
	if err := figures.KeepPart(path, "tested", testedTable(t), *update); err != nil {
		t.Error(err)
	}
}

func testedTable(t *testing.T) string {
	t.Helper()
	versions := versions(t)
	var b strings.Builder
	b.WriteString("| client, where | version | types of what it sends here | its own id of an event | " +
		"when it is answered 503, it |\n" +
		"| --- | --- | --- | --- | --- |\n")
	for _, side := range sides {
		for _, c := range side.clients {
			version := versions[c.module]
			if (c.module == "") != (version == "") {
				t.Errorf("%s: version of %q is %q", c.name, c.module, version)
			}
			fmt.Fprintf(&b, "| %s, %s | %s | %s | %s | %s |\n",
				c.name, side.name, strings.TrimSpace(c.module+" "+version), code(c.lake...), code(c.id), c.refused)
		}
	}
	return b.String()
}

// code is the words in code, the empty ones as a dash.
func code(words ...string) string {
	var all []string
	for _, word := range words {
		if word == "" {
			all = append(all, "-")
		} else {
			all = append(all, "`"+word+"`")
		}
	}
	return strings.Join(all, " ")
}

var required = regexp.MustCompile(`(?m)^\t([^\s]+) (v[^\s]+)$`)

// versions are those of the SDKs that are pinned, by module.
func versions(t *testing.T) map[string]string {
	t.Helper()
	var manifest struct {
		DevDependencies map[string]string `json:"devDependencies"`
	}
	text, err := os.ReadFile("package.json")
	if err == nil {
		err = json.Unmarshal(text, &manifest)
	}
	if err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(filepath.Join("sdks", "go.mod")); err != nil {
		t.Fatal(err)
	}
	for _, match := range required.FindAllStringSubmatch(string(text), -1) {
		manifest.DevDependencies[match[1]] = match[2]
	}
	return manifest.DevDependencies
}
