package validate

import (
	"encoding/base64"

	"global-ingest/lambdas/record"
)

// outcome is what became of one record of a batch.
type outcome struct {
	lines    []byte                // of its valid events, for the answer
	valid    int                   // number of its lines
	stored   bool                  // whether they are in an object of events/ instead of lines
	rejected map[record.Reason]int // number of its other events
	deferred bool                  // whether it goes into another batch; then the rest is empty
	failed   error                 // why it cannot be read; then the rest is empty
}

func (o outcome) result() string {
	switch {
	case o.failed != nil:
		return "ProcessingFailed"
	case len(o.lines) == 0:
		return "Dropped"
	}
	return "Ok"
}

// The members of one record's answer, except its id and data.
const (
	answerOpen   = `{"records":[`
	answerID     = `{"recordId":`
	answerResult = `,"result":"`
	answerData   = `","data":"`
	answerClose  = `]}`
)

// answerSize returns the most that answering a batch takes before any data: every
// record as ProcessingFailed, the longest of the results, and with all members. It is
// less than the size of the event itself, so it always fits.
func answerSize(batch []delivered) int {
	size := len(answerOpen) + len(answerClose)
	for _, d := range batch {
		size += len(answerID) + len(d.id) + len(answerResult) + len("ProcessingFailed") + len(answerData) + len(`"},`)
	}
	return size
}

// encodedSize returns what lines take of an answer.
func encodedSize(lines []byte) int { return base64.StdEncoding.EncodedLen(len(lines)) }

// appendAnswer appends the answer to a batch: the same ids, in order, once each.
func appendAnswer(dst []byte, batch []delivered, outcomes []outcome) []byte {
	size := answerSize(batch)
	for _, o := range outcomes {
		size += encodedSize(o.lines)
	}
	if dst == nil {
		dst = make([]byte, 0, size)
	}
	dst = append(dst, answerOpen...)
	for i, o := range outcomes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, answerID...), batch[i].id...)
		dst = append(append(dst, answerResult...), o.result()...)
		if len(o.lines) > 0 {
			dst = append(dst, answerData...)
			dst = base64.StdEncoding.AppendEncode(dst, o.lines)
		}
		dst = append(dst, `"}`...)
	}
	return append(dst, answerClose...)
}
