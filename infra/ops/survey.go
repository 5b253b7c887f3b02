package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"global-ingest/lambdas/aws/lake"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
)

// finding is what is below the prefix and would be replayed.
type finding struct {
	objects  iter.Seq2[string, error] // keys of the objects that hold such records
	hold     int                      // how many
	looked   int                      // objects read, or listed below spill/
	byReason map[record.Reason]int
}

// longList is how many objects take so long to read that a person wants to see progress.
const longList = 20

// newBar shows how far the reading of objects is, when it takes long.
func newBar(notes io.Writer, title string, objects int) *progressbar.ProgressBar {
	return progressbar.NewOptions(objects, progressbar.OptionSetWriter(notes),
		progressbar.OptionSetVisibility(objects >= longList), progressbar.OptionSetDescription(title),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
}

// survey counts what is below the prefix, and shows its progress.
func (r *replayer) survey(ctx context.Context, o asked, progress io.Writer) (finding, error) {
	if strings.HasPrefix(o.prefix, record.SpillPrefix) {
		return r.surveySpill(ctx, o.prefix, time.Now().Add(-o.older))
	}
	var listed []string
	err := r.lake.List(ctx, o.prefix, func(object lake.Object) error {
		listed = append(listed, object.Key)
		return nil
	})
	if err != nil {
		return finding{}, err
	}
	found := finding{byReason: map[record.Reason]int{}, looked: len(listed)}
	bar := newBar(progress, "reading objects", len(listed))
	var holding []string
	for _, key := range listed {
		records, err := r.look(ctx, redrive.Replay{Key: key, Reason: o.reason})
		if err != nil {
			return finding{}, err
		}
		if len(records) > 0 {
			holding = append(holding, key)
		}
		for reason, n := range records {
			found.byReason[reason] += n
		}
		_ = bar.Add(1) // without a bar the survey goes on
	}
	found.hold, found.objects = len(holding), each(holding)
	return found, nil
}

// look counts the records of one object by reason.
func (r *replayer) look(ctx context.Context, asked redrive.Replay) (map[record.Reason]int, error) {
	object, err := r.lake.Get(ctx, asked.Key)
	if err != nil {
		return nil, err
	}
	defer object.Close()
	return redrive.Look(object, asked)
}

// surveySpill counts spilled objects, a record each, without reading them: after an
// outage there are millions. They are listed once more to be queued.
func (r *replayer) surveySpill(ctx context.Context, prefix string, before time.Time) (finding, error) {
	found := finding{byReason: map[record.Reason]int{}}
	err := r.lake.List(ctx, prefix, func(object lake.Object) error {
		found.looked++
		if object.Modified.Before(before) {
			found.hold++
		}
		return nil
	})
	if found.hold > 0 {
		found.byReason[spilled] = found.hold
	}
	found.objects = r.spilledBefore(ctx, prefix, before)
	return found, err
}

// errEnough ends a listing that nobody reads any further.
var errEnough = errors.New("enough")

// spilledBefore yields the keys of objects that were written before a time.
func (r *replayer) spilledBefore(ctx context.Context, prefix string, before time.Time) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := r.lake.List(ctx, prefix, func(object lake.Object) error {
			if object.Modified.Before(before) && !yield(object.Key, nil) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield("", err)
		}
	}
}

// each yields the keys.
func each(keys []string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range keys {
			if !yield(key, nil) {
				return
			}
		}
	}
}

// spilled is what the count calls records of spill/, which have no reason.
const spilled record.Reason = "spilled"

func (f finding) records() (n int) {
	for _, records := range f.byReason {
		n += records
	}
	return n
}

func (f finding) print(out io.Writer) {
	fmt.Fprintf(out, "%d objects, %d hold %d records to replay\n", f.looked, f.hold, f.records())
	for _, reason := range slices.Sorted(maps.Keys(f.byReason)) {
		fmt.Fprintf(out, "  %-20s %d\n", cmp.Or(reason, "processing failed"), f.byReason[reason])
	}
}
