package simulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/test/simulator"
)

// The event for a DirectPut stream names no Kinesis source.
// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
func TestTransformGetsTheRecordsAsTheyCame(t *testing.T) {
	var got transformEvent
	x := start(t, nil, func(_ int, e transformEvent) (any, error) {
		got = e
		return each(e, func(data string) (string, string) { return "Ok", strings.ToUpper(data) }), nil
	}, nil)
	x.put(t, "a", "b")
	x.flush(t)
	if got.DeliveryStreamArn != arn || got.Region != "us-east-1" || got.InvocationID == "" || len(got.Records) != 2 ||
		got.Records[0].Arrival != time.Date(2026, 11, 23, 10, 59, 58, 0, time.UTC).UnixMilli() ||
		string(got.Records[1].Data) != "b" {
		t.Errorf("event is %+v", got)
	}
	if got := x.shelf.under("lake/events/"); got != "AB" {
		t.Errorf("delivered %q", got)
	}
}

// errorLines returns what stands in error objects, decoded.
func errorLines(t *testing.T, x fixture) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(x.shelf.under("lake/failed/processing-failed/hour=10/")) {
		var object map[string]any
		if err := json.Unmarshal([]byte(line), &object); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, object)
	}
	return lines
}

// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html
func TestEachResultGoesItsWay(t *testing.T) {
	x := start(t, nil, func(_ int, e transformEvent) (any, error) {
		return each(e, func(data string) (string, string) { return data, "out" }), nil
	}, nil)
	x.put(t, "Ok", "Dropped", "ProcessingFailed", "Nonsense")
	x.flush(t)
	if got := x.shelf.under("lake/events/"); got != "out" {
		t.Errorf("delivered %q", got)
	}
	failed := map[string]string{}
	for _, line := range errorLines(t, x) {
		raw, _ := base64.StdEncoding.DecodeString(line["rawData"].(string))
		failed[string(raw)] = line["errorCode"].(string)
		if line["attemptsMade"] != 1.0 || line["lambdaArn"] != "arn:f" {
			t.Errorf("error object is %v", line)
		}
	}
	want := map[string]string{
		"ProcessingFailed": "Lambda.ProcessingFailedStatus", "Nonsense": "Lambda.InvalidReturnFormat",
	}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Error(diff)
	}
}

// "Any mismatch between the ID of the original record and the ID of the
// transformed record is treated as a data transformation failure."
func TestAnswersThatDoNotMatchFailTheirRecords(t *testing.T) {
	text := base64.StdEncoding.EncodeToString([]byte("x"))
	for code, answer := range map[string]func(id string) []result{
		"Lambda.MissingRecordId":     func(string) []result { return []result{{"other", "Ok", &text}} },
		"Lambda.DuplicatedRecordId":  func(id string) []result { return []result{{id, "Ok", &text}, {id, "Ok", &text}} },
		"Lambda.InvalidReturnFormat": func(id string) []result { return []result{{id, "Ok", nil}} },
	} {
		x := start(t, nil, func(_ int, e transformEvent) (any, error) {
			return map[string]any{"records": answer(e.Records[0].RecordID)}, nil
		}, nil)
		x.put(t, "r")
		x.flush(t)
		if lines := errorLines(t, x); len(lines) != 1 || lines[0]["errorCode"] != code {
			t.Errorf("error objects are %v, want %s", lines, code)
		}
		if x.calls.attempts != 1 {
			t.Errorf("%s: %d attempts, a successful answer is not retried", code, x.calls.attempts)
		}
	}
}

// "Firehose retries the invocation three times by default", then skips the batch.
// https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
func TestFailedInvocationsAreRetriedThenTheBatchFails(t *testing.T) {
	for code, cause := range map[string]error{
		"Lambda.FunctionError":       &simulator.FunctionError{Type: "Runtime.ExitError"},
		"Lambda.FunctionTimedOut":    simulator.ErrTimedOut,
		"Lambda.InvokeLimitExceeded": fmt.Errorf("busy: %w", simulator.ErrThrottled),
	} {
		x := start(t, nil, func(int, transformEvent) (any, error) { return nil, cause }, nil)
		x.put(t, "a", "b")
		x.flush(t)
		lines := errorLines(t, x)
		if len(lines) != 2 || lines[0]["errorCode"] != code || lines[0]["attemptsMade"] != 4.0 ||
			x.calls.attempts != 4 {
			t.Errorf("after %d attempts error objects are %v, want 2 of %s", x.calls.attempts, lines, code)
		}
	}
}

func TestAnInvocationThatSucceedsLateLosesNothing(t *testing.T) {
	x := start(t, nil, func(attempt int, e transformEvent) (any, error) {
		if attempt < 4 {
			return nil, simulator.ErrTimedOut
		}
		return each(e, func(data string) (string, string) { return "Ok", data }), nil
	}, nil)
	x.put(t, "a")
	x.flush(t)
	if got := x.shelf.under("lake/events/"); got != "a" || len(errorLines(t, x)) > 0 {
		t.Errorf("delivered %q, failed %v", got, errorLines(t, x))
	}
}

func TestSourceBackupKeepsRecordsAsReceived(t *testing.T) {
	backup := func(c *simulator.StreamConfig) { c.BackupPrefix = "source/!{timestamp:yyyy-MM-dd}/" }
	x := start(t, backup, func(_ int, e transformEvent) (any, error) {
		return each(e, func(string) (string, string) { return "Dropped", "" }), nil
	}, nil)
	x.put(t, "a")
	x.flush(t)
	if got := x.shelf.under("lake/source/2026-11-23/"); got != "a" {
		t.Errorf("backup is %q", got)
	}
}
