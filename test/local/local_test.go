package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"global-ingest/test/simulator"
)

// screen is a terminal that a test can read while the program writes.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(data []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(data)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// waitFor returns the first match of pattern once it is on the screen.
func (s *screen) waitFor(t *testing.T, pattern string) []string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if match := expression.FindStringSubmatch(s.String()); match != nil {
			return match
		}
	}
	t.Fatalf("%s does not appear on the screen:\n%s", pattern, s)
	return nil
}

// writeAssembly writes a cloud assembly that holds the golden templates of Dev.
func writeAssembly(t *testing.T) string {
	return writeAssemblyOf(t, "Dev", "dev/storage", "dev/pipeline")
}

// writeAssemblyOf writes a cloud assembly of an environment that holds these goldens.
func writeAssemblyOf(t *testing.T, environment string, goldens ...string) string {
	t.Helper()
	dir := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder := "assembly-" + environment
	write("manifest.json", fmt.Sprintf(
		`{"artifacts":{%q:{"type":"cdk:cloud-assembly","properties":{"directoryName":%[1]q}}}}`, folder))
	stacks := map[string]any{}
	for _, golden := range goldens {
		text, err := os.ReadFile(filepath.Join("..", "synth", "testdata", golden+".json"))
		if err != nil {
			t.Fatal(err)
		}
		name, region := environment, "us-east-1"
		parts := strings.Split(golden, "/")
		if len(parts) == 3 {
			name, region = environment+"-"+parts[1], parts[1]
		}
		stack := parts[len(parts)-1]
		name += "-" + strings.ToUpper(stack[:1]) + stack[1:]
		write(folder+"/"+name+".template.json", string(text))
		stacks[name] = map[string]any{
			"type": "aws:cloudformation:stack", "environment": "aws://111111111111/" + region,
			"properties": map[string]string{"templateFile": name + ".template.json", "stackName": name},
		}
	}
	manifest, err := json.Marshal(map[string]any{"artifacts": stacks})
	if err != nil {
		t.Fatal(err)
	}
	write(folder+"/manifest.json", string(manifest))
	return dir
}

// arguments run the program on free ports, on its own folder.
func arguments(t *testing.T, more ...string) []string {
	t.Helper()
	return append([]string{
		"-assembly", writeAssembly(t), "-functions", filepath.Dir(functions(t)["Ingest"]), "-dir", t.TempDir(),
		"-port", "0", "-page-port", "0", "-s3-port", "0", "-patience", "500ms",
	}, more...)
}

