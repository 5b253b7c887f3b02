package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"global-ingest/infra/environment"
	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schema"
)

// judging is the events of one type that are judged again, and what was found.
type judging struct {
	terminal
	eventType   string
	first, last time.Time // days
	config      validate.Config
	set         *schema.Set
	tally
}

// judge runs the schemas of the working tree over the events that a lake holds, by the
// Validator's own code and the environment's rules, and says whose verdict would change.
func judge(ctx context.Context, t terminal, f *flags) error {
	c, folder, j := f.where(here, "all"), f.lake(), &judging{terminal: t}
	f.StringVar(&j.eventType, "type", "", "event `type` to judge, such as click; required")
	days := f.Int("days", 7, "how many `days` of the lake to read, today in UTC among them")
	allow := f.Bool("allow", false, "report, and do not stop")
	if err := f.parse(); err != nil {
		return err
	}
	if c.Name == "" {
		c.Environment = environment.Default("")
	}
	if err := j.compile(c.Rules, *days); err != nil {
		return err
	}
	stores, err := storesOf(ctx, *c, *folder)
	if err != nil {
		return err
	}
	for _, s := range stores {
		if err := j.read(ctx, s); err != nil {
			return err
		}
	}
	if j.objects.Load() == 0 {
		return fmt.Errorf("the lake has no object of %s: raise DAYS=%d, or send events", j.span(), *days)
	}
	j.print(c.Name != "")
	if refused := j.events(nowRefused); refused > 0 && !*allow {
		return fmt.Errorf("stop: of the events that were accepted %d would be refused: "+
			"a new type leaves old apps alone, or ALLOW=1 says that it is meant", refused)
	}
	return nil
}

// maxDays is a year, more than most lakes keep.
const maxDays = 366

// compile compiles the schemas of the working tree under the rules of an environment.
func (j *judging) compile(rules validate.Rules, days int) (err error) {
	if days < 1 || days > maxDays {
		return fmt.Errorf("days is %d, must be 1 to %d", days, maxDays)
	}
	j.last, j.config = time.Now().UTC(), validate.Default()
	j.first, j.config.Rules = j.last.AddDate(0, 0, 1-days), rules
	if j.set, err = compiled(schemaFolder, j.config.Options()); err != nil {
		return err
	}
	if types := j.set.Types(); !slices.Contains(types, j.eventType) {
		return fmt.Errorf("type is %q, must be one of %s: add TYPE=%s",
			j.eventType, strings.Join(types, ", "), types[len(types)-1])
	}
	return nil
}

func (j *judging) span() string {
	return j.first.Format(time.DateOnly) + " to " + j.last.Format(time.DateOnly)
}

