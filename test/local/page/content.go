package page

import (
	"bytes"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"global-ingest/lambdas/record"
)

// verdict is what became of an event.
type verdict string

const (
	valid    verdict = "valid"
	rejected verdict = "rejected"
	failed   verdict = "failed"  // the Validator could not be asked about its record, which is in failed/
	waiting  verdict = "waiting" // stored or spilled, and not judged
)

var verdicts = []string{string(valid), string(rejected), string(failed), string(waiting)}

// content is what an event, or a body that was rejected, is.
type content struct {
	ID, Type      string
	ReceivedAt    time.Time
	IP, UserAgent string
	ContentType   string
	Reason        record.Reason
	Errors        []record.Finding
	Payload       []byte // its bytes, at most the first keptText
	Bytes         int    // of the whole payload
	PayloadObject string // that holds the payload instead
	Cut           bool   // Payload is not all of it
}

// source is what a content is read from, when it is first asked for.
type source struct {
	once   sync.Once
	text   []byte
	read   func([]byte) content
	result *content
}

func (s *source) content() content {
	s.once.Do(func() {
		if s.result == nil {
			c := s.read(s.text)
			s.result, s.text = &c, nil
		}
	})
	return *s.result
}

// set keeps a text that is small as it is, and reads at once what is large, and cuts it.
func (s *source) set(text []byte, read func([]byte) content) {
	if len(text) <= keptText {
		s.text, s.read = text, read
		return
	}
	c := read(text)
	if c.Bytes = len(c.Payload); c.Bytes > keptText {
		c.Payload, c.Cut = c.Payload[:keptText], true
	}
	c.Payload = bytes.Clone(c.Payload)
	s.result = &c
}

func newSource(text []byte, read func([]byte) content) *source {
	s := &source{}
	if len(text) <= keptText {
		text = bytes.Clone(text)
	}
	s.set(text, read)
	return s
}

// lineSources returns the sources of n lines, which share one copy of those that are small.
func lineSources(lines []byte, n int) []source {
	size := 0
	for line := range bytes.Lines(lines) {
		if len(line) <= keptText {
			size += len(line)
		}
	}
	sources, copied := make([]source, n), make([]byte, 0, size)
	at := 0
	for line := range bytes.Lines(lines) {
		if len(line) <= keptText {
			start := len(copied)
			copied = append(copied, line...)
			line = copied[start:]
		}
		sources[at].set(line, readLine)
		at++
	}
	return sources
}

// failureOf reads a record that was given up with an error code.
func failureOf(code string) func([]byte) content {
	return func(data []byte) content {
		c := content{Payload: data, Errors: []record.Finding{{Message: code, Offset: record.NoOffset}}}
		if found, _, err := record.Decode(data); err == nil {
			c.ID, c.ReceivedAt, c.IP, c.UserAgent = found.ID, found.ReceivedAt, found.IP, found.UserAgent
			c.ContentType, c.Payload = found.ContentType, found.Body
		}
		c.Bytes = len(c.Payload)
		return c
	}
}

var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// readLine reads a line of events/, whose event comes last.
func readLine(line []byte) (c content) {
	d := jsontext.NewDecoder(bytes.NewBuffer(line), lenient...)
	if _, err := d.ReadToken(); err != nil {
		return content{Payload: line, Bytes: len(line)}
	}
	for d.PeekKind() == '"' {
		token, err := d.ReadToken()
		if err != nil {
			break
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			break
		}
		c.member(name, value)
	}
	return c
}

func (c *content) member(name string, value jsontext.Value) {
	if name == "event" {
		c.Payload, c.Bytes = bytes.Clone(value), len(value)
		return
	}
	if value.Kind() != '"' {
		return
	}
	unquoted, _ := jsontext.AppendUnquote(nil, value) // the decoder has read it
	switch text := string(unquoted); name {
	case "id":
		c.ID = text
	case "type":
		c.Type = text
	case "received_at":
		c.ReceivedAt, _ = time.Parse(time.RFC3339, text) // zero is left out
	case "ip":
		c.IP = text
	case "ua":
		c.UserAgent = text
	}
}

// readRow reads a row of rejected/.
func readRow(row []byte) content {
	r, err := record.DecodeReject(row)
	if err != nil {
		return content{Payload: row, Bytes: len(row)}
	}
	return content{
		ID: r.ID, Type: r.Type, ReceivedAt: r.ReceivedAt, IP: r.IP, UserAgent: r.UserAgent, ContentType: r.ContentType,
		Reason: r.Reason, Errors: r.Errors, Payload: r.Payload, Bytes: len(r.Payload), PayloadObject: r.PayloadObject,
	}
}

// reasonOf returns the reason of a row of rejected/, "" of anything else. No text of the
// row holds these bytes, for its quotes are escaped, and nothing behind has such a member.
func reasonOf(row []byte) record.Reason {
	const name = `,"reason":"`
	at := bytes.LastIndex(row, []byte(name))
	if at < 0 {
		return ""
	}
	reason, _, _ := bytes.Cut(row[at+len(name):], []byte{'"'})
	return record.Reason(reason)
}

// ingestIDOf returns the ingest id of a line or a row, which begins with the event's id.
func ingestIDOf(line []byte) string {
	text, found := bytes.CutPrefix(line, []byte(`{"id":"`))
	if !found {
		return ""
	}
	id, _, _ := bytes.Cut(text, []byte{'"'})
	return ingestID(string(id))
}

// ingestID returns the ingest id of an event's id.
func ingestID(eventID string) string {
	id, _, _ := strings.Cut(eventID, "/")
	return id
}