func TestProgramRunsAndStopsWithEverythingWritten(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	var out screen
	ended := make(chan error, 1)
	args := arguments(t, "-patience", "1h")
	go func() { ended <- run(ctx, args, &out) }()
	url := out.waitFor(t, `endpoint +(http://127\.0\.0\.1:\d+/events)`)[1]
	s3 := out.waitFor(t, `S3 +(http://127\.0\.0\.1:\d+) +bucket (\S+)`)
	out.waitFor(t, `Not proven here`)
	for _, body := range []string{validEvent, invalidEvent} {
		if got := do(t, http.MethodPost, url, strings.NewReader(body)); got.status != http.StatusOK {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	out.waitFor(t, `requests accepted 2 \| events valid 1, rejected 1 \(schema_violation 1\) \| objects 0\n`)
	if got := do(t, http.MethodGet, s3[1]+"/"+s3[2], nil); got.status != http.StatusOK {
		t.Errorf("S3: %d %s", got.status, got.body)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	out.waitFor(t, `stopped: requests accepted 2 \| events valid 1, rejected 1 \(schema_violation 1\) \| `+
		`objects 2 \(events 1, rejected 1\)\n`)
	t.Log(out.String())
}

// take has a port taken, unless it already is, and returns it as text.
func take(t *testing.T, port int) string {
	t.Helper()
	listener, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", port))
	switch {
	case err == nil:
		t.Cleanup(func() { listener.Close() })
	case !errors.Is(err, syscall.EADDRINUSE):
		t.Fatal(err)
	}
	return strconv.Itoa(port)
}

func TestMistakesAreOneClearLine(t *testing.T) {
	port, last := take(t, 18080), take(t, maxPort)
	for _, c := range []struct {
		args []string
		want string
	}{
		{arguments(t, "-port", port), "port 18080 is taken: choose another one with PORT=18090"},
		{arguments(t, "-s3-port", port), "port 18080 is taken: choose another one with S3_PORT=18090"},
		{arguments(t, "-page-port", last), "port 65535 is taken: choose another one with PAGE_PORT=65525"},
		{arguments(t, "-page-port", "-1"), `invalid value "-1" for flag -page-port: want 0 to 65535`},
		{arguments(t, "-port", "http"), `invalid value "http" for flag -port: want 0 to 65535`},
		{arguments(t, "-s3-port", "70000"), `invalid value "70000" for flag -s3-port: want 0 to 65535`},
		{arguments(t, "-sandboxes", "0"), `invalid value "0" for flag -sandboxes: want 1 to 1000`},
		{arguments(t, "-patience", "-1s"), `invalid value "-1s" for flag -patience: want 0 or a time such as 2s`},
		{arguments(t, "-patience", "5"), `invalid value "5" for flag -patience: want 0 or a time such as 2s`},
		{arguments(t, "-throttle=maybe"), `invalid boolean value "maybe" for -throttle: want 1 or 0`},
		{arguments(t, "-functions", "nowhere"), "`make local` builds it"},
		{arguments(t, "-assembly", "nowhere"), "no templates in nowhere: `make local` synthesizes them"},
		{arguments(t, "-environment", "Test"), `no environment "Test"; it holds Dev`},
		{arguments(t, "now"), `unexpected argument "now"`},
	} {
		err := run(t.Context(), c.args, &screen{})
		if err == nil || !strings.HasSuffix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line that ends in %q", err, c.want)
		}
	}
}

// TestAVariableIsAFlag unless it is empty, and a flag on the command line wins.
func TestAVariableIsAFlag(t *testing.T) {
	for name, value := range map[string]string{
		"DIR": "d", "PORT": "1", "PAGE_PORT": "5", "S3_PORT": "2", "PATIENCE": "1ms", "SANDBOXES": "3",
		"THROTTLE": "1", "SCHEMAS": "s", "CITY": "sydney", "SPEED": "20",
	} {
		t.Setenv(name, value)
	}
	got, err := parse([]string{"-s3-port", "4"}, io.Discard)
	want := settings{
		assembly: ".local/templates/Dev", environment: "Dev", functions: ".local/bin", dir: "d", schemas: "s",
		port: 1, pagePort: 5, s3Port: 4, patience: time.Millisecond, sandboxes: 3, throttle: true,
		city: "sydney", speed: 20,
	}
	if err != nil || got != want {
		t.Errorf("settings are %+v, %v, want %+v", got, err, want)
	}
	t.Setenv("PORT", "")
	if got, err := parse(nil, io.Discard); err != nil || got.port != 8080 {
		t.Errorf("port is %d, %v", got.port, err)
	}
	t.Setenv("PORT", "http")
	if _, err := parse(nil, io.Discard); err == nil || err.Error() != `invalid value "http" for PORT: want 0 to 65535` {
		t.Errorf("error is %v", err)
	}
}

func TestStatusLine(t *testing.T) {
	got := statusLine(simulator.Counters{
		Accepted: 12, Refused: 1, Valid: 9,
		Rejected: map[string]int{"not_json": 2, "empty": 1}, Objects: map[string]int{"events": 2},
	})
	want := "requests accepted 12, refused 1 | events valid 9, rejected 3 (empty 1, not_json 2) | objects 2 (events 2)"
	if got != want {
		t.Errorf("status is %q, want %q", got, want)
	}
}

func TestStatusIsPrintedOnceUntilItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		began := time.Now()
		var out screen
		newConsole(&out).watch(ctx, func() simulator.Counters {
			return simulator.Counters{Accepted: int(time.Since(began).Seconds()) / 4}
		})
		if n := strings.Count(out.String(), "\n"); n != 2 {
			t.Errorf("a status that changes twice is printed %d times:\n%s", n, &out)
		}
	})
}
