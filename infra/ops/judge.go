package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
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
	eventType   string
	first, last time.Time // days
	config      validate.Config
	set         *schema.Set
	found       tally
}

// judge runs the schemas of the working tree over the events that a lake holds, by the
// Validator's own code and the environment's rules, and says whose verdict would change.
func judge(ctx context.Context, args []string, t terminal) error {
	flags := newFlags("judge")
	eventType := flags.String("type", "", "event `type` to judge, such as click; required")
	days := flags.Int("days", 7, "how many `days` of the lake to read, today in UTC among them")
	var w where
	flags.StringVar(&w.environment, "environment", "", "`name` of the environment; default none: the lake of this machine")
	regionFlag(flags, &w.region, "all")
	folder := flags.String("lake", ".local/lake/buckets", "`folder` of the buckets on this machine")
	allow := flags.Bool("allow", false, "report, and do not stop")
	if err := t.parse(flags, args); err != nil {
		return err
	}
	j, err := newJudging(*eventType, w.environment, *days)
	if err != nil {
		return err
	}
	stores, err := storesOf(ctx, w, *folder)
	if err != nil {
		return err
	}
	for _, s := range stores {
		if err := j.read(ctx, s, t.notes); err != nil {
			return err
		}
	}
	if j.found.objects == 0 {
		return fmt.Errorf("the lake has no object of %s: raise DAYS=%d, or send events", j.span(), *days)
	}
	j.print(t.out, w.environment != "")
	if refused := j.found.events[nowRefused]; refused > 0 && !*allow {
		return fmt.Errorf("stop: of the events that were accepted %d would be refused: "+
			"a new type leaves old apps alone, or ALLOW=1 says that it is meant", refused)
	}
	return nil
}

// maxDays is a year, more than most lakes keep.
const maxDays = 366

// newJudging compiles the schemas of the working tree under the rules of an environment, by
// default those of a new one.
func newJudging(eventType, name string, days int) (*judging, error) {
	if days < 1 || days > maxDays {
		return nil, fmt.Errorf("days is %d, must be 1 to %d", days, maxDays)
	}
	env := environment.Default("")
	if name != "" {
		var err error
		if env, err = named(name); err != nil {
			return nil, err
		}
	}
	j := &judging{eventType: eventType, last: time.Now().UTC(), config: validate.Default()}
	j.first = j.last.AddDate(0, 0, 1-days)
	j.config.Rules = env.Rules
	if _, err := os.Stat(schemaFolder); err != nil {
		return nil, fmt.Errorf("there are no schemas in %s: run it in the folder of the repository", schemaFolder)
	}
	var err error
	if j.set, err = schema.Compile(os.DirFS(schemaFolder), j.config.Options()); err != nil {
		return nil, err
	}
	if types := j.set.Types(); !slices.Contains(types, eventType) {
		return nil, fmt.Errorf("type is %q, must be one of %s: add TYPE=%s",
			eventType, strings.Join(types, ", "), types[len(types)-1])
	}
	return j, nil
}

func (j *judging) span() string {
	return j.first.Format(time.DateOnly) + " to " + j.last.Format(time.DateOnly)
}

// read judges the lines of all days in s, a day at a time: the keys of a day fit in memory.
func (j *judging) read(ctx context.Context, s store, notes io.Writer) error {
	fmt.Fprintf(notes, "%s: judging %s of %s by %s\n", s, j.eventType, j.span(), schemaFolder)
	for day := j.first; !day.After(j.last); day = day.AddDate(0, 0, 1) {
		objects, err := j.list(ctx, s, day)
		if err == nil {
			err = j.readAll(ctx, s, objects, newBar(notes, day.Format(time.DateOnly), len(objects)))
		}
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

// pageOfObjects is how many objects S3 lists in one request.
const pageOfObjects = 1_000

// list returns the objects of a day.
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
		j.found.lists += 1 + max(0, len(objects)-before-1)/pageOfObjects
	}
	return objects, nil
}

// readers is how many objects are read at once. A read from S3 takes some 20 ms. Each reader
// holds a line, or the payload that a line names: 32 MiB at most.
const readers = 8

