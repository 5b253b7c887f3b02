package simulator_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/firehose"
	"github.com/aws/aws-sdk-go-v2/service/firehose/types"

	"global-ingest/test/simulator"
)

// shelf is an ObjectStore in memory.
type shelf struct {
	mu      sync.Mutex
	objects map[string][]byte
	fail    int // how many writes fail first
}

func (s *shelf) PutObject(bucket, key string, body []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail > 0 {
		s.fail--
		return errors.New("no")
	}
	if s.objects == nil {
		s.objects = map[string][]byte{}
	}
	s.objects[bucket+"/"+key] = body
	return nil
}

// under returns the bodies of the objects below prefix, joined.
func (s *shelf) under(prefix string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var joined []byte
	for key, body := range s.objects {
		if strings.HasPrefix(key, prefix) {
			joined = append(joined, body...)
		}
	}
	return string(joined)
}

// function is an Invoker.
type function func(attempt int, event transformEvent) (any, error)

type transformEvent struct {
	InvocationID      string `json:"invocationId"`
	DeliveryStreamArn string `json:"deliveryStreamArn"`
	Region            string `json:"region"`
	Records           []struct {
		RecordID string `json:"recordId"`
		Arrival  int64  `json:"approximateArrivalTimestamp"`
		Data     []byte `json:"data"`
	} `json:"records"`
}

type result struct {
	RecordID string  `json:"recordId"`
	Result   string  `json:"result"`
	Data     *string `json:"data,omitempty"`
}

type counted struct {
	mu       sync.Mutex
	attempts int
	function function
}

func (c *counted) Invoke(_ context.Context, event []byte) ([]byte, error) {
	c.mu.Lock()
	c.attempts++
	attempt := c.attempts
	c.mu.Unlock()
	var e transformEvent
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, err
	}
	answer, err := c.function(attempt, e)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

// each answers for each record what f says.
func each(event transformEvent, f func(data string) (outcome, out string)) any {
	var results []result
	for _, r := range event.Records {
		outcome, out := f(string(r.Data))
		data := base64.StdEncoding.EncodeToString([]byte(out))
		results = append(results, result{r.RecordID, outcome, &data})
	}
	return map[string]any{"records": results}
}

const arn = "arn:aws:firehose:us-east-1:111111111111:deliverystream/events"

// fixture is a Firehose with one stream and the real SDK's client for it.
type fixture struct {
	*simulator.Firehose
	client *firehose.Client
	shelf  *shelf
	calls  *counted
}

func start(t *testing.T, change func(*simulator.StreamConfig), f function, faults simulator.Faults) fixture {
	t.Helper()
	x := fixture{shelf: &shelf{}, calls: &counted{function: f}}
	x.Firehose = simulator.NewFirehose(simulator.FirehoseOptions{
		Account: "111111111111", Region: "us-east-1", Objects: x.shelf, Faults: faults,
		Now: func() time.Time { return time.Date(2026, 11, 23, 10, 59, 58, 0, time.UTC) },
	})
	c := simulator.StreamConfig{
		Name: "events", ARN: arn, Bucket: "lake", FileExtension: ".jsonl",
		Prefix:      "events/day=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/",
		ErrorPrefix: "failed/!{firehose:error-output-type}/hour=!{timestamp:HH}/",
		BufferBytes: 5 << 20, BufferFor: time.Minute,
	}
	if f != nil {
		c.Transform = &simulator.TransformConfig{
			FunctionARN: "arn:f", Function: x.calls, BufferBytes: 1 << 20, BufferFor: time.Minute, Retries: 3,
		}
	}
	if change != nil {
		change(&c)
	}
	if err := x.Create(c); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(x)
	t.Cleanup(func() { server.Close(); x.Delete("events") })
	x.client = firehose.New(firehose.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1,
		Credentials: keys,
	})
	return x
}

