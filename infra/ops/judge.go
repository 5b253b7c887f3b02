package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/sync/errgroup"

	"global-ingest/infra/cost"
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

// store is where the objects of a lake lie: a bucket, or a folder.
type store interface {
	// List calls visit with each object whose key begins with prefix, a folder, in order.
	List(ctx context.Context, prefix string, visit func(lake.Object) error) error
	// Get opens an object. The error is fs.ErrNotExist when there is no such object.
	Get(ctx context.Context, key string) (io.ReadCloser, error)
}

// storesOf returns the lake of each region of an environment, or without one the buckets
// in a folder.
func storesOf(ctx context.Context, w where, folder string) (stores []store, err error) {
	if w.environment != "" {
		places, err := w.enter(ctx)
		if err != nil {
			return nil, err
		}
		for _, at := range places {
			found, err := at.outputs(ctx, environment.StorageStack)
			if err != nil {
				return nil, err
			}
			stores = append(stores, region{lake.From(at.s3(), found[environment.LakeBucketOutput]), at})
		}
		return stores, nil
	}
	buckets, err := os.ReadDir(folder)
	if err != nil || len(buckets) == 0 {
		return nil, fmt.Errorf("there is no lake in %s: run `make local` and send it events", filepath.ToSlash(folder))
	}
	for _, bucket := range buckets {
		stores = append(stores, files(filepath.Join(folder, bucket.Name())))
	}
	return stores, nil
}

// region is the lake of one.
type region struct {
	*lake.Bucket
	place
}

func (r region) String() string { return r.place.String() }

// files is a bucket of this machine, in a folder.
type files string

func (f files) String() string { return filepath.ToSlash(string(f)) }

func (f files) List(_ context.Context, prefix string, visit func(lake.Object) error) error {
	err := filepath.WalkDir(filepath.Join(string(f), prefix), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		key := strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(string(f))+"/")
		return visit(lake.Object{Key: key, Bytes: info.Size(), Modified: info.ModTime()})
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (f files) Get(_ context.Context, key string) (io.ReadCloser, error) {
	return os.Open(filepath.Join(string(f), filepath.FromSlash(key)))
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
	again, err := w.again(r.ID, record.Record{Header: r.Header(), Body: redrive.Body(r, r.Payload)})
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

// outcome is what became of an event and what would become of it.
type outcome int

const (
	stillAccepted outcome = iota
	stillRefused
	nowRefused
	nowAccepted
	unjudged
	outcomes // how many
)

var titles = [outcomes]string{
	"accepted before, accepted now", "rejected before, refused now",
	"accepted before, refused now", "rejected before, accepted now", "not judged",
}

// tally is what was found.
type tally struct {
	events   [outcomes]int
	kinds    [outcomes]map[string]kind
	typeless int // rejects that name no type
	objects  int
	bytes    int64
	lists    int // requests
	gets     int
}

// kind is the events that broke one rule, and the first of them.
type kind struct {
	events int
	first  sample
}

// sample is an event, or an object, and what was found.
type sample struct{ id, says string }

// ruleOf names what a reject broke first: a rule of a schema, or else the reason. There are
// no more of them than rules in the schemas.
func ruleOf(r record.Reject) string {
	if len(r.Errors) > 0 && r.Errors[0].Schema != "" {
		return r.Errors[0].Schema
	}
	return string(r.Reason)
}

func exampleOf(id string, r record.Reject) sample {
	if len(r.Errors) == 0 {
		return sample{id, string(r.Reason)}
	}
	return sample{id, strings.TrimSpace(r.Errors[0].Instance + " " + r.Errors[0].Message)}
}

// note counts an event that is worth a line.
func (t *tally) note(v outcome, rule string, e sample) {
	t.events[v]++
	t.merge(v, rule, kind{1, e})
}

// merge adds events to a kind. The first is the one with the smallest id, which is the
// oldest, so that the order of reading does not matter.
func (t *tally) merge(v outcome, rule string, more kind) {
	if t.kinds[v] == nil {
		t.kinds[v] = map[string]kind{}
	}
	known, again := t.kinds[v][rule]
	if !again || more.first.id < known.first.id {
		known.first = more.first
	}
	known.events += more.events
	t.kinds[v][rule] = known
}

func (t *tally) add(other tally) {
	for v := range outcomes {
		t.events[v] += other.events[v]
		for rule, more := range other.kinds[v] {
			t.merge(v, rule, more)
		}
	}
	t.typeless += other.typeless
	t.objects += other.objects
	t.bytes += other.bytes
	t.lists += other.lists
	t.gets += other.gets
}

// print writes how many events have each outcome, and what those broke whose verdict changes.
func (j *judging) print(out io.Writer, paid bool) {
	f := &j.found
	price := ""
	if paid {
		price = fmt.Sprintf(", %d requests of S3, $%.5f", f.lists+f.gets, cost.Reads(f.lists, f.gets))
	}
	fmt.Fprintf(out, "%s, %s: %d objects, %s read%s\n", j.eventType, j.span(), f.objects, megabytes(f.bytes), price)
	table := tabwriter.NewWriter(out, 0, 0, 0, ' ', tabwriter.AlignRight)
	for v, title := range titles {
		fmt.Fprintf(table, "%d\t  %s\n", f.events[v], title)
	}
	_ = table.Flush()
	if f.typeless > 0 {
		fmt.Fprintf(out, "rejects without a type, on which no schema decides: %d\n", f.typeless)
	}
	for _, v := range []outcome{nowRefused, nowAccepted, unjudged} {
		f.printKinds(out, v)
	}
}

// maxKinds is how many kinds of a outcome are shown.
const maxKinds = 20

// printKinds writes what the events of a outcome broke, the most frequent first.
func (t *tally) printKinds(out io.Writer, v outcome) {
	kinds := t.kinds[v]
	if len(kinds) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%s:\n", titles[v])
	order := slices.SortedFunc(maps.Keys(kinds), func(a, b string) int {
		return cmp.Or(cmp.Compare(kinds[b].events, kinds[a].events), cmp.Compare(a, b))
	})
	for _, rule := range order[:min(len(order), maxKinds)] {
		k := kinds[rule]
		fmt.Fprintf(out, "- %d × %s\n  %s: %s\n", k.events, rule, k.first.id, k.first.says)
	}
	if more := len(order) - maxKinds; more > 0 {
		fmt.Fprintf(out, "- and %d more rules\n", more)
	}
}
