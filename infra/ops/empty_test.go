package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// value is one of a metric, so many minutes ago.
type value struct {
	minutes int
	is      float64
}

// metrics is CloudWatch's answer to the queries, by id: in0 and age0 are of the first stream.
func metrics(byID map[string][]value) cbor.Map {
	results := cbor.List{}
	for id, values := range byID {
		times, numbers := cbor.List{}, cbor.List{}
		for _, v := range values {
			at := time.Now().Add(-time.Duration(v.minutes) * time.Minute)
			times = append(times, &cbor.Tag{ID: 1, Value: cbor.Float64(at.Unix())})
			numbers = append(numbers, cbor.Float64(v.is))
		}
		results = append(results, cbor.Map{"Id": cbor.String(id), "Timestamps": times, "Values": numbers})
	}
	return cbor.Map{"MetricDataResults": results}
}

// waiting is the queue's answer.
func waiting(messages int) m {
	return m{"Attributes": m{
		"ApproximateNumberOfMessages":           fmt.Sprint(messages),
		"ApproximateNumberOfMessagesNotVisible": "0",
	}}
}

// emptied runs the verb on Prod as the fake has it, without a wait for CloudWatch.
func emptied(t *testing.T, answer string, args ...string) (string, error) {
	t.Helper()
	return ops(t, answer, append([]string{"empty", "-environment", "Prod", "-every", "1ms", "-late", "0s"}, args...)...)
}

const patch = "apigateway PATCH /restapis/EdgeApi65822B7B-name/stages/EdgeApiDeploymentStagev10F786812-name"

// throttles are the rates and bursts that the stage was set to.
func (f *fakeAWS) throttles(t *testing.T) (all []string) {
	t.Helper()
	for _, call := range f.of(patch) {
		var asked struct {
			PatchOperations []struct{ Op, Path, Value string }
		}
		call.decode(t, &asked)
		for _, o := range asked.PatchOperations {
			all = append(all, o.Op+" "+o.Path+"="+o.Value)
		}
	}
	return all
}

// TestEmptyStopsTrafficAndWaits until the queue and then the streams are empty.
func TestEmptyStopsTrafficAndWaits(t *testing.T) {
	f := deployedPipeline(t, "Prod")
	looks := 0
	f.answers["sqs GetQueueAttributes"] = func(request) any {
		looks++
		return waiting(max(0, 3-looks))
	}
	f.answers["monitoring GetMetricData"] = func(request) any {
		if looks < 5 {
			return metrics(map[string][]value{"in0": {{0, 7}, {1, 8}}})
		}
		return metrics(map[string][]value{"in0": {{0, 0}, {9, 15}}, "age0": {{8, 70}}})
	}
	shown, err := emptied(t, "y\n")
	if err != nil || !strings.Contains(shown, "queue: 2 messages") ||
		!strings.Contains(shown, "EventsStreamA348795C-name: 15 records came in") ||
		!strings.HasSuffix(shown, "Prod holds nothing any more\n") || looks != 5 {
		t.Errorf("%v, looked %d times\n%s", err, looks, shown)
	}
	want := []string{"replace /*/*/throttling/rateLimit=0", "replace /*/*/throttling/burstLimit=0"}
	if got := f.throttles(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the stage was set to %q, want %q", got, want)
	}
}

