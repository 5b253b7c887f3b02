package validate

import (
	"fmt"
	"strconv"
	"unicode/utf8"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// processor names this code in the rows it rejects; the number rises when the same
// event could get another verdict from it.
const processor = "validate/2"

// judgement is the decision on the events of one record's body.
type judgement struct {
	*worker
	record.Record
	delivered delivered // the Firehose record
	outcome   *outcome
	start     int // where its lines begin
	room      int // what they may take of the answer
}

// body decides on every event of the body.
func (j *judgement) body() {
	text, _, failed := j.inflater.Inflate(j.Body)
	if failed != nil {
		j.rejectBody(j.Body, *failed)
		return
	}
	found := j.splitter.Split(text)
	if found.Form == event.Rejected {
		j.rejectBody(text, j.blame(found.Events[0]))
		return
	}
	for n, e := range found.Events {
		if e.Reason == "" {
			j.check(&e)
		}
		if e.Reason != "" {
			j.reject(record.EventID(j.ID, j.First+n), strconv.Itoa(j.First+n), e)
			continue
		}
		j.lines = record.AppendLine(j.lines, j.Header, j.First+n, e.Type, e.Raw)
		j.outcome.valid++
		if encodedSize(j.lines[j.start:]) > j.room {
			j.moveOut()
		}
	}
}

// moveOut has the lines so far, and with them all others of the Firehose record, go
// into an object: room is none from now on.
func (j *judgement) moveOut() {
	if !j.outcome.stored {
		j.overflow.add(j.delivered, j.ID, j.ReceivedAt)
		j.outcome.stored, j.room = true, 0
	}
	j.overflow.write(j.lines[j.start:])
	j.lines = j.lines[:j.start]
}

// check asks the schema of the event's type.
func (j *judgement) check(e *event.Event) {
	known, findings := j.schemas.Validate(e.Type, e.Raw)
	switch {
	case len(findings) > 0:
		e.Reason, e.Errors = record.SchemaViolation, findings
	case !known && j.config.Strict:
		e.Reason = record.UnknownType
		e.Errors = []record.Error{{Instance: j.typePlace, Message: "no schema for type " + shortQuote(e.Type), Offset: record.NoOffset}}
	}
}

// blame finds a body that is no JSON guilty of what its header says: it may be
// compressed in a way that cannot be inflated. (JSON under such a header is JSON
// all the same: API Gateway inflates bodies and keeps the header.)
func (j *judgement) blame(e event.Event) event.Event {
	if e.Reason == record.NotJSON && j.Encoding != "" && j.Encoding != "identity" && !event.IsGzip(j.Body) {
		e.Reason = record.BadEncoding
		e.Errors = append(e.Errors, record.Error{Message: "says encoding " + shortQuote(j.Encoding) + ", known is gzip", Offset: record.NoOffset})
	}
	return e
}

// rejectBody rejects a body as a whole, under the id of its request; a part of a
// split body under that of its first event, so that parts stay apart.
func (j *judgement) rejectBody(payload []byte, e event.Event) {
	e.Raw = payload
	id, name := j.ID, "body"
	if j.First > 0 {
		id, name = record.EventID(j.ID, j.First), strconv.Itoa(j.First)
	}
	j.reject(id, name, e)
}

// reject adds the row of a rejected event, its payload beside it where one record
// has no room for both.
func (j *judgement) reject(id, name string, e event.Event) {
	row := record.Reject{
		ID:         id,
		ReceivedAt: j.ReceivedAt,
		RequestID:  j.RequestID,
		Reason:     e.Reason,
		Errors:     e.Errors,
		Payload:    e.Raw,
		Processor:  processor,
		Replays:    j.Replays,
	}
	var r reject
	if len(e.Raw) < record.MaxBytes { // else the row is larger in any case
		r.row = record.AppendReject(nil, row)
	}
	if r.row == nil || len(r.row) > record.MaxBytes {
		r.key = record.RejectedLargeKey(j.ID, name, j.ReceivedAt)
		r.payload = e.Raw
		row.Payload, row.PayloadObject = nil, r.key
		r.row = record.AppendReject(nil, row)
	}
	j.rejects.add(r)
	if j.outcome.rejected == nil {
		j.outcome.rejected = map[record.Reason]int{}
	}
	j.outcome.rejected[e.Reason]++
}

// shortQuote quotes at most the first 64 bytes of what a client called something.
func shortQuote(text string) string {
	const limit = 64
	if len(text) <= limit {
		return fmt.Sprintf("%q", text)
	}
	end := limit
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return fmt.Sprintf("%q…", text[:end])
}
