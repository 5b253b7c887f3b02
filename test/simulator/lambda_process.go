//go:build unix

package simulator

import (
	"bytes"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// patienceAtStop is how long a process may take to end after SIGTERM.
const patienceAtStop = 500 * time.Millisecond

// process is a child in a process group of its own, so that a Ctrl-C meant for
// us does not reach it before its work is flushed.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
}

// startProcess starts cmd on an operating-system thread that stays until it has
// ended: where the kernel can end a child together with its parent, "parent" is
// the thread that started it.
func startProcess(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = childAttributes()
	cmd.WaitDelay = patienceAtStop
	p := &process{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // cmd.ProcessState says how it ended
			close(p.exited)
		}
	}()
	return p, <-started
}

// stop ends the process politely, then at once.
func (p *process) stop() {
	p.signal(syscall.SIGTERM)
	p.thaw() // a frozen process would not hear of it
	select {
	case <-p.exited:
	case <-time.After(patienceAtStop):
		p.kill()
	}
}

func (p *process) kill() { p.signal(syscall.SIGKILL) }

func (p *process) freeze() { p.signal(syscall.SIGSTOP) }

func (p *process) thaw() { p.signal(syscall.SIGCONT) }

// signal reaches the whole group. A process that has ended needs no signal, and
// its number may by then be another's.
func (p *process) signal(s syscall.Signal) {
	select {
	case <-p.exited:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, s) // fails only when it has just ended
	}
}

// maxLineBytes bounds a line that never ends; CloudWatch cuts at 256 KiB too.
const maxLineBytes = 256 << 10

// lineWriter calls line for each line written to it, without its newline.
type lineWriter struct {
	line func(string)
	rest []byte
}

func (w *lineWriter) Write(data []byte) (int, error) {
	w.rest = append(w.rest, data...)
	for {
		end := bytes.IndexByte(w.rest, '\n')
		switch {
		case end >= 0:
			w.line(string(w.rest[:end]))
			w.rest = w.rest[end+1:]
		case len(w.rest) >= maxLineBytes:
			w.flush()
		default:
			return len(data), nil
		}
	}
}

// flush passes on what is left without a newline.
func (w *lineWriter) flush() {
	if len(w.rest) > 0 {
		w.line(string(w.rest))
		w.rest = nil
	}
}
