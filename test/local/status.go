package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"global-ingest/test/simulator"
)

// showStatus prints what has happened until ctx ends: on a terminal as one line
// that changes, elsewhere as a new line when something changed. Neither more than
// once a second elsewhere, nor four times a second on a terminal.
func showStatus(ctx context.Context, out io.Writer, counters func() simulator.Counters) {
	format, every := "%s\n", time.Second
	if isTerminal(out) {
		// Back to the start, clear, do not wrap: a long line is cut at the edge.
		format, every = "\r\033[K\033[?7l%s\033[?7h", 250*time.Millisecond
	}
	shown := statusLine(simulator.Counters{})
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if line := statusLine(counters()); line != shown {
			fmt.Fprintf(out, format, line)
			shown = line
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
	rejected := 0
	for _, n := range c.Rejected {
		rejected += n
	}
	line += fmt.Sprintf(" | events valid %d, rejected %d%s", c.Valid, rejected, byName(c.Rejected))
	objects := 0
	for _, n := range c.Objects {
		objects += n
	}
	return line + fmt.Sprintf(" | objects %d%s", objects, byName(c.Objects))
}

// byName lists counts in brackets, or nothing when there are none.
func byName(counts map[string]int) string {
	if len(counts) == 0 {
		return ""
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
