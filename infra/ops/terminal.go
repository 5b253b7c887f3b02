package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

// terminal is how a verb talks to a person. Results go to out, progress to notes.
type terminal struct {
	in         io.Reader
	out, notes io.Writer
}

// ask asks a yes or no question. Its error says that nobody was there to answer.
func (t terminal) ask(question string) (yes bool, err error) {
	fmt.Fprintf(t.out, "%s [y/N] ", question)
	answer, err := bufio.NewReader(t.in).ReadString('\n')
	if answer != "" {
		err = nil
	}
	return strings.EqualFold(strings.TrimSpace(answer), "y"), err
}

// confirm asks a yes or no question. No answer is a no.
func (t terminal) confirm(question string) bool {
	yes, _ := t.ask(question)
	return yes
}

// longList is how many objects take so long to read that a person wants to see progress.
const longList = 20

// bar shows how far the reading of objects is, when it takes long.
func (t terminal) bar(title string, objects int) *progressbar.ProgressBar {
	return progressbar.NewOptions(objects, progressbar.OptionSetWriter(t.notes),
		progressbar.OptionSetVisibility(objects >= longList), progressbar.OptionSetDescription(title),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
}

// exec runs a program on the terminal, with more variables.
func (t terminal) exec(ctx context.Context, variables []string, name string, args ...string) error {
	command := exec.CommandContext(ctx, name, args...)
	command.Env = append(os.Environ(), variables...)
	// On Ctrl-C the program ends its own way: the CDK CLI then leaves no half-written file.
	command.Cancel, command.WaitDelay = func() error { return command.Process.Signal(os.Interrupt) }, 10*time.Second
	command.Stdin, command.Stdout, command.Stderr = t.in, t.out, t.notes
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// output runs a program and returns what it prints. Its error ends with all that the program said.
func output(ctx context.Context, in io.Reader, variables []string, name string, args ...string) ([]byte, error) {
	var out, problems bytes.Buffer
	if err := (terminal{in, &out, &problems}).exec(ctx, variables, name, args...); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, bytes.TrimSpace(append(out.Bytes(), problems.Bytes()...)))
	}
	return out.Bytes(), nil
}

// write writes a file, and the folders that it needs.
func write(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// pause waits. It ends with ctx, and then returns its error.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
