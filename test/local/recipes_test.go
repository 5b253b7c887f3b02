package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"global-ingest/test/browser"
)

// shop is a page with a button that sends a click and an order. CLICK is the click.
const shop = `<!doctype html><title>shop</title><button>Buy</button><script>
	document.querySelector("button").onclick = () => {
		const events = [CLICK, {type: "order", total: 19.90}];
		for (const event of events) navigator.sendBeacon("ENDPOINT/events", JSON.stringify(event));
	};
</script>`

// TestTheRecipesOfTheDocsPass as they stand there, and fail when the page sends a click that
// its schema does not allow.
func TestTheRecipesOfTheDocsPass(t *testing.T) {
	r := newRecipes(t)
	m := startPage(t, patientTemplates(t))
	for name, c := range map[string]struct {
		click  string
		passes bool
	}{"good": {validEvent, true}, "bad": {invalidEvent, false}} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, strings.NewReplacer("CLICK", c.click, "ENDPOINT", m.URL).Replace(shop))
		}))
		defer server.Close()
		origin := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
		here := strings.NewReplacer("http://127.0.0.1:8081", m.page, "http://localhost:3000", origin)
		for _, tool := range []string{"playwright", "cypress"} {
			t.Run(name+" in "+tool, func(t *testing.T) {
				output, err := r.run(t, tool, here.Replace(r.texts[tool]))
				if (err == nil) != c.passes {
					t.Errorf("%v\n%s", err, output)
				}
				if !c.passes && !oneRejected.Match(output) {
					t.Errorf("it does not say why:\n%s", output)
				}
			})
		}
	}
}

// TestEveryVariableIsTold by the page for clients, and by make.
func TestEveryVariableIsTold(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join("..", "..", "infra", "docs", "clients.md"))
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join("..", "..", "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	help := regexp.MustCompile("(?m)^local: ## .*$").Find(makefile)
	var usage bytes.Buffer
	if _, err := parse([]string{"-h"}, &usage); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile("(?m)^  -([a-z0-9-]+)").FindAllStringSubmatch(usage.String(), -1) {
		name := strings.ToUpper(strings.ReplaceAll(match[1], "-", "_"))
		if name == "ASSEMBLY" || name == "ENVIRONMENT" || name == "FUNCTIONS" { // only flags
			continue
		}
		if !bytes.Contains(docs, []byte("`"+name+"`")) {
			t.Errorf("clients.md does not tell of %s", name)
		}
		if !bytes.Contains(help, []byte(" "+name+"=")) {
			t.Errorf("make does not tell of %s", name)
		}
	}
}

// oneRejected is how each tool shows the counts that were not expected.
var oneRejected = regexp.MustCompile(`"rejected": ?1\b`)

// recipes are those of the docs, and what runs them.
type recipes struct {
	folder, chromium string
	texts            map[string]string // by tool
}

// newRecipes reads the recipes, and installs what runs them once for this repository.
func newRecipes(t *testing.T) recipes {
	t.Helper()
	r := recipes{chromium: browser.Find(t), texts: map[string]string{}}
	for _, name := range []string{"node", "npm"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no %s on the PATH: the recipes of the docs are not tested here", name)
		}
	}
	docs, err := os.ReadFile(filepath.Join("..", "..", "infra", "docs", "clients.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```js\n(.*?)```").FindAllSubmatch(docs, -1) {
		tool := "cypress"
		if bytes.Contains(block[1], []byte("@playwright/test")) {
			tool = "playwright"
		}
		r.texts[tool] = string(block[1])
	}
	if len(r.texts) != 2 {
		t.Fatalf("the docs have recipes for %d tools", len(r.texts))
	}
	if r.folder, err = filepath.Abs(filepath.Join("..", "..", ".local", "recipes")); err != nil {
		t.Fatal(err)
	}
	r.install(t)
	return r
}

// install makes a folder of what the lock file says, unless it is there.
func (r recipes) install(t *testing.T) {
	t.Helper()
	var lock []byte
	for _, name := range []string{"cypress.mjs", "package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join("recipes", name))
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(os.MkdirAll(r.folder, 0o755), os.WriteFile(filepath.Join(r.folder, name), text, 0o644))
		if err != nil {
			t.Fatal(err)
		}
		lock = text // the last
	}
	done := filepath.Join(r.folder, "node_modules", "installed")
	if installed, err := os.ReadFile(done); err == nil && bytes.Equal(installed, lock) {
		return
	}
	command := exec.Command("npm", "ci", "--prefix", r.folder, "--no-audit", "--no-fund", "--silent")
	if output, err := command.CombinedOutput(); err != nil {
		t.Skipf("npm cannot install Playwright, so the recipes of the docs are not tested here: %v: %.300s", err, output)
	}
	if err := os.WriteFile(done, lock, 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs a recipe.
func (r recipes) run(t *testing.T, tool, text string) ([]byte, error) {
	t.Helper()
	folder := t.TempDir()
	if err := os.Symlink(filepath.Join(r.folder, "node_modules"), filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	config := fmt.Sprintf(`export default { timeout: 60_000, reporter: "line",
		use: { launchOptions: { executablePath: %q, args: ["--no-sandbox"] } } };`, r.chromium)
	for name, content := range map[string]string{"recipe.spec.mjs": text, "playwright.config.mjs": config} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	arguments := []string{filepath.Join(r.folder, "node_modules", "@playwright", "test", "cli.js"), "test"}
	if tool == "cypress" {
		arguments = []string{filepath.Join(r.folder, "cypress.mjs"), r.chromium, filepath.Join(folder, "recipe.spec.mjs")}
	}
	command := exec.CommandContext(t.Context(), "node", arguments...)
	command.Dir = folder
	return command.CombinedOutput()
}
