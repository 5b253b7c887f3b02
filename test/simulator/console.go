package simulator

import (
	"encoding/json"
	"fmt"
	"log"
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

func (c *counter) object(key string) {
	folder, _, _ := strings.Cut(key, "/")
	c.mu.Lock()
	defer c.mu.Unlock()
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

// openLog opens the log of a function, of this run only. Each line is written at once, for
// those who follow the file. A full disk does not stop the function.
func openLog(dir, function string) (lines *log.Logger, closes func() error, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, nil, fmt.Errorf("opening log: %w", err)
	}
	file, err := os.Create(filepath.Join(dir, function+".log"))
	if err != nil {
		return nil, nil, fmt.Errorf("opening log: %w", err)
	}
	return log.New(file, "", 0), file.Close, nil
}

// notices are sentences for the person at the console. Each is shown once, until the
// condition that it reports has ended.
type notices struct {
	say func(sentence string) // may be nil

	mu   sync.Mutex
	said map[string]bool
}

// tell shows sentence if it is news that a condition holds, or that it has ended.
func (n *notices) tell(condition string, holds bool, sentence string) {
	if n.say == nil {
		return
	}
	n.mu.Lock()
	news := n.said[condition] != holds
	n.said[condition] = holds
	n.mu.Unlock()
	if news {
		n.say(sentence)
	}
}
