package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"global-ingest/lambdas/record"
)

// lake is what a test finds in the bucket, read as a person would: as files.
type lake struct {
	lines   []line
	rejects []record.Reject
	failed  []string          // lines of failed/
	large   map[string][]byte // objects of rejected-large/ by key
	spilled []string          // keys of spill/
}

// line is one line of events/.
type line struct {
	ID        string          `json:"id"`
	Type      string          `json:"type"`
	RequestID string          `json:"request_id"`
	UserAgent string          `json:"ua"`
	IP        string          `json:"ip"`
	Event     json.RawMessage `json:"event"` // keeps the event's own bytes
}

func readLake(t *testing.T, dir, bucket string) lake {
	t.Helper()
	l := lake{large: map[string][]byte{}}
	root := filepath.Join(dir, bucket)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		key, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		l.add(t, filepath.ToSlash(key), path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (l *lake) add(t *testing.T, key, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	folder, _, _ := strings.Cut(key, "/")
	switch folder {
	case "events":
		for _, text := range unzippedLines(t, key, data) {
			var parsed line
			if err := json.Unmarshal(text, &parsed); err != nil {
				t.Errorf("%s: %v in %.200s", key, err, text)
			}
			l.lines = append(l.lines, parsed)
		}
	case "rejected":
		for _, text := range unzippedLines(t, key, data) {
			reject, err := record.DecodeReject(text)
			if err != nil {
				t.Errorf("%s: %v in %.200s", key, err, text)
			}
			l.rejects = append(l.rejects, reject)
		}
	case "rejected-large":
		l.large[key] = data
	case "failed":
		for _, text := range unzippedLines(t, key, data) {
			l.failed = append(l.failed, string(text))
		}
	case "spill":
		l.spilled = append(l.spilled, key)
	default:
		t.Errorf("object %s is in no folder of the lake", key)
	}
}

func unzippedLines(t *testing.T, key string, data []byte) [][]byte {
	t.Helper()
	if !strings.HasSuffix(key, ".jsonl.gz") {
		t.Errorf("object %s is not .jsonl.gz", key)
	}
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	text, err := io.ReadAll(reader)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	if !bytes.HasSuffix(text, []byte("\n")) {
		t.Errorf("%s does not end in a newline", key)
	}
	return bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
}

// sent is a request that was acknowledged, and what is still missing of it.
type sent struct {
	request
	requestID string
	missing   map[int]event // by index; whole for the body
}

// ledger accounts for every event: what was acknowledged, and what the lake has.
type ledger struct {
	t                           *testing.T
	sent                        map[string]*sent // by ingest id
	valid, rejected, duplicates int
}

func newLedger(t *testing.T) *ledger { return &ledger{t: t, sent: map[string]*sent{}} }

func (l *ledger) acknowledged(id, requestID string, r request) {
	s := &sent{request: r, requestID: requestID, missing: map[int]event{}}
	for _, e := range r.events {
		s.missing[e.n] = e
	}
	if l.sent[id] != nil {
		l.t.Errorf("two requests got the id %s", id)
	}
	l.sent[id] = s
}

// settle compares the lake with what was acknowledged: nothing lost, nothing that
// was not sent, no byte changed.
func (l *ledger) settle(found lake) {
	l.t.Helper()
	for _, line := range found.lines {
		l.settleLine(line)
	}
	for _, reject := range found.rejects {
		l.settleReject(reject, found.large)
	}
	for _, text := range found.failed {
		l.t.Errorf("in failed/: %.500s", text)
	}
	for id, s := range l.sent {
		for n, e := range s.missing {
			l.t.Errorf("lost: %s/%d (%s, reason %q): %.100q", id, n, s.kind, e.reason, e.payload)
		}
	}
	l.t.Logf("%d requests, %d events valid, %d rejected, %d duplicates", len(l.sent), l.valid, l.rejected, l.duplicates)
}

func (l *ledger) settleLine(found line) {
	l.t.Helper()
	s, want := l.take(found.ID)
	if s == nil {
		return
	}
	// The only bytes that may change: line ends between the tokens are spaces.
	oneLine := strings.NewReplacer("\n", " ", "\r", " ")
	if want.reason != "" || found.Type != want.typ || string(found.Event) != oneLine.Replace(string(want.payload)) {
		l.t.Errorf("%s (%s): valid, type %q, %.100q; want reason %q, type %q, %.100q",
			found.ID, s.kind, found.Type, found.Event, want.reason, want.typ, want.payload)
	}
	if found.RequestID != s.requestID || found.UserAgent != userAgent || found.IP != "127.0.0.0" {
		l.t.Errorf("%s: request id %q, user agent %q, ip %q; want %q, %q, 127.0.0.0", found.ID, found.RequestID, found.UserAgent, found.IP, s.requestID, userAgent)
	}
	l.valid++
}

func (l *ledger) settleReject(found record.Reject, large map[string][]byte) {
	l.t.Helper()
	s, want := l.take(found.ID)
	if s == nil {
		return
	}
	payload := found.Payload
	if found.PayloadObject != "" {
		payload = large[found.PayloadObject]
	}
	if found.Reason != want.reason || !bytes.Equal(payload, want.payload) {
		l.t.Errorf("%s (%s): rejected for %s, %.100q (%d bytes); want reason %q, %.100q (%d bytes)",
			found.ID, s.kind, found.Reason, payload, len(payload), want.reason, want.payload, len(want.payload))
	}
	if found.RequestID != s.requestID || len(found.Errors) == 0 || found.Processor == "" {
		l.t.Errorf("%s (%s): request id %q, %d errors, processor %q; want %q, at least one, some", found.ID, s.kind, found.RequestID, len(found.Errors), found.Processor, s.requestID)
	}
	l.rejected++
}

// take finds what was acknowledged under an event's id and ticks it off.
func (l *ledger) take(eventID string) (*sent, event) {
	l.t.Helper()
	id, index, isEvent := strings.Cut(eventID, "/")
	s := l.sent[id]
	if s == nil {
		l.t.Errorf("phantom: %s was never acknowledged", eventID)
		return nil, event{}
	}
	n := whole
	if isEvent {
		var err error
		if n, err = strconv.Atoi(index); err != nil {
			l.t.Errorf("id %s has no index", eventID)
		}
	}
	want, missing := s.missing[n]
	if missing {
		delete(s.missing, n)
		return s, want
	}
	for _, e := range s.events {
		if e.n == n {
			l.t.Logf("duplicate: %s (%s, %d bytes)", eventID, s.kind, len(s.body))
			l.duplicates++
			return s, e
		}
	}
	l.t.Errorf("phantom: %s (%s) has no event of that index", eventID, s.kind)
	return nil, event{}
}
