package canary

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"global-ingest/lambdas/record"
)

// look returns the samples of a run that are not where they belong, after reading what
// was written to the lake between the run and now.
func (h *Handler) look(ctx context.Context, run, now time.Time, samples []sample) (lost []sample, err error) {
	lost = slices.Clone(samples)
	search := record.Search{Lake: h.lake, From: run, Written: run}
	for found, err := range search.Lines(ctx, now) {
		if err != nil {
			return nil, err
		}
		lost = slices.DeleteFunc(lost, func(s sample) bool { return h.isThere(ctx, s, found) })
		if len(lost) == 0 {
			break
		}
	}
	return lost, nil
}

// isThere says whether a line holds s, where it belongs.
func (h *Handler) isThere(ctx context.Context, s sample, found record.Found) bool {
	if !bytes.Contains(found.Line, []byte(s.run)) || !bytes.Equal(sent(found), s.body) {
		return false
	}
	if s.prefix != found.Prefix {
		h.log.ErrorContext(ctx, "event is in the wrong place", "run", s.run, "expect", s.expect, "key", found.Key)
	}
	return s.prefix == found.Prefix
}

// sent returns the bytes that a client sent, from a line of the lake, or nil when the
// line has another form.
func sent(found record.Found) []byte {
	if found.Prefix == record.RejectedPrefix {
		reject, err := record.DecodeReject(found.Line)
		if err != nil || reject.Reason != record.SchemaViolation {
			return nil
		}
		return reject.Payload
	}
	var valid struct {
		Event json.RawMessage `json:"event"`
	}
	if json.Unmarshal(found.Line, &valid) != nil {
		return nil
	}
	return valid.Event
}