// read judges the lines of all days in s, a day at a time: the keys of a day fit in memory.
func (j *judging) read(ctx context.Context, s store) error {
	fmt.Fprintf(j.notes, "%s: judging %s of %s by %s\n", s, j.eventType, j.span(), schemaFolder)
	for day := j.first; !day.After(j.last); day = day.AddDate(0, 0, 1) {
		err := j.day(ctx, s, day)
		if denied(err) {
			return fmt.Errorf("these credentials may not read the lake of %s: "+
				"attach the policy that its stack %s prints as %s: %w", s, environment.QueryStack, environment.ReaderOutput, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readers is how many objects are read at once. A read from S3 takes some 20 ms. Each reader
// holds a line, or the payload that a line names: 32 MiB at most.
const readers = 8

func (j *judging) day(ctx context.Context, s store, day time.Time) error {
	objects, err := j.list(ctx, s, day)
	if err != nil {
		return err
	}
	next := make(chan lake.Object, len(objects))
	for _, object := range objects {
		next <- object
	}
	close(next)
	bar := j.bar(day.Format(time.DateOnly), len(objects))
	group, ctx := errgroup.WithContext(ctx)
	for range min(readers, len(objects)) {
		r := &reader{j, s, validate.NewJudge(j.config, j.set), ""}
		group.Go(func() error {
			for object := range next {
				if err := r.object(ctx, object); err != nil {
					return err
				}
				_ = bar.Add(1) // without a bar the reading goes on
			}
			return nil
		})
	}
	return group.Wait()
}

// pageOfObjects is how many objects S3 lists in one request.
const pageOfObjects = 1_000

func (j *judging) list(ctx context.Context, s store, day time.Time) (objects []lake.Object, err error) {
	folder, _, _ := strings.Cut(record.Partition(day), "/")
	for _, prefix := range []string{record.EventsPrefix, record.RejectedPrefix} {
		before := len(objects)
		err := s.List(ctx, prefix+folder+"/", func(o lake.Object) error {
			objects = append(objects, o)
			return nil
		})
		if err != nil {
			return nil, err
		}
		j.lists.Add(1 + max(0, int64(len(objects)-before-1)/pageOfObjects))
	}
	return objects, nil
}

// reader judges the lines of one object after the other. What it cannot read, it tells.
type reader struct {
	*judging
	store
	judge *validate.Judge
	key   string // of the object
}

func (r *reader) object(ctx context.Context, o lake.Object) error {
	r.key = o.Key
	object, err := r.Get(ctx, o.Key)
	if errors.Is(err, fs.ErrNotExist) { // a lifecycle rule, since it was listed
		r.skip("", "an object that is gone", err)
		return nil
	}
	if err != nil {
		return err
	}
	defer object.Close()
	r.objects.Add(1)
	r.gets.Add(1)
	r.bytes.Add(o.Bytes)
	rejects := strings.HasPrefix(o.Key, record.RejectedPrefix)
	for line, err := range record.Lines(object) {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			r.skip("", "an object that cannot be read to its end", err)
		case len(bytes.TrimSpace(line)) == 0:
		case rejects:
			r.reject(ctx, line)
		default:
			r.event(line)
		}
	}
	return nil
}

// skip notes a line on which there is no verdict, by the id of its event if it has one.
func (r *reader) skip(id, what string, why error) {
	r.note(unjudged, what, sample{cmp.Or(id, r.key), why.Error()})
}

func (r *reader) event(line []byte) {
	l, err := record.DecodeLine(line)
	if err != nil {
		r.skip("", "a line that is no event", err)
		return
	}
	if l.Type == r.eventType {
		id := record.EventID(l.ID, l.First)
		r.again(id, record.Record{Header: l.Header, Body: redrive.Alone(l.Event, l.Source)}, nil)
	}
}

func (r *reader) reject(ctx context.Context, line []byte) {
	row, err := record.DecodeReject(line)
	if err != nil {
		r.skip("", "a line that is no reject", err)
		return
	}
	if row.Type == "" {
		r.typeless.Add(1)
	}
	if row.Type != r.eventType {
		return
	}
	if row.PayloadObject != "" {
		if row.Payload, err = r.payload(ctx, row.PayloadObject); err != nil {
			r.skip(row.ID, "a reject whose payload cannot be read", err)
			return
		}
	}
	r.again(row.ID, record.Record{Header: row.Request(), Body: redrive.Body(row, row.Payload)}, &row)
}

// payload reads what a row had no room for.
func (r *reader) payload(ctx context.Context, key string) ([]byte, error) {
	r.gets.Add(1)
	object, err := r.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	data, err := io.ReadAll(object)
	r.bytes.Add(int64(len(data)))
	return data, err
}

// again judges one event again. It was accepted, unless before is its reject.
func (r *reader) again(id string, event record.Record, before *record.Reject) {
	valid, rejects, err := r.judge.Record(event)
	switch {
	case err != nil:
		r.skip(id, "an event on which the Validator fails", err)
	case valid+len(rejects) != 1:
		r.skip(id, "a payload that would be split", fmt.Errorf("into %d events", valid+len(rejects)))
	case before == nil && valid == 1:
		r.note(stillAccepted, "", sample{})
	case before == nil:
		r.note(nowRefused, ruleOf(rejects[0]), exampleOf(id, rejects[0]))
	case valid == 1:
		r.note(nowAccepted, ruleOf(*before), exampleOf(id, *before))
	default:
		r.note(stillRefused, "", sample{})
	}
}