// readAll judges the lines of objects.
func (j *judging) readAll(ctx context.Context, s store, objects []lake.Object, bar *progressbar.ProgressBar) error {
	next := make(chan lake.Object, len(objects))
	for _, object := range objects {
		next <- object
	}
	close(next)
	group, ctx := errgroup.WithContext(ctx)
	found := make([]tally, min(readers, len(objects)))
	for i := range found {
		w := reader{j, s, validate.NewJudge(j.config, j.set), &found[i]}
		group.Go(func() error {
			for object := range next {
				if err := w.object(ctx, object); err != nil {
					return err
				}
				_ = bar.Add(1) // without a bar the reading goes on
			}
			return nil
		})
	}
	err := group.Wait()
	for _, f := range found {
		j.found.add(f)
	}
	return err
}

// reader judges the lines of one object after the other.
type reader struct {
	*judging
	store
	judge *validate.Judge
	*tally
}

// object judges the lines of an object. What cannot be read of it is told.
func (w *reader) object(ctx context.Context, o lake.Object) error {
	object, err := w.Get(ctx, o.Key)
	if errors.Is(err, fs.ErrNotExist) { // a lifecycle rule, since it was listed
		w.note(unjudged, "an object that is gone", sample{o.Key, err.Error()})
		return nil
	}
	if err != nil {
		return err
	}
	defer object.Close()
	w.objects, w.gets, w.bytes = w.objects+1, w.gets+1, w.bytes+o.Bytes
	judged := w.event
	if strings.HasPrefix(o.Key, record.RejectedPrefix) {
		judged = w.reject
	}
	for line, err := range record.Lines(object) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && len(bytes.TrimSpace(line)) > 0 {
			err = judged(ctx, line)
		}
		switch unread := (unreadable{}); {
		case errors.As(err, &unread):
			w.note(unjudged, unread.what, sample{cmp.Or(unread.id, o.Key), unread.why})
		case err != nil:
			w.note(unjudged, "an object that cannot be read to its end", sample{o.Key, err.Error()})
		}
	}
	return nil
}

// unreadable is the error of a line on which there is no verdict.
type unreadable struct{ what, id, why string }

func (u unreadable) Error() string { return u.what + ": " + u.why }

// event judges a line of events/.
func (w *reader) event(_ context.Context, line []byte) error {
	l, err := record.DecodeLine(line)
	if err != nil {
		return unreadable{"a line that is no event", "", err.Error()}
	}
	if l.Type != w.eventType {
		return nil
	}
	id := record.EventID(l.ID, l.First)
	again, err := w.again(id, record.Record{Header: l.Header, Body: redrive.Alone(l.Event, l.Source)})
	switch {
	case err != nil:
		return err
	case again == nil:
		w.events[stillAccepted]++
	default:
		w.note(nowRefused, ruleOf(*again), exampleOf(id, *again))
	}
	return nil
}

// reject judges a row of rejected/.
func (w *reader) reject(ctx context.Context, line []byte) error {
	r, err := record.DecodeReject(line)
	if err != nil {
		return unreadable{"a line that is no reject", "", err.Error()}
	}
	if r.Type == "" {
		w.typeless++
	}
	if r.Type != w.eventType {
		return nil
	}
	if r.PayloadObject != "" {
		if r.Payload, err = w.payload(ctx, r.PayloadObject); err != nil {
			return unreadable{"a reject whose payload cannot be read", r.ID, err.Error()}
		}
	}
	again, err := w.again(r.ID, record.Record{Header: r.Request(), Body: redrive.Body(r, r.Payload)})
	switch {
	case err != nil:
		return err
	case again == nil:
		w.note(nowAccepted, ruleOf(r), exampleOf(r.ID, r))
	default:
		w.events[stillRefused]++
	}
	return nil
}

// payload reads what a row had no room for.
func (w *reader) payload(ctx context.Context, key string) ([]byte, error) {
	w.gets++
	object, err := w.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	data, err := io.ReadAll(object)
	w.bytes += int64(len(data))
	return data, err
}

// again returns the reject of r's one event, or nil when the event is valid.
func (w *reader) again(id string, r record.Record) (*record.Reject, error) {
	valid, rejects, err := w.judge.Record(r)
	switch {
	case err != nil:
		return nil, unreadable{"an event on which the Validator fails", id, err.Error()}
	case valid+len(rejects) != 1:
		return nil, unreadable{"a payload that would be split", id, fmt.Sprintf("into %d events", valid+len(rejects))}
	case valid == 1:
		return nil, nil
	}
	return &rejects[0], nil
}
