package redrive_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/redrive"
)

// stream keeps what it accepts; refuse says what it does not.
type stream struct {
	calls    int
	accepted [][]byte
	refuse   func(record []byte) bool
	takes    time.Duration // for a call
}

func (s *stream) PutBatch(_ context.Context, records [][]byte) (refused []int, err error) {
	s.calls++
	time.Sleep(s.takes)
	for i, r := range records {
		if s.refuse != nil && s.refuse(r) {
			refused, err = append(refused, i), errors.New("slow down")
			continue
		}
		s.accepted = append(s.accepted, bytes.Clone(r))
	}
	return refused, err
}

// lake keeps objects by key.
type lake struct {
	mu      sync.Mutex
	objects map[string][]byte
	log     []string // of deletions
	slow    string   // key of the object that S3 does not return now
}

func (l *lake) Get(_ context.Context, key string) (io.ReadCloser, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if key == l.slow {
		return nil, errors.New("slow down")
	}
	body, ok := l.objects[key]
	if !ok {
		return nil, fmt.Errorf("getting %s: %w", key, fs.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(body)), nil
}

func (l *lake) Put(_ context.Context, key string, body []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.objects[key] = bytes.Clone(body)
	return nil
}

func (l *lake) Delete(_ context.Context, keys ...string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range keys {
		delete(l.objects, key)
	}
	l.log = append(l.log, keys...)
	return nil
}

type lab struct {
	within          time.Duration    // of an invocation; 0: it has no end
	streams         []redrive.Stream // of events; nil: only the one below
	events, rejects stream
	lake            lake
	out             bytes.Buffer
}

func newLab() *lab { return &lab{lake: lake{objects: map[string][]byte{}}} }

// work hands bodies over as one batch of messages and returns the indexes of the
// ones that failed.
func (l *lab) work(t *testing.T, bodies ...string) (failed []int) {
	t.Helper()
	c := redrive.Default()
	c.Environment, c.Streams, c.Rejects, c.Bucket = "Dev", []string{"events"}, "rejects", "lake"
	if l.streams == nil {
		l.streams = []redrive.Stream{&l.events}
	}
	h := redrive.New(c, l.streams, &l.rejects, &l.lake, &l.out, slog.New(slog.NewJSONHandler(&l.out, nil)))
	type message struct {
		MessageID string `json:"messageId"`
		Body      string `json:"body"`
	}
	batch := map[string][]message{}
	for i, body := range bodies {
		batch["Records"] = append(batch["Records"], message{fmt.Sprint(i), body})
	}
	text, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if l.within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, l.within)
		defer cancel()
	}
	answer, err := h.Invoke(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	var failures events.SQSEventResponse
	if err := json.Unmarshal(answer, &failures); err != nil {
		t.Fatal(err)
	}
	for _, item := range failures.BatchItemFailures {
		i := 0
		if _, err := fmt.Sscan(item.ItemIdentifier, &i); err != nil {
			t.Fatal(err)
		}
		failed = append(failed, i)
	}
	return failed
}

func notification(key string) string {
	return fmt.Sprintf(`{"Records":[{"eventName":"ObjectCreated:Put",`+
		`"s3":{"bucket":{"name":"lake"},"object":{"key":%q,"size":1}}}]}`, key)
}

func replay(t *testing.T, key string, reason record.Reason) string {
	t.Helper()
	body, err := redrive.Replay{Key: key, Reason: reason}.Body()
	if err != nil {
		t.Fatal(err)
	}
	return body
}

var receivedAt = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// spill puts a record into the lake and returns its key.
func (l *lab) spill(id string, body []byte) string {
	key := record.SpillKey(id, receivedAt)
	header := record.Header{ID: id, ReceivedAt: receivedAt, Region: "eu-central-1", RequestID: "r"}
	l.lake.objects[key] = record.Append(nil, header, body)
	return key
}

func decode(t *testing.T, data []byte) record.Record {
	t.Helper()
	r, rest, err := record.Decode(data)
	if err != nil || len(rest) > 0 {
		t.Fatalf("error %v, %d bytes left", err, len(rest))
	}
	return r
}