// TestEmptySaysWhatADestroyWouldLose when it has waited long enough, and does not let one go on.
func TestEmptySaysWhatADestroyWouldLose(t *testing.T) {
	for name, c := range map[string]struct {
		in, age []value
		want    string // empty: nothing is left
	}{
		"nothing ever came":                     {nil, nil, ""},
		"delivered":                             {[]value{{30, 5}}, []value{{29, 70}}, ""},
		"delivered, and the age is told as 0":   {[]value{{30, 5}}, []value{{0, 0}}, ""},
		"came in just now":                      {[]value{{0, 5}}, nil, "5 records came in within 1m10s, which may not be written yet"},
		"S3 takes nothing since half an hour":   {[]value{{30, 5}}, []value{{0, 1800}}, "its oldest record is 30m0s old; Firehose drops it at 24h0m0s"},
		"S3 takes nothing, and most came early": {[]value{{20, 1}, {300, 500}}, []value{{0, 18000}}, "its oldest record is 5h0m0s old"},
	} {
		t.Run(name, func(t *testing.T) {
			f := deployedPipeline(t, "Prod")
			f.answers["monitoring GetMetricData"] = always(metrics(map[string][]value{"in1": c.in, "age1": c.age}))
			shown, err := emptied(t, "", "-yes", "-wait", "5ms")
			if (err == nil) != (c.want == "") || err != nil &&
				!strings.Contains(err.Error(), "RejectsStreamCA43BEAC-name: "+c.want) {
				t.Errorf("error is %v, want %q\n%s", err, c.want, shown)
			}
			if err != nil && !strings.Contains(err.Error(), "empty -environment Prod -open") {
				t.Errorf("error does not say how to go back: %v", err)
			}
		})
	}
}

// TestEmptyWaitsForCloudWatch, which shows a record minutes after it came in.
func TestEmptyWaitsForCloudWatch(t *testing.T) {
	deployedPipeline(t, "Prod")
	_, err := ops(t, "", "empty", "-environment", "Prod", "-yes", "-every", "1ms", "-wait", "5ms")
	if err == nil || !strings.Contains(err.Error(), "CloudWatch may not yet show what came in last") {
		t.Errorf("error is %v", err)
	}
}

func TestEmptyWithoutAWaitSaysWhatIsLostAndGoesOn(t *testing.T) {
	f := deployedPipeline(t, "Prod")
	f.answers["monitoring GetMetricData"] = always(metrics(map[string][]value{"in0": {{0, 5}}}))
	shown, err := emptied(t, "y\n", "-wait", "0")
	if err != nil || !strings.Contains(shown, "5 records came in") ||
		!strings.Contains(shown, "a destroy loses what the streams hold") {
		t.Errorf("%v\n%s", err, shown)
	}
}

// TestEmptyWithoutAWaitNeedsNoLook: who may delete the stack need not read metrics.
func TestEmptyWithoutAWaitNeedsNoLook(t *testing.T) {
	f := deployedPipeline(t, "Prod")
	f.answers["sqs GetQueueAttributes"] = always(refused{"AccessDenied", "no"})
	if shown, err := emptied(t, "", "-yes", "-wait", "0"); err != nil ||
		!strings.Contains(shown, "not looked at: looking at the queue") {
		t.Errorf("%v\n%s", err, shown)
	}
	if _, err := emptied(t, "", "-yes"); err == nil {
		t.Error("a wait for what cannot be seen ended well")
	}
}

func TestANoStopsNothing(t *testing.T) {
	f := deployedPipeline(t, "Prod")
	_, err := emptied(t, "n\n")
	if err == nil || !strings.Contains(err.Error(), "nothing is stopped") || len(f.throttles(t)) != 0 {
		t.Errorf("error is %v, the stage was set to %v", err, f.throttles(t))
	}
}

func TestOpenLetsRequestsInAgain(t *testing.T) {
	f := deployedPipeline(t, "Prod")
	if _, err := emptied(t, "", "-open"); err != nil {
		t.Fatal(err)
	}
	want := []string{"replace /*/*/throttling/rateLimit=10000", "replace /*/*/throttling/burstLimit=5000"}
	if got := f.throttles(t); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the stage was set to %q, want %q", got, want)
	}
}

func TestWhatIsNotDeployedIsEmpty(t *testing.T) {
	deployedPipeline(t, "Dev")
	shown, err := emptied(t, "")
	if err != nil || !strings.Contains(shown, "there is no stack Prod-Pipeline: nothing to empty") {
		t.Errorf("%v\n%s", err, shown)
	}
}

func TestATrafficThatCannotBeStoppedIsSaid(t *testing.T) {
	f := deployedPipeline(t, "Prod")
	f.answers[patch] = always(refused{"AccessDeniedException", "no"})
	_, err := emptied(t, "", "-yes")
	if err == nil || !strings.Contains(err.Error(), "setting the throttle of API EdgeApi65822B7B-name") {
		t.Errorf("error is %v", err)
	}
}
