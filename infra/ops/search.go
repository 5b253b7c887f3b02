package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/record"
)

// look waits until every event is in the lake, for at most s.wait. Without the right to read the
// lake, the answers are enough.
func (s *trial) look(ctx context.Context, at lakeAt, began time.Time, requests []*sent) error {
	in := search{record.Search{Lake: lake.From(at.s3(), at.bucket), From: began}, map[string]string{}}
	for _, r := range requests {
		for n, prefix := range r.prefixes {
			in.wanted[record.EventID(r.id, n)] = prefix
		}
	}
	total := len(in.wanted)
	ctx, cancel := context.WithTimeout(ctx, s.wait)
	defer cancel()
	fmt.Fprintf(s.out, "waiting for %d events in %s, %s\n", total, at.bucket, at)
	err := in.until(ctx)
	if denied(err) {
		fmt.Fprintln(s.out, "answered; these credentials may not read the lake")
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "all %d are there after %s\n", total, time.Since(began).Round(100*time.Millisecond))
	return nil
}

// search looks for events in a lake.
type search struct {
	record.Search
	wanted map[string]string // event id to prefix
}

// until looks until every event is found, or ctx ends.
func (s *search) until(ctx context.Context) error {
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		err := s.once(ctx)
		if len(s.wanted) == 0 {
			return nil
		}
		if ctx.Err() == nil && err != nil {
			return err
		}
		if pause(ctx, wait) != nil {
			ids := slices.Sorted(maps.Keys(s.wanted))
			return errors.Join(errors.New("not in the lake: "+strings.Join(ids, ", ")), ctx.Err())
		}
	}
}

// once reads what is new in the lake, and ticks off the wanted events that it finds. It also
// reports an event in the wrong place, because it will not move.
func (s *search) once(ctx context.Context) error {
	for found, err := range s.Lines(ctx, time.Now()) {
		if err != nil {
			return err
		}
		var row struct{ ID, Reason string }
		if err := json.Unmarshal(found.Line, &row); err != nil {
			return fmt.Errorf("reading %s: %w", found.Key, err)
		}
		want, wanted := s.wanted[row.ID]
		if wanted && want != found.Prefix {
			return fmt.Errorf("reading %s: %s is in %s (%s), want %s", found.Key, row.ID, found.Prefix, row.Reason, want)
		}
		delete(s.wanted, row.ID)
	}
	return nil
}
