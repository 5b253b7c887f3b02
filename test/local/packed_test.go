package main

import (
	"context"
	"debug/buildinfo"
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pack runs what `make local-binary` does, and returns the executable.
func (s source) pack(t *testing.T, goos, goarch string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "packed")
	said := s.build(t, nil, "-out", path, "-goos", goos, "-goarch", goarch)
	want := path + "  " + goos + "/" + goarch + "  "
	if !strings.Contains(said, want) || !strings.HasSuffix(said, " MB\n") {
		t.Errorf("it says %q, want %q and a size", said, want)
	}
	return path
}

// alone is a command with arguments for free ports and without a variable of ours.
func alone(path string, more ...string) []string {
	ports := []string{"env", "-i", path, "-port", "0", "-page-port", "0", "-s3-port", "0", "-patience", "1ms"}
	return append(ports, more...)
}

// wantNothingLeft looks for what the program made for itself, in its folder and at work.
func (p *program) wantNothingLeft(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !slices.Contains([]string{"lake", "logs", "local.pid"}, entry.Name()) {
			t.Errorf("it leaves %s behind", entry.Name())
		}
	}
	links, _ := filepath.Glob("/proc/[0-9]*/exe") // empty on a system without /proc
	for _, link := range links {
		if executable, err := os.Readlink(link); err == nil && strings.HasPrefix(executable, p.dir) {
			t.Errorf("%s still runs %s", link, executable)
		}
	}
}

// ownTypes is a folder with the type search, whose schema has this text.
func ownTypes(t *testing.T, schema string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "search.json"), []byte(schema), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// fails runs the command, which must end by itself, and returns what it says.
func fails(t *testing.T, command ...string) string {
	t.Helper()
	said, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err == nil {
		t.Errorf("%v ends without an error:\n%s", command, said)
	}
	return string(said)
}

// TestThePackedProgramNeedsNothingBesideIt: no variable, no PATH, no file.
func TestThePackedProgramNeedsNothingBesideIt(t *testing.T) {
	path := copySource(t).pack(t, runtime.GOOS, runtime.GOARCH)

	t.Run("two at once store what each is sent, and leave nothing behind", func(t *testing.T) {
		one, two := launch(t, t.TempDir(), alone(path)...), launch(t, t.TempDir(), alone(path, "-environment", "Prod")...)
		for _, p := range []*program{one, two} {
			if lake := p.judge(t, validEvent); len(lake.Lines) != 1 || string(lake.Lines[0].Event) != validEvent {
				t.Errorf("lake has %+v", lake)
			}
			p.wantNothingLeft(t)
		}
	})
	t.Run("with variables as CI gives them, it has an event in the lake at once", func(t *testing.T) {
		const atOnce = 2 * time.Second // the buffers of PATIENCE's default take 2.1 s
		began := time.Now()
		p := launch(t, t.TempDir(), "env", "-i", "PORT=0", "PAGE_PORT=0", "S3_PORT=0", "PATIENCE=1ms", path)
		t.Logf("listens after %d ms", time.Since(began).Milliseconds())
		for _, event := range []string{"the first event", "the second event"} {
			began, before := time.Now(), len(p.lake(t, p.bucket).Lines)
			accepted(t, p.url, validEvent)
			for len(p.lake(t, p.bucket).Lines) == before && time.Since(began) < atOnce {
				time.Sleep(time.Millisecond)
			}
			if took := time.Since(began); took < atOnce {
				t.Logf("%s is in the lake after %d ms", event, took.Milliseconds())
			} else {
				t.Errorf("%s is not in the lake after %s", event, took)
			}
		}
	})
	t.Run("in the folder of another one it stops, and the other one works on", func(t *testing.T) {
		p := launch(t, t.TempDir(), alone(path)...)
		if said := fails(t, alone(path, "-dir", p.dir)...); !strings.Contains(said, "runs in "+p.dir+" already") {
			t.Errorf("it says %q", said)
		}
		if lake := p.judge(t, validEvent); len(lake.Lines) != 1 {
			t.Errorf("lake has %+v", lake)
		}
	})
	t.Run("after a kill -9 it starts again in the same folder", func(t *testing.T) {
		p := launch(t, t.TempDir(), alone(path)...)
		p.signal(t, syscall.SIGKILL)
		if err := <-p.ended; err == nil {
			t.Error("a kill ended it as if it had stopped by itself")
		}
		p = launch(t, p.dir, alone(path)...)
		if lake := p.judge(t, validEvent); len(lake.Lines) != 1 {
			t.Errorf("lake has %+v", lake)
		}
		p.wantNothingLeft(t)
	})
	t.Run("it judges by the event types of a folder", func(t *testing.T) {
		own := ownTypes(t, `{"type": "object", "required": ["query"]}`)
		p := launch(t, t.TempDir(), alone(path, "-schemas", own)...)
		lake := p.judge(t, `[{"type":"search"}, {"type":"search","query":"q"}, {"type":"click"}]`)
		if len(lake.Lines) != 2 || len(lake.Rejects) != 1 || lake.Rejects[0].Errors[0].Message != `lacks "query"` {
			t.Errorf("lake has %+v", lake)
		}
	})
	t.Run("it knows its environments", func(t *testing.T) {
		said := fails(t, alone(path, "-dir", t.TempDir(), "-environment", "Test")...)
		if !strings.HasSuffix(said, "it holds Dev, Prod, Staging\n") {
			t.Errorf("it says %q", said)
		}
		help, err := exec.Command(path, "-h").Output()
		if err != nil || !strings.Contains(string(help), "to run: Dev, Prod, Staging") {
			t.Errorf("help is %v:\n%s", err, help)
		}
	})
	t.Run("the recipe of the documentation starts it", func(t *testing.T) { followRecipe(t, path) })
}

