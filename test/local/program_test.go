package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// built builds a command of this module.
func built(t *testing.T, command string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), filepath.Base(command))
	if output, err := exec.Command("go", "build", "-o", path, "global-ingest/"+command).CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", command, err, output)
	}
	return path
}

// executable builds the program as `make local` does.
func executable(t *testing.T) string {
	t.Helper()
	return built(t, "test/local")
}

// program is make local's executable at work.
type program struct {
	screen
	process          *os.Process
	url, dir, bucket string
	ended            chan error
}

// launch runs the command, which is the program's and has its arguments, until it serves.
func launch(t *testing.T, dir string, command ...string) *program {
	t.Helper()
	p := &program{dir: dir, ended: make(chan error, 1)}
	cmd := exec.Command(command[0], append(command[1:], "-dir", dir)...)
	cmd.Stdout, cmd.Stderr = p, p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.process = cmd.Process
	go func() { p.ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = p.process.Kill() }) // when the test has failed
	p.url = p.waitFor(t, `endpoint +(http://127\.0\.0\.1:\d+/events)`)[1]
	p.bucket = p.waitFor(t, `bucket (\S+)`)[1]
	p.waitFor(t, `Ctrl-C stops, and writes`)
	return p
}

// command is the program with arguments for free ports.
func command(t *testing.T, path string, more ...string) []string {
	t.Helper()
	return append([]string{path}, arguments(t, more...)...)
}

// send posts from so many connections until something stops it, and returns what
// was acknowledged, by ingest id.
func (p *program) send(connections int) (acknowledged map[string]string) {
	acknowledged = map[string]string{}
	var mu sync.Mutex
	var senders sync.WaitGroup
	for c := range connections {
		senders.Go(func() {
			for n := 0; ; n++ {
				body := fmt.Sprintf(`{"type":"load","connection":%d,"n":%d}`, c, n)
				id, err := post(p.url, body)
				if err != nil {
					return
				}
				mu.Lock()
				acknowledged[id] = body
				mu.Unlock()
			}
		})
	}
	senders.Wait()
	return acknowledged
}

// lake reads a bucket.
func (p *program) lake(t *testing.T, bucket string) traffic.Lake {
	t.Helper()
	return readLake(t, filepath.Join(p.dir, "lake", "buckets"), bucket)
}

// wantStored holds the lake to what was acknowledged, and waits for the program to end.
func (p *program) wantStored(t *testing.T, acknowledged map[string]string) {
	t.Helper()
	p.wantEnd(t)
	lake := p.lake(t, p.bucket)
	stored := map[string]string{}
	for _, line := range lake.Lines {
		stored[strings.TrimSuffix(line.ID, "/0")] = string(line.Event)
	}
	lost := 0
	for id, body := range acknowledged {
		if stored[id] != body {
			lost++
		}
	}
	if lost > 0 || len(lake.Spilled)+len(lake.Failed) > 0 {
		t.Errorf("%d of %d acknowledged events are lost, %d objects in spill/, %d records in failed/",
			lost, len(acknowledged), len(lake.Spilled), len(lake.Failed))
	}
	t.Logf("%d acknowledged", len(acknowledged))
}

// wantEnd waits until the program has ended well.
func (p *program) wantEnd(t *testing.T) {
	t.Helper()
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("it ended with %v:\n%s", err, p)
		}
	case <-time.After(time.Minute):
		t.Fatalf("it does not end:\n%s", p)
	}
}

