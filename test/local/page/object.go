package page

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"global-ingest/lambdas/record"
)

// objectWritten hears of every object. Those of streams come by Delivered.
func (t *tap) objectWritten(bucket, key string) {
	switch {
	case strings.HasPrefix(key, record.SpillPrefix):
		t.spilled(key)
	case strings.HasPrefix(key, record.EventsPrefix) && overflowName.MatchString(key):
		t.mu.Lock()
		known := slices.Contains(t.overflow, key)
		t.overflow = append(t.overflow[max(0, len(t.overflow)-99):], key)
		t.mu.Unlock()
		if !known { // else a batch came twice
			t.reading.RLock()
			go func() {
				defer t.reading.RUnlock()
				t.readObject(bucket, key)
			}()
		}
	}
}

// overflowName is how an object ends that the Validator stored itself. See record.OverflowKey.
var overflowName = regexp.MustCompile(`-[0-9a-f]{32}` + regexp.QuoteMeta(record.LinesExtension) + `$`)

// readObject adds the events of an object of lines.
func (t *tap) readObject(bucket, key string) {
	t.reader.Lock()
	defer t.reader.Unlock()
	t.mu.Lock()
	lake := t.lake
	t.mu.Unlock()
	lines, err := readLines(filepath.Join(lake, bucket, filepath.FromSlash(key)))
	if err != nil {
		return // somebody has deleted it: there is nothing to show
	}
	now, first := time.Now(), readLine(lines[:bytes.IndexByte(lines, '\n')+1])
	t.mu.Lock()
	defer t.mu.Unlock()
	common := item{verdict: valid, record: key, object: key, judged: now, written: now}
	if q := t.requests[ingestID(first.ID)]; q != nil {
		common.spilled, common.stored = q.spilled, q.stored
	}
	t.linesLocked(lines, common)
	t.changedLocked()
}

func readLines(path string) (lines []byte, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for line, err := range record.Lines(file) {
		if err != nil {
			return nil, err
		}
		lines = append(lines, line...)
	}
	return lines, nil
}
