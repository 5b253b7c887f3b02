package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"global-ingest/test/simulator"
)

// console shows a status that changes, and sentences above it: on a terminal the status is
// one line that is written over, elsewhere a new line when something changed.
type console struct {
	out      io.Writer
	terminal bool

	mu    sync.Mutex
	shown string
}

func newConsole(out io.Writer) *console {
	return &console{out: out, terminal: isTerminal(out), shown: statusLine(simulator.Counters{})}
}

// say prints a sentence, and the status again below it.
func (c *console) say(sentence string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.terminal {
		fmt.Fprintln(c.out, sentence)
		return
	}
	fmt.Fprintf(c.out, "\r\033[K%s\n", sentence)
	c.printLocked()
}

// show prints a status that is not the one shown.
func (c *console) show(status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if status != c.shown {
		c.shown = status
		c.printLocked()
	}
}

func (c *console) printLocked() {
	format := "%s\n"
	if c.terminal {
		// Back to the start, clear, do not wrap: a long line is cut at the edge.
		format = "\r\033[K\033[?7l%s\033[?7h"
	}
	fmt.Fprintf(c.out, format, c.shown)
}

// end leaves the status where it is: what follows are plain lines.
func (c *console) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.terminal {
		fmt.Fprintln(c.out)
	}
	c.terminal = false
}

// watch shows what has happened until ctx ends, at most four times a second on a
// terminal, and once a second elsewhere.
func (c *console) watch(ctx context.Context, counters func() simulator.Counters) {
	every := time.Second
	if c.terminal {
		every = 250 * time.Millisecond
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.show(statusLine(counters()))
		}
	}
}

func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// statusLine says it all in one line. Requests are counted at the endpoint,
// events by the Validator, objects as they are written.
func statusLine(c simulator.Counters) string {
	line := fmt.Sprintf("requests accepted %d", c.Accepted)
	if c.Refused > 0 {
		line += fmt.Sprintf(", refused %d", c.Refused)
	}
	return line + fmt.Sprintf(" | events valid %d, rejected %s | objects %s", c.Valid, total(c.Rejected), total(c.Objects))
}

// total is the sum of counts, and in brackets what it is made of.
func total(counts map[string]int) string {
	sum := 0
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		sum += counts[name]
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	if sum == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", sum, strings.Join(parts, ", "))
}