func (x fixture) put(t *testing.T, data ...string) {
	t.Helper()
	for _, d := range data {
		if _, err := x.client.PutRecord(context.Background(), &firehose.PutRecordInput{
			DeliveryStreamName: aws.String("events"), Record: &types.Record{Data: []byte(d)},
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func (x fixture) batch(records ...[]byte) (*firehose.PutRecordBatchOutput, error) {
	in := &firehose.PutRecordBatchInput{DeliveryStreamName: aws.String("events")}
	for _, r := range records {
		in.Records = append(in.Records, types.Record{Data: r})
	}
	return x.client.PutRecordBatch(context.Background(), in)
}

func (x fixture) flush(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := x.Flush(ctx); err != nil {
		t.Fatal(err)
	}
}

// "By default, Firehose concatenates data without any delimiters."
// https://docs.aws.amazon.com/firehose/latest/dev/basic-deliver.html
func TestRecordsAreConcatenatedWithoutDelimiters(t *testing.T) {
	x := start(t, nil, nil, nil)
	x.put(t, "a", "\x00\xff", "b\n")
	x.flush(t)
	if got := x.shelf.under("lake/events/"); got != "a\x00\xffb\n" {
		t.Errorf("object is %q", got)
	}
}

// https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
func TestObjectKeyIsPrefixStreamVersionTimeAndExtension(t *testing.T) {
	x := start(t, nil, nil, nil)
	x.put(t, "a")
	x.flush(t)
	for key := range x.shelf.objects {
		want := "lake/events/day=2026-11-23/hour=10/events-1-2026-11-23-10-59-58-"
		if !strings.HasPrefix(key, want) || !strings.HasSuffix(key, ".jsonl") ||
			len(key) != len(want)+36+len(".jsonl") {
			t.Errorf("key is %s", key)
		}
	}
}

func TestAPrefixWithoutExpressionsGetsTheHour(t *testing.T) {
	x := start(t, func(c *simulator.StreamConfig) { c.Prefix, c.ErrorPrefix = "plain", "" }, nil, nil)
	x.put(t, "a")
	x.flush(t)
	if x.shelf.under("lake/plain2026/11/23/10/events-1-") != "a" {
		t.Errorf("keys are %v", x.shelf.objects)
	}
}

func TestGZIPCompressesTheWholeObject(t *testing.T) {
	x := start(t, func(c *simulator.StreamConfig) { c.GZIP = true }, nil, nil)
	x.put(t, "a", "b")
	x.flush(t)
	r, err := gzip.NewReader(strings.NewReader(x.shelf.under("lake/events/")))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "ab" {
		t.Errorf("object is %q, error %v", got, err)
	}
}

// Rules of https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
func TestPrefixesThatFirehoseRefuses(t *testing.T) {
	const ok = "b/!{firehose:error-output-type}/"
	for _, c := range []struct{ prefix, errorPrefix, backup, want string }{
		{"a/!{timestamp:HH}/", "", "", "needs an error prefix"},
		{"a/!{firehose:error-output-type}/", ok, "", "error prefix only"},
		{"a/", ok, ok, `"b/!{firehose:error-output-type}/": firehose:error-output-type is for the error prefix only`},
		{"a/", "b/!{timestamp:HH}/", "", "must contain firehose:error-output-type"},
		{"a/!{timestamp:EEEE}/", ok, "", "not supported"},
		{"a/", ok, "c/!{timestamp:EEEE}/", "not supported"},
		{"a/!{timestamp}/", ok, "", "an expression is"},
		{"a/!{timestamp:yyyy/", ok, "", "an expression is"},
		{"a/!{partitionKeyFromLambda:x}/", ok, "", "not supported"},
	} {
		err := simulator.NewFirehose(simulator.FirehoseOptions{}).
			Create(simulator.StreamConfig{Prefix: c.prefix, ErrorPrefix: c.errorPrefix, BackupPrefix: c.backup})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %s: error is %v, want %q", c.prefix, c.errorPrefix, err, c.want)
		}
	}
}

// https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
func TestLimitsOfACall(t *testing.T) {
	x := start(t, nil, nil, nil)
	record := bytes.Repeat([]byte("x"), 1_000<<10)
	for name, c := range map[string]struct {
		records [][]byte
		ok      bool
	}{
		"largest record": {[][]byte{record}, true},
		"larger record":  {[][]byte{append(record, 'x')}, false},
		"empty record":   {[][]byte{{}}, false},
		"most records":   {slices.Repeat([][]byte{{'x'}}, 500), true},
		"more records":   {slices.Repeat([][]byte{{'x'}}, 501), false},
		"most bytes":     {append(slices.Repeat([][]byte{record}, 4), record[:98_304]), true},
		"more bytes":     {append(slices.Repeat([][]byte{record}, 4), record[:98_305]), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := x.batch(c.records...)
			var invalid *types.InvalidArgumentException
			if c.ok != (err == nil) || !c.ok && !errors.As(err, &invalid) {
				t.Errorf("error is %v", err)
			}
		})
	}
}

func TestUnknownStreamIsNotFound(t *testing.T) {
	x := start(t, nil, nil, nil)
	x.Delete("events")
	_, err := x.batch([]byte("r"))
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		t.Errorf("error is %v", err)
	}
}

// "Even if the PutRecordBatch call succeeds, the value of FailedPutCount may be
// greater than 0": a refused record is named by its place and is not stored.
func TestPutRecordBatchAnswersEachRecordInOrder(t *testing.T) {
	x := start(t, nil, nil, func(c simulator.Call) *simulator.Fault { return &simulator.Fault{Refuse: []int{1}} })
	out, err := x.batch([]byte("a"), []byte("b"), []byte("c"))
	if err != nil {
		t.Fatal(err)
	}
	if *out.FailedPutCount != 1 || len(out.RequestResponses) != 3 || out.RequestResponses[0].RecordId == nil ||
		aws.ToString(out.RequestResponses[1].ErrorCode) != "ServiceUnavailableException" {
		t.Errorf("answer is %+v", out)
	}
	x.flush(t)
	if got := x.shelf.under("lake/"); got != "ac" {
		t.Errorf("stored %q", got)
	}
}

func TestFaultsReachTheClient(t *testing.T) {
	for name, c := range map[string]struct {
		fault  simulator.Fault
		stored string
	}{
		"unavailable":       {*simulator.Unavailable(), ""},
		"unknown error":     {simulator.Fault{Status: 400, Type: "InvalidKMSResourceException"}, ""},
		"reset before":      {simulator.Fault{ResetBefore: true}, ""},
		"stored then reset": {simulator.Fault{ResetAfter: true}, "r"},
		"hang":              {simulator.Fault{Hang: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			calls := make(chan simulator.Call, 1)
			x := start(t, nil, nil, func(call simulator.Call) *simulator.Fault { calls <- call; return &c.fault })
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()
			_, err := x.client.PutRecord(ctx, &firehose.PutRecordInput{
				DeliveryStreamName: aws.String("events"), Record: &types.Record{Data: []byte("r")},
			})
			if seen := <-calls; err == nil || seen != (simulator.Call{Operation: "PutRecord", Stream: "events", N: 1}) {
				t.Errorf("error is %v, call %+v", err, seen)
			}
			x.flush(t)
			if got := x.shelf.under("lake/"); got != c.stored {
				t.Errorf("stored %q, want %q", got, c.stored)
			}
		})
	}
}

func TestDelayedCallSucceeds(t *testing.T) {
	x := start(t, nil, nil,
		func(simulator.Call) *simulator.Fault { return &simulator.Fault{Delay: 20 * time.Millisecond} })
	began := time.Now()
	x.put(t, "r")
	if took := time.Since(began); took < 20*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
}

func TestTheOlderOfSizeAndTimeEndsABuffer(t *testing.T) {
	x := start(t, func(c *simulator.StreamConfig) { c.BufferBytes = 4 }, nil, nil)
	x.put(t, "abc", "d", "efgh", "i")
	deadline := time.Now().Add(5 * time.Second)
	for len(x.shelf.under("lake/")) < 8 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if got := x.shelf.under("lake/"); len(got) != 8 || strings.Contains(got, "i") {
		t.Errorf("full buffers delivered %q", got)
	}
	x = start(t, func(c *simulator.StreamConfig) { c.BufferFor = 20 * time.Millisecond }, nil, nil)
	x.put(t, "r")
	for x.shelf.under("lake/") == "" && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if got := x.shelf.under("lake/"); got != "r" {
		t.Errorf("after its time delivered %q", got)
	}
}

// https://docs.aws.amazon.com/firehose/latest/dev/retry.html
func TestDeliveryIsTriedUntilS3TakesIt(t *testing.T) {
	x := start(t, nil, nil, nil)
	x.shelf.fail = 3
	x.put(t, "a")
	x.flush(t)
	if got := x.shelf.under("lake/events/"); got != "a" {
		t.Errorf("delivered %q", got)
	}
}

func TestUnknownTargetIsAnError(t *testing.T) {
	x := start(t, nil, nil, nil)
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"DeliveryStreamName":"events"}`))
	r.Header.Set("X-Amz-Target", "Firehose_20150804.Nonsense")
	x.ServeHTTP(w, r)
	if w.Code != http.StatusBadRequest || w.Header().Get("X-Amzn-Errortype") != "UnknownOperationException" {
		t.Errorf("answer is %d %v", w.Code, w.Header())
	}
}
