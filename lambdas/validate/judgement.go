package validate

import (
	"slices"
	"strconv"
	"strings"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
)

// processor names this code in the rows that it rejects. The number rises when the same
// event could get another verdict.
const processor = "validate/3"

// maxQuoted is how many bytes of a type a finding quotes.
const maxQuoted = 64

// judgement is the decision on the events of one record's body.
type judgement struct {
	*worker
	record.Record
	delivered delivered // the Firehose record
	outcome   *outcome
	start     int // where its lines begin in those of the worker
	room      int // what they may take of the answer
}

// body decides on every event of the body.
func (j *judgement) body() {
	text, _, failed := j.inflater.Inflate(j.Body, j.Encoding)
	if failed != nil {
		j.rejectBody(j.Body, *failed)
		return
	}
	found := j.splitter.Split(text, j.Header)
	if found.Form == event.Rejected {
		j.rejectBody(text, found.Events[0])
		return
	}
	j.Source = found.Source(j.Source)
	others := j.SharedSource(len(found.Events))
	for n, e := range found.Events {
		if n > 0 {
			j.Source = others
		}
		if e.Reason == "" {
			j.checkKey(&e)
		}
		if e.Reason == "" {
			j.check(&e)
		}
		if e.Reason != "" {
			j.reject(j.RejectEvent(j.First+n), e.Raw, e)
			continue
		}
		j.lines = record.AppendLine(j.lines, j.Header, j.First+n, e.Type, e.Raw)
		j.outcome.valid++
		if encodedSize(j.lines[j.start:]) > j.room {
			j.moveOut()
		}
	}
}

// moveOut moves the lines so far into an object, where all others of the Firehose
// record will go too.
func (j *judgement) moveOut() {
	if !j.outcome.stored {
		j.overflow.add(j.delivered, j.ID, j.ReceivedAt)
		j.outcome.stored, j.room = true, 0
	}
	j.overflow.write(j.lines[j.start:])
	j.lines = j.lines[:j.start]
}

// checkKey rejects an event whose public write key is not one of WriteKeys. An event
// without a key passes, because many clients have none.
func (j *judgement) checkKey(e *event.Item) {
	if len(j.config.WriteKeys) == 0 {
		return
	}
	key := j.Source.Key
	if c := clients.Named(j.Source.Client); key == "" && c != nil {
		key = j.splitter.Text(e.Raw, c.Keys)
	}
	if key != "" && !slices.Contains(j.config.WriteKeys, key) {
		e.Reason = record.UnknownKey
		e.Errors = []record.Finding{{Message: "write key is not one of the setting WriteKeys", Offset: record.NoOffset}}
	}
}

// check validates the event against the schema of its type.
func (j *judgement) check(e *event.Item) {
	known, findings := j.schemas.Validate(e.Type, e.Raw)
	switch {
	case schema.Unchecked(findings):
		e.Reason, e.Errors = record.TooComplex, findings
	case len(findings) > 0:
		e.Reason, e.Errors = record.SchemaViolation, findings
	case !known && j.config.Strict:
		e.Reason = record.UnknownType
		message := "no schema for type " + strconv.Quote(record.Clip(e.Type, maxQuoted))
		e.Errors = []record.Finding{{Instance: j.typePlace(), Message: message, Offset: record.NoOffset}}
	}
}

// typePlace returns the JSON pointer of where an event should name its type.
func (j *judgement) typePlace() string {
	places := j.config.TypeFrom
	if c := clients.Named(j.Source.Client); c != nil && len(c.Types) > 0 {
		places = c.Types
	}
	return "/" + strings.ReplaceAll(places[0], ".", "/")
}

// rejectBody rejects a whole body that inflated to text. What cannot be decoded is kept
// as it was sent.
func (j *judgement) rejectBody(text []byte, e event.Item) {
	if e.Reason == record.BadEncoding {
		text = j.Body
	}
	j.reject(j.RejectBody(), text, e)
}

// reject adds the row of r, with what was found in payload.
func (j *judgement) reject(r record.Reject, payload []byte, e event.Item) {
	r.Type, r.Reason, r.Errors, r.Payload, r.Processor = e.Type, e.Reason, e.Errors, payload, processor
	row, key := record.FitReject(r)
	j.rejects.add(reject{row: row, key: key, payload: payload})
	if j.outcome.rejected == nil {
		j.outcome.rejected = map[record.Reason]int{}
	}
	j.outcome.rejected[e.Reason]++
}
