package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/schollz/progressbar/v3"

	"global-ingest/lambdas/lake"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
)

// finding is what lies below the prefix and would be replayed.
type finding struct {
	objects  []string // keys of the objects that hold such records
	looked   int      // objects read
	byReason map[record.Reason]int
}

// longList is how many objects take long enough to read for a person to wonder.
const longList = 20

// survey reads every object below the prefix. Progress is shown there.
func (a *account) survey(ctx context.Context, o options, progress io.Writer) (finding, error) {
	var listed []lake.Object
	err := a.lake.List(ctx, o.prefix, func(object lake.Object) error {
		listed = append(listed, object)
		return nil
	})
	if err != nil {
		return finding{}, err
	}
	found := finding{byReason: map[record.Reason]int{}}
	bar := progressbar.NewOptions(len(listed), progressbar.OptionSetWriter(progress), progressbar.OptionSetVisibility(len(listed) >= longList),
		progressbar.OptionSetDescription("reading objects"), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
	for _, object := range listed {
		if err := a.look(ctx, &found, redrive.Replay{Key: object.Key, Reason: o.reason}); err != nil {
			return finding{}, err
		}
		_ = bar.Add(1) // a bar that cannot be drawn is no reason to stop
	}
	return found, nil
}

func (a *account) look(ctx context.Context, found *finding, r redrive.Replay) error {
	object, err := a.lake.Get(ctx, r.Key)
	if err != nil {
		return err
	}
	defer object.Close()
	survey, err := redrive.Look(object, r)
	if err != nil {
		return err
	}
	found.looked++
	if len(survey.Records) > 0 {
		found.objects = append(found.objects, r.Key)
	}
	for reason, n := range survey.Records {
		found.byReason[reason] += n
	}
	return nil
}

func (f finding) records() (n int) {
	for _, records := range f.byReason {
		n += records
	}
	return n
}

func (f finding) print(out io.Writer) {
	fmt.Fprintf(out, "%d objects read, %d hold %d records to replay\n", f.looked, len(f.objects), f.records())
	for _, reason := range slices.Sorted(maps.Keys(f.byReason)) {
		name := string(reason)
		if name == "" {
			name = "processing failed"
		}
		fmt.Fprintf(out, "  %-20s %d\n", name, f.byReason[reason])
	}
}