func TestASpilledRecordGoesBackAsItIsAndItsObjectIsDeleted(t *testing.T) {
	l := newLab()
	key := l.spill("id-01", []byte("\x00\xff{}"))
	want := bytes.Clone(l.lake.objects[key])
	if failed := l.work(t, notification(strings.ReplaceAll(key, "/", "%2F"))); len(failed) > 0 {
		t.Fatal(l.out.String())
	}
	if diff := cmp.Diff([][]byte{want}, l.events.accepted); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(l.lake.log, []string{key}) || !strings.Contains(l.out.String(), `"RecordsRedriven":1`) {
		t.Errorf("deleted %v, log %s", l.lake.log, l.out.String())
	}
}

// TestAProbeGoesBackAsAProbe: the Validator may have deferred it.
func TestAProbeGoesBackAsAProbe(t *testing.T) {
	l := newLab()
	probe := record.Append(nil, record.Header{ID: "id-01", ReceivedAt: receivedAt, Probe: true}, nil)
	event := record.Append(nil, record.Header{ID: "id-02", ReceivedAt: receivedAt}, []byte("{}"))
	key := record.DeferredKey("id-01", "00ff", receivedAt)
	l.lake.objects[key] = slices.Concat(probe, event)
	if failed := l.work(t, notification(key)); len(failed) > 0 {
		t.Fatal(l.out.String())
	}
	if diff := cmp.Diff([][]byte{probe, event}, l.events.accepted); diff != "" {
		t.Error(diff)
	}
	if !decode(t, l.events.accepted[0]).Probe {
		t.Error("the Validator would take it for an event")
	}
}

// TestRecordsBehindEachOtherGoBackAndAreNoReplays: the Validator leaves them so, however
// often they were replayed before.
func TestRecordsBehindEachOtherGoBackAndAreNoReplays(t *testing.T) {
	l := newLab()
	var want [][]byte
	for n := range 4 {
		h := record.Header{ID: fmt.Sprint("id-", n), ReceivedAt: receivedAt, Replays: n}
		want = append(want, record.Append(nil, h, []byte("{}\n")))
	}
	key := record.DeferredKey("id-0", "00ff", receivedAt)
	l.lake.objects[key] = bytes.Join(want, nil)
	l.events.refuse = func(r []byte) bool { return bytes.Equal(r, want[3]) }
	if failed := l.work(t, notification(key)); !slices.Equal(failed, []int{0}) || l.lake.objects[key] == nil {
		t.Errorf("failed %v, deleted %v, although one was refused", failed, l.lake.log)
	}
	l.events = stream{}
	if failed := l.work(t, notification(key)); len(failed) > 0 {
		t.Fatal(l.out.String())
	}
	if diff := cmp.Diff(want, l.events.accepted); diff != "" || l.lake.objects[key] != nil {
		t.Error(diff)
	}
}

func TestNothingIsDeletedBeforeTheStreamHasIt(t *testing.T) {
	l := newLab()
	key := l.spill("id-01", []byte("{}"))
	l.events.refuse = func([]byte) bool { return true }
	if failed := l.work(t, notification(key)); !slices.Equal(failed, []int{0}) || l.lake.objects[key] == nil {
		t.Errorf("failed %v, deleted %v", failed, l.lake.log)
	}
}

func TestOneMessageFailsWithoutTheOthers(t *testing.T) {
	l := newLab()
	good := l.spill("id-01", []byte("{}"))
	poison := record.SpillPrefix + "zz/not-a-record"
	l.lake.objects[poison] = []byte("no header")
	failed := l.work(
		t, notification(poison), notification(good), "no json", `{"Records":[]}`, notification("elsewhere/x"),
		`{"Service":"Amazon S3","Event":"s3:TestEvent"}`,
	)
	if want := []int{0, 2, 3, 4}; !slices.Equal(failed, want) {
		t.Errorf("failed %v, want %v", failed, want)
	}
	if len(l.events.accepted) != 1 || !slices.Equal(l.lake.log, []string{good}) {
		t.Errorf("accepted %d, deleted %v", len(l.events.accepted), l.lake.log)
	}
}

// TestManyObjectsTakeFewCalls: a stream's quota counts calls, and one that waits for each
// object brings back too few a second to ever catch up.
func TestManyObjectsTakeFewCalls(t *testing.T) {
	l := newLab()
	var messages []string
	for i := range 1_200 {
		messages = append(messages, notification(l.spill(fmt.Sprintf("id-%04d", i), []byte("{}"))))
	}
	refused := 0
	l.events.refuse = func(r []byte) bool {
		if !bytes.Contains(r, []byte("id-0700")) {
			return false
		}
		refused++
		return true
	}
	if failed := l.work(t, messages...); !slices.Equal(failed, []int{700}) || refused != 1 {
		t.Errorf("failed %v, want the one that was refused", failed)
	}
	if l.events.calls != 3 || len(l.events.accepted) != 1_199 || len(l.lake.objects) != 1 {
		t.Errorf(
			"%d calls, %d accepted, %d objects left; want 3, 1199 and 1", l.events.calls, len(l.events.accepted),
			len(l.lake.objects),
		)
	}
}

