package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// usage is what a process has used so far.
type usage struct {
	cpu  time.Duration // of all its threads
	peak float64       // most memory at once, MB
}

// usageOf reads /proc, and so works on Linux only. It does not count threads that have
// ended, which those of Go and Python rarely do.
func usageOf(pid int) (u usage, err error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return u, err
	}
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			continue // it has ended since
		}
		var nanoseconds int64
		if _, err := fmt.Sscan(string(text), &nanoseconds); err != nil {
			return u, fmt.Errorf("reading %s: %w", thread, err)
		}
		u.cpu += time.Duration(nanoseconds)
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return u, err
	}
	if line := peak.FindSubmatch(status); line != nil {
		kilobytes, err := strconv.Atoi(string(line[1]))
		u.peak = float64(kilobytes) / 1000
		return u, err
	}
	return u, nil
}

// peak is the line of /proc/PID/status with the most memory that a process has held.
var peak = regexp.MustCompile(`(?m)^VmHWM:\s+(\d+) kB$`)
