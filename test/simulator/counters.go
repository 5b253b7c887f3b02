package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"global-ingest/lambdas/ingest"
)

// Counters are what has happened since the start.
type Counters struct {
	Accepted int            // POST requests, and GET requests of pixels, answered 200
	Refused  int            // POST requests answered otherwise
	Valid    int            // events, as the functions count them
	Rejected map[string]int // events by reason, as the functions count them
	Objects  map[string]int // objects written, by the first folder of their key
}

// counter counts from several goroutines.
type counter struct {
	mu sync.Mutex
	Counters
}

func (c *counter) answered(method, path string, status int) {
	isPixel := method == http.MethodGet && strings.Trim(path, "/") != "" && path != ingest.HealthPath &&
		status == http.StatusOK
	if method != http.MethodPost && !isPixel {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if status == http.StatusOK {
		c.Accepted++
	} else {
		c.Refused++
	}
}

func (c *counter) object(_, key string, _ int64) {
	folder, _, _ := strings.Cut(key, "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Objects == nil {
		c.Objects = map[string]int{}
	}
	c.Objects[folder]++
}

// logLine counts the metrics that functions write as log lines.
func (c *counter) logLine(line string) {
	if !strings.Contains(line, `"_aws"`) {
		return
	}
	var metric struct {
		EventsValid, EventsRejected int
		Reason                      string
	}
	if json.Unmarshal([]byte(line), &metric) != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.Valid += metric.EventsValid
	if metric.EventsRejected > 0 && metric.Reason != "" {
		if c.Rejected == nil {
			c.Rejected = map[string]int{}
		}
		c.Rejected[metric.Reason] += metric.EventsRejected
	}
}

func (c *counter) snapshot() Counters {
	c.mu.Lock()
	defer c.mu.Unlock()
	copied := c.Counters
	copied.Rejected, copied.Objects = maps.Clone(c.Rejected), maps.Clone(c.Objects)
	return copied
}

// logFile is one function's log, of this run only.
type logFile struct {
	mu   sync.Mutex
	file *os.File
}

func openLog(dir, function string) (*logFile, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("opening log: %w", err)
	}
	file, err := os.Create(filepath.Join(dir, function+".log"))
	if err != nil {
		return nil, fmt.Errorf("opening log: %w", err)
	}
	return &logFile{file: file}, nil
}

// write writes one line at once, because somebody may be following the file.
func (l *logFile) write(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintln(l.file, line) // a full disk must not stop a function
}

func (l *logFile) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.file.Close()
}