// A timeout would send all messages of the invocation again, those of finished objects
// too.
func TestWhatIsNotBegunInTimeGoesBack(t *testing.T) {
	l := newLab()
	l.within = 5 * time.Second
	key := l.spill("id-01", []byte("{}"))
	failed := l.work(t, notification(key), replay(t, "failed/a", ""))
	if !slices.Equal(failed, []int{0, 1}) || l.lake.objects[key] == nil {
		t.Errorf("failed %v, deleted %v", failed, l.lake.log)
	}
}

// TestAReplayThatTakesTooLongGoesBack before the function's timeout, without the messages
// that are done.
func TestAReplayThatTakesTooLongGoesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab()
		l.within, l.events.takes = 20*time.Second, 4*time.Second
		var lines strings.Builder
		for n := range 1_200 {
			data := record.Append(nil, record.Header{ID: fmt.Sprintf("id-%d", n), ReceivedAt: receivedAt}, []byte("{}"))
			fmt.Fprintf(&lines, `{"rawData":%q}`+"\n", base64.StdEncoding.EncodeToString(data))
		}
		l.lake.objects["failed/long"] = compress(lines.String())
		l.lake.objects["failed/short"] = compress(lines.String()[:strings.IndexByte(lines.String(), '\n')])
		failed := l.work(t, replay(t, "failed/short", ""), replay(t, "failed/long", ""), replay(t, "failed/short", ""))
		if want := 1 + 2*500; !slices.Equal(failed, []int{1, 2}) || len(l.events.accepted) != want {
			t.Errorf("failed %v after %d records, want %d", failed, len(l.events.accepted), want)
		}
	})
}

// TestEachStreamTakesItsOwnRequests: a stream that refuses its records does not keep
// those of the others from going back.
func TestEachStreamTakesItsOwnRequests(t *testing.T) {
	streams := make([]stream, 3)
	streams[2].refuse = func([]byte) bool { return true }
	l := newLab()
	var messages []string
	var refused []int
	for i := range streams {
		l.streams = append(l.streams, &streams[i])
	}
	for n := range 30 {
		id := fmt.Sprint("id-", n)
		messages = append(messages, notification(l.spill(id, []byte("{}"))))
		if record.StreamOf(id, len(streams)) == 2 {
			refused = append(refused, n)
		}
	}
	if failed := l.work(t, messages...); !slices.Equal(failed, refused) || len(refused) == 0 {
		t.Errorf("messages %v failed, want %v", failed, refused)
	}
	for i, s := range streams {
		for _, data := range s.accepted {
			if of := record.StreamOf(decode(t, data).ID, len(streams)); of != i {
				t.Errorf("stream %d took a record of stream %d", i, of)
			}
		}
	}
	if taken := len(streams[0].accepted) + len(streams[1].accepted); taken+len(refused) != len(messages) {
		t.Errorf("%d records went back and %d were refused, of %d", taken, len(refused), len(messages))
	}
}

// A message can come twice; the second finds no object, and that is fine.
func TestAnObjectThatIsGoneWasRedrivenBefore(t *testing.T) {
	l := newLab()
	if failed := l.work(t, notification(record.SpillKey("id-01", receivedAt))); len(failed) > 0 {
		t.Errorf("failed %v: %s", failed, l.out.String())
	}
}

// noise is text that does not compress.
func noise(n int) string {
	random := rand.New(rand.NewPCG(1, 2))
	raw := make([]byte, n*3/4)
	for i := range raw {
		raw[i] = byte(random.Uint32())
	}
	return base64.RawStdEncoding.EncodeToString(raw)
}

