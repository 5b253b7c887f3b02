package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/record"
)

// search looks for events in a lake.
type search struct {
	record.Search
	wanted map[string]string // event id to prefix
}

// look waits until every event is in the lake, for at most wait. Without the right to read the
// lake, the answers are enough.
func look(
	ctx context.Context, at place, wait time.Duration, bucket string, began time.Time, requests []*sent, out io.Writer,
) error {
	s := search{record.Search{Lake: lake.From(at.s3(), bucket), From: began}, map[string]string{}}
	for _, r := range requests {
		for n, prefix := range r.prefixes {
			s.wanted[fmt.Sprintf("%s/%d", r.id, n)] = prefix
		}
	}
	total := len(s.wanted)
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	fmt.Fprintf(out, "waiting for %d events in %s, %s\n", total, bucket, at)
	err := s.until(ctx)
	if denied(err) {
		fmt.Fprintln(out, "answered; these credentials may not read the lake")
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "all %d are there after %s\n", total, time.Since(began).Round(100*time.Millisecond))
	return nil
}

// s3 is the client of the place's buckets.
func (p place) s3() *s3.Client {
	return s3.NewFromConfig(p.cfg, func(o *s3.Options) {
		o.UsePathStyle = p.cfg.BaseEndpoint != nil || o.BaseEndpoint != nil // a local endpoint has no name per bucket
	})
}

// until looks until every event is found, or ctx ends.
func (s *search) until(ctx context.Context) error {
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 10*time.Second) {
		err := s.once(ctx)
		if ended := ctx.Err(); ended != nil {
			return errors.Join(missing(slices.Sorted(maps.Keys(s.wanted))), ended)
		}
		if err != nil || len(s.wanted) == 0 {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// missing is the error when acknowledged events are not in the lake.
func missing(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return errors.New("not in the lake: " + strings.Join(ids, ", "))
}

// once reads what is new in the lake, and ticks off the wanted events that it finds.
func (s *search) once(ctx context.Context) error {
	for found, err := range s.Lines(ctx, time.Now()) {
		if err != nil {
			return err
		}
		if err := s.tick(found); err != nil {
			return fmt.Errorf("reading %s: %w", found.Key, err)
		}
	}
	return nil
}

// tick also reports an event in the wrong place, because it will not move.
func (s *search) tick(found record.Found) error {
	var row struct{ ID, Reason string }
	if err := json.Unmarshal(found.Line, &row); err != nil {
		return err
	}
	want, wanted := s.wanted[row.ID]
	if wanted && want != found.Prefix {
		return fmt.Errorf("%s is in %s (%s), want %s", row.ID, found.Prefix, row.Reason, want)
	}
	delete(s.wanted, row.ID)
	return nil
}