// halfSent opens a request that never becomes whole.
func (p *program) halfSent(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimSuffix(strings.TrimPrefix(p.url, "http://"), "/events"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, "POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
}

func (p *program) signal(t *testing.T, signals ...os.Signal) {
	t.Helper()
	for _, s := range signals {
		if err := p.process.Signal(s); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestHoweverItIsAskedToStopNothingAcknowledgedIsLost: under load, with a request open
// that never becomes whole, and buffers that would have held everything for minutes.
func TestHoweverItIsAskedToStopNothingAcknowledgedIsLost(t *testing.T) {
	path := executable(t)
	for name, c := range map[string]struct {
		patience string
		signals  []os.Signal
	}{
		"Ctrl-C":               {"1h", []os.Signal{os.Interrupt}},
		"kill":                 {"1h", []os.Signal{syscall.SIGTERM}},
		"a terminal closes":    {"1h", []os.Signal{syscall.SIGHUP, syscall.SIGHUP}},
		"buffers as templated": {"0", []os.Signal{syscall.SIGHUP}},
	} {
		t.Run(name, func(t *testing.T) {
			p := launch(t, t.TempDir(), command(t, path, "-patience", c.patience)...)
			p.halfSent(t)
			var began time.Time
			asking := time.AfterFunc(300*time.Millisecond, func() {
				began = time.Now()
				p.signal(t, c.signals...)
			})
			defer asking.Stop()
			p.wantStored(t, p.send(4))
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %s to stop", took)
			}
		})
	}
}

// TestUnderNohupItOutlivesItsTerminal.
func TestUnderNohupItOutlivesItsTerminal(t *testing.T) {
	shell := []string{"sh", "-c", `trap "" HUP; exec "$0" "$@"`}
	p := launch(t, t.TempDir(), append(shell, command(t, executable(t), "-patience", "1h")...)...)
	p.signal(t, syscall.SIGHUP)
	id := accepted(t, p.url, validEvent)
	p.signal(t, syscall.SIGTERM)
	p.wantStored(t, map[string]string{id: validEvent})
}

// TestAfterAKillItStartsAgainAndBringsBackWhatWasSpilled: kill -9 under load leaves whole
// objects only, and the queue's messages are gone, but not the objects that they named.
func TestAfterAKillItStartsAgainAndBringsBackWhatWasSpilled(t *testing.T) {
	path, dir := executable(t), t.TempDir()
	p := launch(t, dir, command(t, path, "-patience", "10ms")...)
	killing := time.AfterFunc(500*time.Millisecond, func() { p.signal(t, syscall.SIGKILL) })
	defer killing.Stop()
	p.send(4)
	if err := <-p.ended; err == nil {
		t.Error("it ended by itself")
	}
	spilled := spill(t, dir)
	p = launch(t, dir, command(t, path, "-patience", "1h")...)
	p.waitFor(t, `spill +1 objects of an earlier run go through again`)
	p.signal(t, syscall.SIGTERM)
	p.wantStored(t, spilled)
}

// spill leaves one acknowledged event in spill/, as a process does that ends while
// Firehose refuses.
func spill(t *testing.T, dir string) map[string]string {
	t.Helper()
	refuses := outage{fault: *simulator.Unavailable()}
	sim := start(t, patientTemplates(t), refuses.of, func(o *simulator.Options) { o.Dir = dir })
	id := accepted(t, sim.URL+"/events", validEvent)
	if err := sim.Close(); err != nil {
		t.Fatal(err)
	}
	return map[string]string{id: validEvent}
}

// TestTwoHundredConnectionsAreAllAnswered, and the console says once why they wait.
func TestTwoHundredConnectionsAreAllAnswered(t *testing.T) {
	const connections, posts = 200, 20
	p := launch(t, t.TempDir(), command(t, executable(t))...)
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
	refused := make(chan string, connections*posts)
	var senders sync.WaitGroup
	for range connections {
		senders.Go(func() {
			for range posts {
				response, err := client.Post(p.url, "application/json", strings.NewReader(validEvent))
				if err != nil {
					refused <- err.Error()
					continue
				}
				text, _ := io.ReadAll(response.Body)
				if response.Body.Close(); response.StatusCode != http.StatusOK {
					refused <- fmt.Sprint(response.StatusCode, " ", string(text))
				}
			}
		})
	}
	senders.Wait()
	if len(refused) > 0 {
		t.Errorf("%d of %d posts were not answered 200: %s\n%s", len(refused), connections*posts, <-refused, p)
	}
	if n := strings.Count(p.String(), "sandboxes of Ingest are busy"); n != 1 {
		t.Errorf("the console says %d times that requests wait:\n%s", n, p)
	}
	p.signal(t, syscall.SIGTERM)
	p.wantEnd(t)
}

// TestASecondOneInTheSameFolderIsRefused, with whose it is and what to type.
func TestASecondOneInTheSameFolderIsRefused(t *testing.T) {
	path := executable(t)
	p := launch(t, t.TempDir(), command(t, path)...)
	second := command(t, path, "-dir", p.dir)
	output, err := exec.Command(second[0], second[1:]...).CombinedOutput()
	var exit *exec.ExitError
	want := fmt.Sprintf("local: process %d runs in %s already: stop it, or run beside it with "+
		"DIR=%s-2 PORT=8090 PAGE_PORT=8091 S3_PORT=9010\n", p.process.Pid, p.dir, p.dir)
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || string(output) != want {
		t.Errorf("the second one ended with %v: %q, want %q", err, output, want)
	}
	if _, err := post(p.url, validEvent); err != nil {
		t.Errorf("the first one: %v", err)
	}
	p.signal(t, syscall.SIGTERM)
	p.wantEnd(t)
}

// TestAFullDiskIsOneLineAndNothingIsLost, once there is room again.
func TestAFullDiskIsOneLineAndNothingIsLost(t *testing.T) {
	dir := t.TempDir()
	if output, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no file system of 3 MB can be mounted here: %s", output)
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	p := launch(t, dir, command(t, executable(t), "-patience", "200ms")...)
	acknowledged := map[string]string{}
	add := func() {
		t.Helper()
		body := fmt.Sprintf(`{"type":"bulk","text":%q}`, noise(150_000))
		id := accepted(t, p.url, body)
		acknowledged[id] = body
	}
	for range 40 {
		add()
	}
	p.waitFor(t, `objects cannot be written to \S+: .*no space left on device`)
	if output, err := exec.Command("mount", "-o", "remount,size=64m", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	time.Sleep(4 * time.Second)
	add()
	p.waitFor(t, `objects are written again`)
	if n := strings.Count(p.String(), "cannot be written"); n != 1 {
		t.Errorf("the console says it %d times:\n%s", n, p)
	}
	p.signal(t, syscall.SIGTERM)
	p.wantStored(t, acknowledged)
}

// TestAFolderThatTakesNothingIsOneLine, which says what to type: it is read-only, or full.
func TestAFolderThatTakesNothingIsOneLine(t *testing.T) {
	path := executable(t)
	for option, cause := range map[string]string{"ro": "read-only file system", "size=4k": "no space left on device"} {
		dir := t.TempDir()
		if output, err := exec.Command("mount", "-t", "tmpfs", "-o", option, "tmpfs", dir).CombinedOutput(); err != nil {
			t.Skipf("no file system can be mounted here: %s", output)
		}
		t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
		_ = os.WriteFile(filepath.Join(dir, "filler"), make([]byte, 4<<10), 0o600) // as much as there is room for
		args := command(t, path, "-dir", dir)
		output, err := exec.Command(args[0], args[1:]...).CombinedOutput()
		text := string(output)
		if err == nil || strings.Count(text, "\n") != 1 || !strings.HasPrefix(text, "local: "+dir+" cannot be written: ") ||
			!strings.HasSuffix(text, cause+": choose another folder with DIR\n") {
			t.Errorf("%s: it ended with %v: %q", option, err, text)
		}
	}
}

// TestAPathMayHaveSpaces: the program's, the functions' and the folder's. What is printed
// to be pasted is one word.
func TestAPathMayHaveSpaces(t *testing.T) {
	base := filepath.Join(t.TempDir(), "it's a folder")
	built := filepath.Join(base, "my functions")
	for name, path := range functions(t) {
		to := filepath.Join(built, simulator.Functions[name])
		if err := errors.Join(os.MkdirAll(built, 0o755), os.Link(path, to)); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(base, "the program")
	if err := os.Rename(executable(t), program); err != nil {
		t.Fatal(err)
	}
	p := launch(t, filepath.Join(base, "the lake"), command(t, program, "-functions", built)...)
	id := accepted(t, p.url, validEvent)
	find := p.waitFor(t, `(?m)^  (find .* -type f)$`)[1]
	p.signal(t, syscall.SIGTERM)
	p.wantStored(t, map[string]string{id: validEvent})
	output, err := exec.Command("sh", "-c", find).CombinedOutput()
	if err != nil || !strings.Contains(string(output), "/events/") {
		t.Errorf("%s: %v %s", find, err, output)
	}
}

// TestAKillLosesNothingOlderThanTheWindow that the first screen names.
func TestAKillLosesNothingOlderThanTheWindow(t *testing.T) {
	p := launch(t, t.TempDir(), command(t, executable(t), "-patience", "300ms")...)
	window, err := time.ParseDuration(p.waitFor(t, `kill -9 loses the last (\S+)\n`)[1])
	if err != nil || window != 400*time.Millisecond {
		t.Fatalf("the window is %s, %v", window, err)
	}
	acknowledged := map[string]string{}
	for range 5 {
		id := accepted(t, p.url, validEvent)
		acknowledged[id] = validEvent
	}
	time.Sleep(window + 3*time.Second) // the Validator starts, and the machine is busy
	p.signal(t, syscall.SIGKILL)
	if err := <-p.ended; err == nil {
		t.Error("it ended by itself")
	}
	p.ended <- nil
	p.wantStored(t, acknowledged)
}
