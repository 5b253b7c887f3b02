package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"global-ingest/lambdas/redrive"
)

// spilledObjects is S3's listing of objects that were written so many hours ago.
func spilledObjects(hours ...int) xml {
	var contents strings.Builder
	for i, h := range hours {
		fmt.Fprintf(&contents, "<Contents><Key>spill/0%d</Key><LastModified>%s</LastModified><Size>100</Size></Contents>",
			i, time.Now().Add(-time.Duration(h)*time.Hour).UTC().Format(time.RFC3339))
	}
	return xml("<ListBucketResult>" + contents.String() + "</ListBucketResult>")
}

// queued are the keys of the messages that were sent, in order.
func (f *fakeAWS) queued(t *testing.T) (keys []string) {
	t.Helper()
	for _, call := range f.of("sqs SendMessageBatch") {
		var sent struct {
			Entries []struct{ MessageBody string }
		}
		call.decode(t, &sent)
		for _, entry := range sent.Entries {
			keys = append(keys, entry.MessageBody)
		}
	}
	return keys
}

// TestSpilledObjectsOutliveTheirMessages: those that are older than they should be are
// queued again, in calls of ten, and no object is read.
func TestSpilledObjectsOutliveTheirMessages(t *testing.T) {
	f := deployedPipeline(t, "Prod")
	old := make([]int, 12)
	for i := range old {
		old[i] = 25 + i
	}
	f.answers["s3 GET /LakeBucket-out"] = always(spilledObjects(append(old, 1, 23)...))
	shown, err := ops(t, "y\n", "replay", "-environment", "Prod", "-prefix", "spill/")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"14 objects, 12 hold 12 records to replay", "spilled              12",
		"replay 12 records? [y/N]", "queued 12 objects",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is missing in\n%s", want, shown)
		}
	}
	keys := f.queued(t)
	first, err := redrive.Replay{Key: "spill/00"}.Body()
	if err != nil || len(keys) != 12 || keys[0] != first || len(f.of("sqs SendMessageBatch")) != 2 {
		t.Errorf("%v, queued %q in %d calls", err, keys, len(f.of("sqs SendMessageBatch")))
	}
	if shown, err := ops(t, "", "replay", "-environment", "Prod", "-prefix", "spill/", "-older", "100h"); err != nil ||
		!strings.Contains(shown, "14 objects, 0 hold") {
		t.Errorf("%v\n%s", err, shown)
	}
}

func TestAFailedMessageFailsTheReplay(t *testing.T) {
	f := deployedPipeline(t, "Prod")
	f.answers["s3 GET /LakeBucket-out"] = always(spilledObjects(30))
	f.answers["sqs SendMessageBatch"] = always(m{"Failed": []m{{"Id": "0", "Message": "full"}}})
	if _, err := ops(t, "", "replay", "-environment", "Prod", "-prefix", "spill/", "-yes"); err == nil ||
		!strings.Contains(err.Error(), "queueing objects: 0: full") {
		t.Errorf("error is %v", err)
	}
}

// TestReplayReadsTheBucketThatAPersonNames, and finds the queue.
func TestReplayReadsTheBucketThatAPersonNames(t *testing.T) {
	f := deployedPipeline(t, "Prod")
	f.answers["s3 GET /mine"] = always(spilledObjects(30))
	shown, err := ops(t, "", "replay", "-environment", "Prod", "-prefix", "spill/", "-bucket", "mine", "-yes")
	if err != nil || len(f.queued(t)) != 1 {
		t.Errorf("%v, queued %v\n%s", err, f.queued(t), shown)
	}
}

func TestReplayRefusesWhatItCannotMean(t *testing.T) {
	for want, args := range map[string][]string{
		`prefix is "events/", must begin with one of [spill/ rejected/ failed/]`: {"-prefix", "events/"},
		`reason is "bad", must be one of`:                                        {"-prefix", "rejected/", "-reason", "bad"},
		`reason is "empty", but only objects below rejected/ have one`:           {"-prefix", "failed/", "-reason", "empty"},
		`replay: reason is "empty", but only objects below rejected/ have one`:   {"-prefix", "spill/", "-reason", "empty"},
	} {
		_, err := ops(t, "", append([]string{"replay"}, args...)...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error is %v, want %q", args, err, want)
		}
	}
}

