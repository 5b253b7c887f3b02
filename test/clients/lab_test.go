package clients_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"global-ingest/test/browser"
	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

var functions, runAll = simulator.NewBuild()

func TestMain(m *testing.M) { runAll(m) }

// state is what works of AWS while an SDK sends.
type state string

const (
	well     state = "all is well"
	spilling state = "Firehose refuses"
	down     state = "Firehose and S3 refuse"
)

// downFor is how long both refuse after the first 503: longer than an SDK takes to send all
// that it has, also in several requests at once.
const downFor = 300 * time.Millisecond

// needSDKs skips the test unless the SDKs are installed.
func needSDKs(t *testing.T) {
	t.Helper()
	// go test takes a result from its cache unless a file changed that the test looked at.
	for _, path := range []string{
		"node_modules", "package-lock.json", "sdks/server.mjs", "sdks/server.go", "sdks/go.mod", "sdks/browser.mjs",
	} {
		if _, err := os.Stat(filepath.FromSlash(path)); err != nil {
			t.Skipf("the SDKs are not installed, `make clients` does it: %v", err)
		}
	}
}

// pipeline is one environment of the product, behind a wire that notes what passes.
type pipeline struct {
	*simulator.Simulator
	wire    *httptest.Server
	mended  atomic.Bool
	refused chan struct{} // closed once a request was

	mu   sync.Mutex
	seen []string
}

func start(t *testing.T, s state) *pipeline {
	t.Helper()
	templates, err := simulator.GoldenTemplates(filepath.Join("..", "synth", "testdata"), "Dev")
	if err != nil {
		t.Fatal(err)
	}
	p := &pipeline{refused: make(chan struct{})}
	p.mended.Store(s == well)
	p.Simulator, err = simulator.Start(simulator.Options{
		Templates: simulator.Patient(templates), Bootstraps: functions(t), Dir: t.TempDir(), Patience: 100 * time.Millisecond,
		FirehoseFaults: func(simulator.Call) *simulator.Fault {
			if p.mended.Load() {
				return nil
			}
			return simulator.Unavailable()
		},
		ObjectFaults: func(string, string) error {
			if s != down || p.mended.Load() {
				return nil
			}
			return errors.New("S3 refuses")
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.wire = httptest.NewServer(p.proxy(t))
	t.Cleanup(func() {
		p.wire.Close()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func (p *pipeline) mend() { p.mended.Store(true) }

// proxy passes everything on as it is, and notes it.
func (p *pipeline) proxy(t *testing.T) http.Handler {
	endpoint, err := url.Parse(p.URL)
	if err != nil {
		t.Fatal(err)
	}
	refuse := sync.OnceFunc(func() {
		close(p.refused)
		time.AfterFunc(downFor, p.mend)
	})
	return &httputil.ReverseProxy{
		Transport: &http.Transport{DisableCompression: true},
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(endpoint) },
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusServiceUnavailable {
				refuse()
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.seen = append(p.seen, fmt.Sprintf("%s %s %d", r.Request.Method, r.Request.URL.Path, r.StatusCode))
			return nil
		},
	}
}

// exchanges are the requests that passed, but for preflights, each with its answers in order.
func (p *pipeline) exchanges() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	answers := map[string][]string{}
	for _, text := range p.seen {
		cut := strings.LastIndexByte(text, ' ')
		if request := text[:cut]; !strings.HasPrefix(request, "OPTIONS") {
			answers[request] = append(answers[request], text[cut+1:])
		}
	}
	var all []string
	for _, request := range slices.Sorted(maps.Keys(answers)) {
		all = append(all, request+" "+strings.Join(answers[request], " "))
	}
	return strings.Join(all, ", ")
}

// awaitRefusal waits until an SDK was refused, and has had the time to send again at once.
func (p *pipeline) awaitRefusal(t *testing.T) {
	t.Helper()
	select {
	case <-p.refused:
		time.Sleep(3 * downFor)
	case <-time.After(20 * time.Second):
		t.Error("nothing was sent that could be refused")
	}
}

// settle waits until events of these types are in the lake, with its rejects. An SDK may still
// be sending, and may take seconds before it does so again.
func (p *pipeline) settle(t *testing.T, want []string) traffic.Lake {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		err := p.Flush(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		found, err := traffic.ReadLake(p.Lake, p.Bucket)
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Lines) >= len(want) || len(found.Rejects) > 0 || time.Now().After(deadline) {
			return found
		}
	}
}

func types(found traffic.Lake) []string {
	var types []string
	for _, line := range found.Lines {
		types = append(types, line.Type)
	}
	slices.Sort(types)
	return types
}

// member returns the text at a path of members, such as "properties.$insert_id", or nothing.
func member(event json.RawMessage, path string) (text string) {
	for name := range strings.SplitSeq(path, ".") {
		var members map[string]json.RawMessage
		_ = json.Unmarshal(event, &members) // only an object has members
		event = members[name]
	}
	_ = json.Unmarshal(event, &text) // only a string is an id
	return text
}

// told is what an SDK says of its events, and which other hosts it asked.
type told struct {
	Tells     string   `json:"tells"`
	Elsewhere []string `json:"elsewhere"`
}

// outcome is what became of one run of a client.
type outcome struct {
	told
	exchanges string
}

// sender has a client send its events to a host.
type sender func(t *testing.T, c client, host string) told

// node has an SDK of Node send.
func node(*testing.T) sender {
	return func(t *testing.T, c client, host string) told {
		t.Helper()
		return execute(t, nil, "node", filepath.Join("sdks", "server.mjs"), c.name, host)
	}
}

// goProgram builds the program of Go's SDKs, and returns what has one send. For other hosts
// than this machine it has a proxy that is not there.
func goProgram(t *testing.T) sender {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sdks")
	if output, err := exec.Command("go", "build", "-C", "sdks", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, output)
	}
	return func(t *testing.T, c client, host string) told {
		t.Helper()
		return execute(t, []string{"HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1"}, path, c.name, host)
	}
}

// execute runs a program whose last line is what the SDK says.
func execute(t *testing.T, environ []string, name string, args ...string) (said told) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), environ...)
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s%s", name, args, err, output, stderr.Bytes())
	}
	lines := bytes.Split(bytes.TrimSpace(output), []byte("\n"))
	if err := json.Unmarshal(lines[len(lines)-1], &said); err != nil {
		t.Fatalf("%s %s: %v in %s%s", name, args, err, output, stderr.Bytes())
	}
	return said
}

