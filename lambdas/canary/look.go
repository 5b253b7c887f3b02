package canary

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"global-ingest/lambdas/record"
)

// look reads what was written to the lake from the time a run was scheduled for
// until now, and returns the samples of that run that are not where they belong.
func (h *Handler) look(ctx context.Context, run, now time.Time, samples []sample) (lost []sample, err error) {
	lost = samples
	for _, prefix := range []string{record.EventsPrefix, record.RejectedPrefix} {
		for _, folder := range record.Folders(prefix, run, now) {
			keys, err := h.lake.Since(ctx, folder, run)
			if err != nil {
				return nil, err
			}
			for _, key := range keys {
				if lost, err = h.tickOff(ctx, key, prefix, lost); err != nil {
					return nil, fmt.Errorf("reading %s: %w", key, err)
				}
				if len(lost) == 0 {
					return nil, nil
				}
			}
		}
	}
	return lost, nil
}

// tickOff returns lost without those that an object holds.
func (h *Handler) tickOff(ctx context.Context, key, prefix string, lost []sample) ([]sample, error) {
	object, err := h.lake.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	text, err := gzip.NewReader(object)
	if err != nil {
		return nil, err
	}
	for lines := bufio.NewReaderSize(text, 1<<20); ; {
		line, end := lines.ReadBytes('\n')
		lost = slices.DeleteFunc(slices.Clone(lost), func(s sample) bool {
			if !bytes.Contains(line, []byte(s.run)) || !bytes.Equal(sent(line, prefix), s.body) {
				return false
			}
			if s.prefix != prefix {
				h.log.ErrorContext(ctx, "event is in the wrong place", "run", s.run, "expect", s.expect, "key", key)
			}
			return s.prefix == prefix
		})
		if errors.Is(end, io.EOF) {
			return lost, nil
		}
		if end != nil {
			return nil, end
		}
	}
}

// sent returns the bytes that a client sent, from a line of the lake; none when it
// is no line of ours.
func sent(line []byte, prefix string) []byte {
	if prefix == record.RejectedPrefix {
		reject, err := record.DecodeReject(line)
		if err != nil || reject.Reason != record.SchemaViolation {
			return nil
		}
		return reject.Payload
	}
	var valid struct {
		Event json.RawMessage `json:"event"`
	}
	if json.Unmarshal(line, &valid) != nil {
		return nil
	}
	return valid.Event
}