// TestAFolderThatHoldsNoEventTypesIsOneClearLine, which names the file and the place in it.
func TestAFolderThatHoldsNoEventTypesIsOneClearLine(t *testing.T) {
	for _, c := range []struct{ folder, want string }{
		{ownTypes(t, `{"type": "objekt"}`), `search.json#/type: must be one of "array", `},
		{ownTypes(t, `{"type": `), "search.json#/type: "},
		{t.TempDir(), "holds no event type: one is a file <type>.json"},
		{filepath.Join(t.TempDir(), "nowhere"), "no such file or directory"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second) // if it does start
		err := run(ctx, arguments(t, "-schemas", c.folder), &screen{})
		cancel()
		if err == nil || !strings.HasPrefix(err.Error(), "schemas "+c.folder+": ") ||
			!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error is %v, want one line with %q", err, c.want)
		}
	}
}

var systems = flag.Bool("systems", false, "pack executables for other systems, too")

// TestEverySystemGetsAnExecutable: it is built here, and cannot run here.
func TestEverySystemGetsAnExecutable(t *testing.T) {
	if !*systems {
		t.Skip("compiles everything for two more systems, minutes without a cache: " +
			"go test ./test/local -run EverySystem -systems")
	}
	s := copySource(t)
	for _, system := range []string{"linux/amd64", "linux/arm64", "darwin/arm64"} {
		goos, goarch, _ := strings.Cut(system, "/")
		if goos == runtime.GOOS && goarch == runtime.GOARCH {
			continue // TestThePackedProgramNeedsNothingBesideIt
		}
		info, err := buildinfo.ReadFile(s.pack(t, goos, goarch))
		if err != nil {
			t.Fatal(err)
		}
		for _, setting := range info.Settings {
			if setting.Key == "GOOS" && setting.Value != goos || setting.Key == "GOARCH" && setting.Value != goarch {
				t.Errorf("%s: %s is %s", system, setting.Key, setting.Value)
			}
		}
	}
}

// followRecipe runs the shell of infra/docs/clients.md for a front end, but for the download.
func followRecipe(t *testing.T, path string) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("the recipe waits with curl, which is not on the PATH")
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "infra", "docs", "clients.md"))
	if err != nil {
		t.Fatal(err)
	}
	recipe := regexp.MustCompile(`(?s)\n    gh release download .*?--pattern (\S+)\n(.*?)` + "```").FindSubmatch(page)
	if recipe == nil {
		t.Fatal("clients.md has no recipe that downloads")
	}
	dir, port := t.TempDir(), freePort(t)
	if err := os.Rename(path, filepath.Join(dir, string(recipe[1]))); err != nil {
		t.Fatal(err)
	}
	shell := exec.Command("bash", "-e", "-c", strings.ReplaceAll(string(recipe[2]), "8080", port))
	shell.Dir, shell.Env = dir, append(os.Environ(), "PATIENCE=1ms", "PAGE_PORT=0", "S3_PORT=0", "PORT="+port)
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	defer func() { _ = syscall.Kill(-shell.Process.Pid, syscall.SIGTERM) }()
	if said, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if id, err := post("http://127.0.0.1:"+port+"/events", validEvent); err != nil || id == "" {
		t.Errorf("after the recipe a post is answered %q, %v", id, err)
	}
}

// freePort is a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
