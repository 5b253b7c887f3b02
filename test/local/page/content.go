package page

import (
	"bytes"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
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

var verdicts = []verdict{valid, rejected, failed, waiting}

// content is an event, or a body that was rejected. A valid event has no reason.
type content struct {
	record.Reject
	Bytes int  // of the whole payload
	Cut   bool // Payload is its first keptText bytes only
}

// contentOf returns what reads a text when it is first asked to. A text that is large is read at once, and cut.
func contentOf(text []byte, read func([]byte) record.Reject) func() *content {
	whole := func() *content {
		c := &content{Reject: read(text)}
		c.Bytes = len(c.Payload)
		return c
	}
	if len(text) <= keptText {
		text = bytes.Clone(text)
		return sync.OnceValue(whole)
	}
	c := whole()
	c.Cut = c.Bytes > keptText
	c.Payload = bytes.Clone(c.Payload[:min(c.Bytes, keptText)])
	return func() *content { return c }
}

// failureOf reads a record that was given up with an error code.
func failureOf(code string) func([]byte) record.Reject {
	return func(data []byte) record.Reject {
		r := record.Reject{Payload: data}
		if h, _, err := record.Decode(data); err == nil {
			r = h.RejectBody()
			r.Payload = h.Body
		}
		r.Errors = []record.Finding{{Message: code, Offset: record.NoOffset}}
		return r
	}
}

var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// readLine reads a line of events/.
func readLine(line []byte) record.Reject {
	var valid struct {
		record.Reject
		Event jsontext.Value `json:"event"`
	}
	if err := json.Unmarshal(line, &valid, lenient); err != nil {
		return record.Reject{Payload: line}
	}
	valid.Payload = valid.Event
	return valid.Reject
}

// readRow reads a row of rejected/.
func readRow(row []byte) record.Reject {
	r, err := record.DecodeReject(row)
	if err != nil {
		return record.Reject{Payload: row}
	}
	return r
}

// ingestID returns the ingest id of an event's id.
func ingestID(eventID string) string {
	id, _, _ := strings.Cut(eventID, "/")
	return id
}