// spilledIn answers with old spilled objects, as many as a region has.
func (g *globe) spilledIn(objects map[string]int) {
	g.fakeAWS.answers["s3 GET /LakeBucket-out"] = func(r request) any {
		return spilledObjects(slices.Repeat([]int{30}, objects[r.region])...)
	}
}

// TestReplayCountsEveryRegionBeforeItAsks, and queues where something is.
func TestReplayCountsEveryRegionBeforeItAsks(t *testing.T) {
	g := deployedWorld(t, world(), "")
	g.spilledIn(map[string]int{"us-east-1": 2, "ap-southeast-1": 3})
	shown, err := g.run(t, "y\n", "replay", "-prefix", "spill/")
	if err != nil {
		t.Fatal(err)
	}
	inOrder(t, shown, ", us-east-1\n2 objects, 2 hold 2 records", ", eu-central-1\n0 objects, 0 hold 0 records",
		", ap-southeast-1\n3 objects, 3 hold 3 records",
		"replay 5 records in 3 regions? [y/N]", "queued 2 objects in us-east-1", "queued 3 objects in ap-southeast-1")
	var regions []string
	for _, call := range g.of("sqs SendMessageBatch") {
		regions = append(regions, call.region)
	}
	if want := []string{"us-east-1", "ap-southeast-1"}; !slices.Equal(regions, want) {
		t.Errorf("queued in %v, want %v", regions, want)
	}
}

// TestReplayOfSeveralRegionsNeedsAnAnswer: a script that nobody watches says which, or YES.
func TestReplayOfSeveralRegionsNeedsAnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		args   []string
		want   string // error
		queued int
	}{
		"nobody":     {"", nil, "replay: nobody answered, nothing is queued: add YES=1", 0},
		"no":         {"n\n", nil, "", 0},
		"dry run":    {"", []string{"-dry-run"}, "", 0},
		"yes":        {"", []string{"-yes"}, "", 3},
		"one region": {"y\n", []string{"-region", "eu-central-1"}, "", 1},
		"nobody, for one region": {
			"", []string{"-region", "eu-central-1"}, "replay: nobody answered, nothing is queued: add YES=1", 0,
		},
		"bucket": {"", []string{"-bucket", "b", "-queue", "q"}, "replay: -bucket and -queue are of one region, but World has 3: add REGION=…", 0},
	} {
		t.Run(name, func(t *testing.T) {
			g := deployedWorld(t, world(), "")
			g.spilledIn(map[string]int{"us-east-1": 1, "eu-central-1": 1, "ap-southeast-1": 1})
			shown, err := g.run(t, c.answer, "replay", append([]string{"-prefix", "spill/"}, c.args...)...)
			if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
				t.Errorf("error is %v, want %q\n%s", err, c.want, shown)
			}
			if got := len(g.queued(t)); got != c.queued {
				t.Errorf("queued %d objects, want %d\n%s", got, c.queued, shown)
			}
		})
	}
}

// TestARegionThatCannotBeCountedStopsAReplay before anything is queued, and says how to go on.
func TestARegionThatCannotBeCountedStopsAReplay(t *testing.T) {
	g := deployedWorld(t, world(), "")
	g.fakeAWS.answers["s3 GET /LakeBucket-out"] = func(r request) any {
		if r.region == "eu-central-1" {
			return refused{"InternalError", "away"}
		}
		return spilledObjects(30)
	}
	_, err := g.run(t, "y\n", "replay", "-prefix", "spill/")
	if err == nil || !strings.HasPrefix(err.Error(), "replay: eu-central-1: ") ||
		!strings.HasSuffix(err.Error(), "; REGION=… leaves a region out") || len(g.queued(t)) != 0 {
		t.Errorf("error is %v, queued %v", err, g.queued(t))
	}
}
