package traffic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"global-ingest/lambdas/record"
)

// Lake is the content of the bucket, read as files.
type Lake struct {
	Lines   []Line
	Rejects []record.Reject
	Failed  []Failed          // records in failed/
	Large   map[string][]byte // objects of rejected-large/, by key
	Spilled []string          // keys of spill/
}

// Failed is one line of an object in failed/.
type Failed struct{ Object, Line string }

// Line is one line of events/.
type Line struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	RequestID string          `json:"request_id"`
	UserAgent string          `json:"ua"`
	IP        string          `json:"ip"`
	Region    string          `json:"region"`
	Source    record.Source   `json:"source"`
	Event     json.RawMessage `json:"event"` // keeps the event's own bytes
}

// ReadLake reads the bucket below dir. An object that is in no folder of the lake, or
// is not what its folder says, is an error.
func ReadLake(dir, bucket string) (Lake, error) {
	l := Lake{Large: map[string][]byte{}}
	root := filepath.Join(dir, bucket)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		key, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if err := l.read(filepath.ToSlash(key), path); err != nil {
			return fmt.Errorf("reading object %s: %w", key, err)
		}
		return nil
	})
	return l, err
}

func (l *Lake) read(key, path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	switch folder, _, _ := strings.Cut(key, "/"); folder {
	case "events":
		return eachLine(key, data, func(text []byte) error {
			var line Line
			err := json.Unmarshal(text, &line)
			l.Lines = append(l.Lines, line)
			return err
		})
	case "rejected":
		return eachLine(key, data, func(text []byte) error {
			reject, err := record.DecodeReject(text)
			l.Rejects = append(l.Rejects, reject)
			return err
		})
	case "failed":
		return eachLine(key, data, func(text []byte) error {
			l.Failed = append(l.Failed, Failed{key, string(text)})
			return nil
		})
	case "rejected-large":
		l.Large[key] = data
		return nil
	case "spill":
		l.Spilled = append(l.Spilled, key)
		return nil
	case "health", "source": // probes, and the backup of records, whose events stand in events/ and rejected/ too
		return nil
	}
	return errors.New("it is in no folder of the lake")
}

func eachLine(key string, data []byte, read func(text []byte) error) error {
	if !strings.HasSuffix(key, ".jsonl.gz") {
		return errors.New("it is not .jsonl.gz")
	}
	if !record.IsGzip(data) {
		return errors.New("it is not gzip")
	}
	for line, err := range record.Lines(bytes.NewReader(data)) {
		if err != nil {
			return err
		}
		text, ended := bytes.CutSuffix(line, []byte("\n"))
		if !ended {
			return errors.New("it does not end in a newline")
		}
		if err := read(text); err != nil {
			return fmt.Errorf("%w in %.200s", err, line)
		}
	}
	return nil
}
