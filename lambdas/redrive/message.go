package redrive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"global-ingest/lambdas/record"
)

// message is one message of the queue. It is done when all of its objects are.
type message struct {
	id  string
	err error // the first
}

func (m *message) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

// object is one object that a message names.
type object struct {
	Replay
	*message
}

// attempt does a part of the work on o. An error or a panic fails o's message and no
// other.
func (o *object) attempt(work func() error) {
	defer func() {
		if cause := recover(); cause != nil {
			o.fail(fmt.Errorf("panic: %v", cause))
		}
	}()
	o.fail(work())
}

// Replay asks for the events of an object to go through the pipeline again. Operators
// send it.
type Replay struct {
	Key    string        `json:"key"`              // the object: below spill/, failed/ or rejected/
	Reason record.Reason `json:"reason,omitempty"` // only rejects with this reason; empty: all
}

// wants says whether r is about a reject.
func (r Replay) wants(reject record.Reject) bool { return r.Reason == "" || r.Reason == reject.Reason }

// Look reads an object below failed/ or rejected/ and counts, by reason, what r would bring
// back of it. Of failed/ it counts lines, under no reason.
func Look(object io.Reader, r Replay) (map[record.Reason]int, error) {
	found := map[record.Reason]int{}
	for line, err := range record.Lines(object) {
		switch line = bytes.TrimSpace(line); {
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", r.Key, err)
		case len(line) == 0:
		case !strings.HasPrefix(r.Key, record.RejectedPrefix):
			found[""]++
		default:
			if reject, err := record.DecodeReject(line); err == nil && r.wants(reject) {
				found[reject.Reason]++
			}
		}
	}
	return found, nil
}

// body is a queue message's body: an S3 notification or an operator's replay.
type body struct {
	Replay  *Replay `json:"replay"`
	Event   string  `json:"Event"` // "s3:TestEvent", which S3 sends when the notification is set up
	Records []struct {
		S3 struct {
			Object struct {
				Key string `json:"key"` // URL-encoded, a space as a plus
			} `json:"object"`
		} `json:"s3"`
	} `json:"Records"`
}

// Body returns r as a queue message's body.
func (r Replay) Body() (string, error) {
	text, err := json.Marshal(body{Replay: &r})
	return string(text), err
}

// replays returns the objects that a message's body names: those of a notification, or
// the one of an operator. S3's test event names none.
func replays(text string) ([]Replay, error) {
	var m body
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, fmt.Errorf("decoding message: %w", err)
	}
	if m.Replay != nil {
		return []Replay{*m.Replay}, nil
	}
	var named []Replay
	for _, r := range m.Records {
		key, err := url.QueryUnescape(r.S3.Object.Key)
		if err != nil {
			return nil, fmt.Errorf("decoding message: key %q: %w", r.S3.Object.Key, err)
		}
		named = append(named, Replay{Key: key})
	}
	if len(named) == 0 && m.Event != "s3:TestEvent" {
		return nil, fmt.Errorf("decoding message: it does not name an object")
	}
	return named, nil
}
