package redrive

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"global-ingest/lambdas/record"
)

// Survey is what a replay of one object would bring back.
type Survey struct {
	Records map[record.Reason]int // by reason; "" counts the records of failed/
}

// Look reads an object below failed/ or rejected/ and counts what a replay of it would
// bring back: of rejects those with r.Reason, or all when it is empty.
func Look(object io.Reader, r Replay) (Survey, error) {
	rejects := strings.HasPrefix(r.Key, record.RejectedPrefix)
	s := Survey{Records: map[record.Reason]int{}}
	for line, err := range record.Lines(object) {
		if err != nil {
			return Survey{}, fmt.Errorf("reading %s: %w", r.Key, err)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			s.count(line, rejects, r.Reason)
		}
	}
	return s, nil
}

func (s *Survey) count(line []byte, rejects bool, wanted record.Reason) {
	if !rejects {
		s.Records[""]++
		return
	}
	reject, err := record.DecodeReject(line)
	if err == nil && (wanted == "" || wanted == reject.Reason) {
		s.Records[reject.Reason]++
	}
}