// eventsOf returns the events of records by their index in the request.
func eventsOf(t *testing.T, records [][]byte) map[int]string {
	t.Helper()
	events := map[int]string{}
	for _, data := range records {
		if len(data) > record.MaxBytes {
			t.Errorf("record is %d bytes", len(data))
		}
		r := decode(t, data)
		text, _, failed := event.NewInflater(16<<20).Inflate(r.Body, "")
		if failed != nil {
			t.Fatal(failed)
		}
		for n, e := range event.NewSplitter(event.MaxDepth, event.MaxEvents).Split(text, r.Header).Events {
			if _, twice := events[r.First+n]; twice || r.ID != "id-01" || !r.ReceivedAt.Equal(receivedAt) {
				t.Errorf("event %d of %s stands twice", r.First+n, r.ID)
			}
			events[r.First+n] = string(e.Raw)
		}
	}
	return events
}

func TestALargeBodyIsCutBetweenEventsWithIdsKept(t *testing.T) {
	var want []string
	for i := range 60 {
		want = append(want, fmt.Sprintf("{ \"type\":\"click\",\"n\":%d,\"text\":%q}", i, noise(50_000)))
	}
	for name, body := range map[string]string{
		"array":      " [" + strings.Join(want, " ,\n") + "] ",
		"lines":      strings.Join(want, "\r\n\n") + "\n",
		"compressed": string(compress("[" + strings.Join(want, ",") + "]")),
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab()
			key := l.spill("id-01", []byte(body))
			if failed := l.work(t, notification(key)); len(failed) > 0 {
				t.Fatal(l.out.String())
			}
			got := eventsOf(t, l.events.accepted)
			if len(got) != len(want) || len(l.events.accepted) < 3 {
				t.Fatalf("%d events in %d records, want %d", len(got), len(l.events.accepted), len(want))
			}
			for i, text := range want {
				if got[i] != text {
					t.Errorf("event %d differs", i)
				}
			}
			if l.lake.objects[key] != nil {
				t.Error("object is not deleted")
			}
		})
	}
}

func TestABodyOfTwentyThousandEventsIsCutWithIdsKept(t *testing.T) {
	const n = 20_000
	var body strings.Builder
	for i := range n {
		fmt.Fprintf(&body, "{\"type\":\"small\",\"n\":%d,\"text\":%q}\n", i, strings.Repeat("x", 40))
	}
	l := newLab()
	if failed := l.work(t, notification(l.spill("id-01", []byte(body.String())))); len(failed) > 0 {
		t.Fatal(l.out.String())
	}
	got := eventsOf(t, l.events.accepted)
	if len(got) != n || len(l.rejects.accepted) > 0 || !strings.HasPrefix(got[n-1], `{"type":"small","n":19999,`) {
		t.Errorf("%d events in %d records, %d rejects", len(got), len(l.events.accepted), len(l.rejects.accepted))
	}
}

func compress(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.Bytes()
}

func TestAPartlyAcceptedBodyIsKept(t *testing.T) {
	l := newLab()
	key := l.spill("id-01", []byte("["+strings.Repeat(`{"text":"`+noise(500_000)+`"},`, 3)+`{}]`))
	seen := 0
	l.events.refuse = func([]byte) bool { seen++; return seen == 2 }
	if failed := l.work(t, notification(key)); !slices.Equal(failed, []int{0}) || l.lake.objects[key] == nil {
		t.Errorf("failed %v, deleted %v", failed, l.lake.log)
	}
}

func TestALargeEventThatCompressesIsOneRecord(t *testing.T) {
	l := newLab()
	body := `{"type":"click","text":"` + strings.Repeat("a", 3_000_000) + `"}`
	if failed := l.work(t, notification(l.spill("id-01", []byte(body)))); len(failed) > 0 {
		t.Fatal(l.out.String())
	}
	if got := eventsOf(t, l.events.accepted); len(got) != 1 || got[0] != body {
		t.Errorf("%d events", len(got))
	}
}

