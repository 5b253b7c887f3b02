package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"global-ingest/lambdas/ingest"
)

// door is a URL of an environment, and the lakes that its events may reach.
type door struct {
	url      string
	lakes    []lakeAt
	regional bool // whether answers must name the region of one of lakes
}

// lakeAt is a lake where it is deployed.
type lakeAt struct {
	place
	bucket string
}

// through posts through a door, checks each answer, and looks for the events unless the account
// refused.
func (s *trial) through(ctx context.Context, d door, refused error) error {
	valid, invalid, err := samples(s.examples)
	if err != nil {
		return err
	}
	requests, err := requestsOf(valid, invalid)
	if err != nil {
		return err
	}
	origin := cmp.Or(s.origin, listedOrigin(d.lakes[0].Environment))
	began := time.Now()
	fmt.Fprintf(s.out, "%s\n", d.url)
	for _, r := range requests {
		took, err := r.post(ctx, d.url, origin)
		if err == nil {
			err = d.answeredBy(r.region)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Fprintf(s.out, "  %-9s 200 %s %4d ms%s\n", r.name, r.id, took.Milliseconds(), d.by(r))
	}
	if err := manners(ctx, d.url, origin, s.out); err != nil {
		return err
	}
	if refused != nil {
		fmt.Fprintf(s.out, "answered; the lake is not looked at: %v\n", refused)
		return nil
	}
	for _, lake := range d.lakes {
		if theirs := d.storedBy(lake, requests); len(theirs) > 0 {
			if err := look(ctx, lake.place, s.wait, lake.bucket, began, theirs, s.out); err != nil {
				return err
			}
		}
	}
	return nil
}

// answeredBy checks that a region answered whose clients come through the door.
func (d door) answeredBy(region string) error {
	var want []string
	for _, lake := range d.lakes {
		want = append(want, lake.Region)
	}
	if !d.regional || slices.Contains(want, region) {
		return nil
	}
	return fmt.Errorf("the answer's %s is %q, want %s", ingest.RegionHeader, region, strings.Join(want, " or "))
}

// by says which region answered, where that is a question.
func (d door) by(r *sent) string {
	if !d.regional {
		return ""
	}
	return ", " + r.region
}

// storedBy are the requests that a lake must hold.
func (d door) storedBy(lake lakeAt, requests []*sent) []*sent {
	return slices.DeleteFunc(slices.Clone(requests), func(r *sent) bool {
		return d.regional && r.region != lake.Region
	})
}
