package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/ingest"
	"global-ingest/lambdas/record"
)

// trial is what smoke sends, and how long it looks for it.
type trial struct {
	terminal
	outputs, examples, origin string
	url, bucket               string // instead of the deployed ones
	wait                      time.Duration
}

// trial adds the flags of smoke that a deploy has, too.
func (f *flags) trial(t terminal) *trial {
	try := &trial{terminal: t}
	f.StringVar(&try.outputs, "outputs", ".local/outputs", "`folder` of what deploys from here wrote: "+
		"<environment>.json or, with regions, <environment>/<region>.json")
	f.StringVar(&try.examples, "examples", schemaFolder+"/examples", "`folder` of the events to send")
	f.StringVar(&try.origin, "origin", "", "`origin` to send as a browser would; default: the first of "+
		"Origins, where not every one is allowed")
	f.DurationVar(&try.wait, "wait", 5*time.Minute, "longest time to look for the events in the lake")
	return try
}

// smoke posts to the endpoint, checks each answer, and looks for the events. An environment with
// regions is asked in each of them, and then by its public name.
func smoke(ctx context.Context, t terminal, f *flags) error {
	c, try := f.where(inDev, "each region, then the public name; with -url or -bucket home"), f.trial(t)
	f.StringVar(&try.url, "url", "", "`URL` to post to; default: the deployed one")
	f.StringVar(&try.bucket, "bucket", "", "`name` of the lake; default: the deployed one")
	if err := f.parse(); err != nil {
		return err
	}
	if try.url != "" || try.bucket != "" {
		if err := c.narrow(); err != nil {
			return err
		}
	}
	for _, site := range c.sites {
		if err := try.site(ctx, site); err != nil {
			return place{Site: site}.in(err)
		}
	}
	if c.front {
		return try.front(ctx, c.Environment)
	}
	return nil
}

// door is a URL of an environment, and the lakes that its events may reach.
type door struct {
	url      string
	lakes    []lakeAt
	regional bool  // whether answers must name the region of one of lakes
	refused  error // why nobody looks into the lakes
}

// lakeAt is a lake where it is deployed.
type lakeAt struct {
	place
	bucket string
}

// site tries a site by its own URL. Without credentials only the answers are checked.
func (s *trial) site(ctx context.Context, site environment.Site) error {
	at, refused := enter(ctx, site)
	url, bucket, err := s.find(ctx, at, refused)
	if err != nil {
		return err
	}
	if refused == nil && bucket == "" {
		refused = errors.New("the bucket's name is not known: add -bucket")
	}
	return s.through(ctx, door{url, []lakeAt{{at, bucket}}, site.Worldwide() && s.url == "", refused})
}

// front tries the public name of an environment. Any region that gets clients may answer.
func (s *trial) front(ctx context.Context, env environment.Environment) error {
	d := door{url: env.PublicURL(), regional: true}
	for _, site := range env.Sites() {
		if site.Joined() {
			at, no := enter(ctx, site)
			_, bucket, err := s.find(ctx, at, no)
			d.refused = cmp.Or(d.refused, no, err)
			d.lakes = append(d.lakes, lakeAt{at, bucket})
		}
	}
	return s.through(ctx, d)
}

// find returns the site's URL and bucket: those that a person named, that the last deploy from
// here wrote, or else those of the account, unless it refused. Without a bucket there is no error.
func (s *trial) find(ctx context.Context, at place, refused error) (url, bucket string, err error) {
	found, err := written(s.outputs, at.Site)
	unwritten := errors.Is(err, fs.ErrNotExist)
	if unwritten && refused == nil && (s.url == "" || s.bucket == "") {
		found, err = at.outputs(ctx, environment.Stacks()...)
	}
	url = cmp.Or(s.url, found[environment.EndpointOutput])
	switch {
	case url != "":
		err = nil
	case unwritten && errors.Is(refused, errNobody):
		err = fmt.Errorf("the endpoint of %[1]s is not known: `make deploy ENV=%[1]s` was not run here and there are "+
			"no AWS credentials: add URL=https://…", at.Name)
	case unwritten && refused != nil:
		err = refused
	}
	return url, cmp.Or(s.bucket, found[environment.LakeBucketOutput]), err
}

// through sends requests through a door, checks each answer, and looks for the events.
func (s *trial) through(ctx context.Context, d door) error {
	requests, err := requestsOf(s.examples)
	if err != nil {
		return err
	}
	origin := cmp.Or(s.origin, anyPage)
	if listed := d.lakes[0].Origins; s.origin == "" && len(listed) > 0 && listed[0] != ingest.AnyOrigin {
		origin = listed[0] // only its pages may read answers
	}
	began := time.Now()
	fmt.Fprintf(s.out, "%s\n", d.url)
	for _, r := range requests {
		err := r.send(ctx, d.url, origin)
		if err == nil && d.regional && r.prefixes != nil {
			err = d.answeredBy(r.region)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		fmt.Fprintf(s.out, "  %-9s %s\n", r.name, r.told(d.regional))
	}
	if d.refused != nil {
		fmt.Fprintf(s.out, "answered; the lake is not looked at: %v\n", d.refused)
		return nil
	}
	for _, lake := range d.lakes {
		theirs := slices.DeleteFunc(slices.Clone(requests), func(r *sent) bool {
			return r.prefixes == nil || d.regional && r.region != lake.Region
		})
		if len(theirs) > 0 {
			if err := s.look(ctx, lake, began, theirs); err != nil {
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
	if slices.Contains(want, region) {
		return nil
	}
	return fmt.Errorf("the answer's %s is %q, want %s", ingest.RegionHeader, region, strings.Join(want, " or "))
}

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