// What no record carries is rejected, whole, with its payload beside the row.
func TestAnEventThatNoRecordCarriesIsRejected(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		reason record.Reason
		id     string
	}{
		"event":       {`{"type":"big","text":"` + noise(2_000_000) + `"}`, record.TooLarge, "id-01/0"},
		"dense event": {`{"type":"big","text":"` + strings.Repeat("a", record.MaxInflated) + `"}`, record.TooLarge, "id-01/0"},
		"not json":    {noise(2_000_000), record.NotJSON, "id-01"},
		"broken gzip": {"\x1f\x8b" + noise(2_000_000), record.BadEncoding, "id-01"},
		"gzip twice":  {string(compress(string(compress(noise(2_000_000))))), record.BadEncoding, "id-01"},
		"other":       {"\xff" + noise(2_000_000), record.BadEncoding, "id-01"},
		"bomb":        {string(compress(strings.Repeat("a", 17<<20) + noise(2_000_000))), record.TooLargeInflated, "id-01"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab()
			sent := record.Header{
				ID:          "id-01",
				ReceivedAt:  receivedAt,
				Region:      "eu-central-1",
				RequestID:   "r",
				IP:          "192.0.2.0",
				UserAgent:   "agent",
				ContentType: "text/plain",
			}
			if name == "other" {
				sent.Encoding = "br"
			}
			key := record.SpillKey(sent.ID, receivedAt)
			l.lake.objects[key] = record.Append(nil, sent, []byte(c.body))
			if failed := l.work(t, notification(key)); len(failed) > 0 {
				t.Fatal(l.out.String())
			}
			if len(l.rejects.accepted) != 1 || len(l.events.accepted) > 0 {
				t.Fatalf("%d rejects, %d records", len(l.rejects.accepted), len(l.events.accepted))
			}
			r, err := record.DecodeReject(l.rejects.accepted[0])
			if err != nil || r.Reason != c.reason || r.ID != c.id || len(r.Errors) == 0 ||
				(r.Reason == record.TooLarge) != (r.Type == "big") {
				t.Errorf("reject is %+v, error %v", r, err)
			}
			if diff := cmp.Diff(sent, r.Request()); diff != "" {
				t.Errorf("who sent it: %s", diff)
			}
			if string(l.lake.objects[r.PayloadObject]) != c.body ||
				!strings.HasPrefix(r.PayloadObject, record.RejectedLargePrefix) {
				t.Errorf("payload at %s is not the body", r.PayloadObject)
			}
		})
	}
}

// Firehose's error objects as documented and as observed: names and types of the
// members that we do not need differ.
func TestFailedObjectsAreReplayed(t *testing.T) {
	raw := func(id string) string {
		return base64.StdEncoding.EncodeToString(
			record.Append(nil, record.Header{ID: id, ReceivedAt: receivedAt}, []byte("{}")),
		)
	}
	l := newLab()
	l.lake.objects["failed/a"] = compress(
		`{"rawData":"` + raw("id-a") + `","attemptsMade":4,"arrivalTimestamp":1,"lambdaARN":"x"}` + "\n" +
			`{"attemptsMade":"4","arrivalTimestamp":"1","errorCode":"x","rawData":"` + raw("id-b") +
			`","lambdaArn":"x"}` + "\n\nbroken\n")
	if failed := l.work(t, replay(t, "failed/a", "")); len(failed) > 0 {
		t.Fatal(l.out.String())
	}
	if len(l.events.accepted) != 2 {
		t.Fatalf("%d records: %s", len(l.events.accepted), l.out.String())
	}
	for i, id := range []string{"id-a", "id-b"} {
		if r := decode(t, l.events.accepted[i]); r.ID != id || r.Replays != 1 || string(r.Body) != "{}" {
			t.Errorf("record is %+v", r)
		}
	}
	if l.lake.objects["failed/a"] == nil || !strings.Contains(l.out.String(), `"line":4`) {
		t.Errorf("history is gone, or the broken line is not told: %s", l.out.String())
	}
}

func TestRejectsAreReplayedByReasonWithTheirIds(t *testing.T) {
	l := newLab()
	var rows []byte
	for _, r := range []record.Reject{
		{Header: record.Header{ID: "id-a/7", RequestID: "r", ReceivedAt: receivedAt}, Reason: record.UnknownType, Payload: []byte(`{"type":"new"}`)},
		{Header: record.Header{ID: "id-b/0"}, Reason: record.SchemaViolation, Payload: []byte(`{}`)},
		{Header: record.Header{ID: "id-c", Replays: 2}, Reason: record.UnknownType, Payload: []byte("\xff")},
		{Header: record.Header{ID: "id-d/1"}, Reason: record.UnknownType, PayloadObject: "rejected-large/x"},
		{Header: record.Header{ID: "id-f/2"}, Reason: record.NotAnObject, Payload: []byte(`[1,2]`)},
		{Header: record.Header{ID: "id-e/0", Replays: 3}, Reason: record.UnknownType, Payload: []byte(`{}`)},
	} {
		rows = record.AppendReject(rows, r)
	}
	l.lake.objects["rejected/a"] = compress(string(rows))
	l.lake.objects["rejected-large/x"] = []byte(`{"large":1}`)
	if failed := l.work(t, replay(t, "rejected/a", record.UnknownType)); len(failed) > 0 {
		t.Fatal(l.out.String())
	}
	type got struct {
		ID             string
		First, Replays int
		Body           string
	}
	var replayed []got
	for _, data := range l.events.accepted {
		r := decode(t, data)
		replayed = append(replayed, got{r.ID, r.First, r.Replays, string(r.Body)})
	}
	want := []got{{"id-a", 7, 1, `{"type":"new"}`}, {"id-c", 0, 3, "\xff"}, {"id-d", 1, 1, `{"large":1}`}}
	if diff := cmp.Diff(want, replayed); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(l.out.String(), "replayed too often") ||
		!strings.Contains(l.out.String(), `"RecordsUnreplayable":1`) {
		t.Errorf("the fourth replay is not told: %s", l.out.String())
	}
}