// page bundles the SDKs of pages, and returns what opens a page with one in a tab of its own.
// The page's origin is not the endpoint's, and new each time: an SDK keeps what it could not send.
func page(t *testing.T) sender {
	t.Helper()
	first := browser.Open(t)
	bundle := t.TempDir()
	esbuild := exec.Command(filepath.Join("node_modules", ".bin", "esbuild"), filepath.Join("sdks", "browser.mjs"),
		"--bundle", "--splitting", "--format=esm", "--log-level=warning", "--outdir="+bundle)
	if output, err := esbuild.CombinedOutput(); err != nil {
		t.Fatalf("esbuild: %v: %s", err, output)
	}
	html := `<!doctype html><title>shop</title><script type="module" src="/browser.js"></script><body>Welcome`
	if err := os.WriteFile(filepath.Join(bundle, "index.html"), []byte(html), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T, c client, host string) told {
		t.Helper()
		server := httptest.NewServer(http.FileServer(http.Dir(bundle)))
		tab, closeTab := chromedp.NewContext(first)
		t.Cleanup(func() {
			closeTab()
			server.Close()
		})
		return visit(tab, t, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), c, host)
	}
}

// visit opens the page in a tab, and has a client send its events there.
func visit(tab context.Context, t *testing.T, origin string, c client, host string) told {
	t.Helper()
	var mu sync.Mutex
	asked := map[string]bool{}
	err := cmp.Or(chromedp.Listen(tab, func(happened any) {
		if request, ok := happened.(*network.EventRequestWillBeSent); ok {
			mu.Lock()
			defer mu.Unlock()
			if u, err := url.Parse(request.Request.URL); err == nil && strings.HasPrefix(u.Scheme, "http") {
				asked[u.Hostname()] = true
			}
		}
	}), chromedp.Do(tab, chromedp.Navigate(origin)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(tab, time.Minute)
	defer cancel()
	script := fmt.Sprintf("run(%q, %q)", c.name, host)
	tells, err := chromedp.Run(ctx, chromedp.Evaluate[string](script, chromedp.EvalAwaitPromise))
	if err == nil && c.leaves {
		err = chromedp.Do(ctx, chromedp.Navigate("about:blank"))
	}
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	delete(asked, "127.0.0.1")
	delete(asked, "localhost")
	return told{tells, slices.Sorted(maps.Keys(asked))}
}

// row is what came of a client in each state.
type row struct {
	client
	well, spilling, down outcome
}

// table is what came of the clients that ran, or nothing when none did.
func table(rows []row) string {
	rows = slices.DeleteFunc(rows, func(r row) bool { return r.well.Tells == "" })
	if len(rows) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n| client | asks | while Firehose and S3 refuse | it says | so it |\n" +
		"| --- | --- | --- | --- | --- |\n")
	for _, r := range rows {
		says := strings.ReplaceAll(r.down.Tells, "\n", " ")
		fmt.Fprintf(&b, "| %s | %s | %s | %.100s | %s |\n", r.name, r.well.exchanges, r.down.exchanges, says, r.refused)
	}
	return b.String()
}