// A replayed reject keeps its sender and its place in the request.
func TestAReplayedRejectKeepsWhoSentIt(t *testing.T) {
	l := newLab()
	sent := record.Header{
		ID: "id-a", ReceivedAt: receivedAt, Region: "eu-central-1", RequestID: "r", IP: "192.0.2.0", UserAgent: "agent/1",
		ContentType: "application/x-ndjson", Encoding: "gzip", First: 2,
	}
	one, several := sent.RejectEvent(2), sent.RejectEvent(3)
	one.Reason, one.Payload = record.SchemaViolation, []byte(`{"type":"click"}`)
	several.Reason, several.Payload = record.NotJSON, []byte(`{} {}`)
	l.lake.objects["rejected/a"] = record.AppendReject(record.AppendReject(nil, one), several)
	if failed := l.work(t, replay(t, "rejected/a", "")); len(failed) > 0 || len(l.events.accepted) != 1 {
		t.Fatalf("%d records: %s", len(l.events.accepted), l.out.String())
	}
	sent.Replays = 1
	if diff := cmp.Diff(sent, decode(t, l.events.accepted[0]).Header); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(l.out.String(), "payload of one event holds several") {
		t.Errorf("the other is not told: %s", l.out.String())
	}
}

// TestAPayloadThatIsNotReadNowIsReplayedLater, and one that is gone is left out.
func TestAPayloadThatIsNotReadNowIsReplayedLater(t *testing.T) {
	l := newLab()
	const rows, payload = "rejected/a", "rejected-large/x"
	reject := record.Reject{
		Header: record.Header{ID: "id-a/1", ReceivedAt: receivedAt}, Reason: record.TooLarge, PayloadObject: payload,
	}
	l.lake.objects[rows] = compress(string(record.AppendReject(nil, reject)))
	l.lake.objects[payload] = []byte(`{"n":1}`)
	l.lake.slow = payload
	failed := l.work(t, replay(t, rows, ""))
	if len(failed) != 1 || strings.Contains(l.out.String(), "RecordsUnreplayable") {
		t.Fatalf("failed %v, log %s", failed, &l.out)
	}
	l.lake.slow = ""
	if failed := l.work(t, replay(t, rows, "")); len(failed) > 0 || len(l.events.accepted) != 1 {
		t.Fatalf("failed %v, %d records, log %s", failed, len(l.events.accepted), &l.out)
	}
	delete(l.lake.objects, payload)
	failed = l.work(t, replay(t, rows, ""))
	if len(failed) > 0 || !strings.Contains(l.out.String(), `"RecordsUnreplayable":1`) {
		t.Fatalf("failed %v, log %s", failed, &l.out)
	}
}

func TestAReplayOfAMissingObjectFails(t *testing.T) {
	if failed := newLab().work(t, replay(t, "rejected/none", "")); !slices.Equal(failed, []int{0}) {
		t.Errorf("failed %v", failed)
	}
}

func FuzzErrorObject(f *testing.F) {
	f.Add([]byte(`{"rawData":"e30="}`))
	f.Add(compress(`{"rawData":null}`))
	f.Add([]byte("\x1f\x8b\n{"))
	f.Fuzz(func(t *testing.T, object []byte) {
		l := newLab()
		l.lake.objects["failed/a"] = object
		l.work(t, replay(t, "failed/a", ""))
		if l.lake.objects["failed/a"] == nil {
			t.Error("history is gone")
		}
	})
}
