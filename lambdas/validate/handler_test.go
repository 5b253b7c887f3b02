package validate_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate"
	"global-ingest/lambdas/validate/schemas"
)

// lab is a Handler with everything around it in memory.
type lab struct {
	*validate.Handler
	rows    [][]byte          // what the rejects stream accepted
	objects map[string][]byte // what the object store accepted, by key
	metrics bytes.Buffer
	logs    bytes.Buffer

	refuse     func(rows [][]byte) ([]int, error) // nil: accept all
	refuseKeys error
}

func (l *lab) PutBatch(_ context.Context, rows [][]byte) ([]int, error) {
	if l.refuse != nil {
		return l.refuse(rows)
	}
	for _, row := range rows {
		l.rows = append(l.rows, bytes.Clone(row))
	}
	return nil, nil
}

func (l *lab) Put(_ context.Context, key string, body []byte) error {
	if l.refuseKeys != nil {
		return l.refuseKeys
	}
	l.objects[key] = bytes.Clone(body)
	return nil
}

var load = sync.OnceValues(schemas.Load)

func newLab(t testing.TB, c validate.Config) *lab {
	t.Helper()
	set, err := load()
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{objects: map[string][]byte{}}
	l.Handler = validate.New(c, set, l, l, &l.metrics, slog.New(slog.NewJSONHandler(&l.logs, nil)))
	return l
}

var receivedAt = time.Date(2026, 11, 23, 10, 0, 0, 123_000_000, time.UTC)

func header(id string) record.Header {
	return record.Header{ID: id, ReceivedAt: receivedAt, RequestID: "request-" + id, IP: "203.0.113.0", UserAgent: "agent/1"}
}

// sent returns the record of a request with this id and body.
func sent(id, body string) []byte { return record.Append(nil, header(id), []byte(body)) }

// batch returns the transformation event of these records.
func batch(records ...[]byte) []byte {
	type entry struct {
		RecordID string `json:"recordId"`
		Arrived  int64  `json:"approximateArrivalTimestamp"`
		Data     []byte `json:"data"`
	}
	event := struct {
		InvocationID string  `json:"invocationId"`
		Stream       string  `json:"deliveryStreamArn"`
		Region       string  `json:"region"`
		Records      []entry `json:"records"`
	}{"i", "arn:aws:firehose:us-east-1:111111111111:deliverystream/events", "us-east-1", []entry{}}
	for n, data := range records {
		event.Records = append(event.Records, entry{fmt.Sprintf("record-%d", n), receivedAt.UnixMilli(), data})
	}
	text, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	return text
}

type answered struct {
	RecordID string
	Result   string
	Data     []byte
}

// invoke returns the answer to a batch that must not fail.
func (l *lab) invoke(t testing.TB, records ...[]byte) []answered {
	t.Helper()
	text, err := l.Invoke(context.Background(), batch(records...))
	if err != nil {
		t.Fatal(err)
	}
	return decode(t, text)
}

func decode(t testing.TB, text []byte) []answered {
	t.Helper()
	var answer struct{ Records []answered }
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("answer is not JSON: %v", err)
	}
	return answer.Records
}

// rejects returns the accepted rows, decoded.
func (l *lab) rejects(t testing.TB) []record.Reject {
	t.Helper()
	var all []record.Reject
	for _, row := range l.rows {
		r, err := record.DecodeReject(row)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

const click = `{"type":"click","event_id":"1","occurred_at":"2026-11-23T10:00:00Z","session":"s","page":{"url":"app://home"},"element":{"id":"e"}}`

func TestValidEventsComeBackAsLines(t *testing.T) {
	l := newLab(t, config())
	got := l.invoke(t, sent("a", click), sent("b", "[{\"x\":1},\n"+click+"]"))
	prefix := func(id, eventType string) string {
		request, _, _ := strings.Cut(id, "/")
		return `{"id":"` + id + `","type":"` + eventType + `","received_at":"2026-11-23T10:00:00.123Z","request_id":"request-` + request +
			`","ip":"203.0.113.0","ua":"agent/1","event":`
	}
	want := []answered{
		{"record-0", "Ok", []byte(prefix("a/0", "click") + click + "}\n")},
		{"record-1", "Ok", []byte(prefix("b/0", "") + `{"x":1}` + "}\n" + prefix("b/1", "click") + click + "}\n")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if len(l.rows) > 0 {
		t.Errorf("rejects: %s", l.rows)
	}
}

func TestInvalidEventsAreRejectedWithTheReason(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		id     string
		reason record.Reason
		found  record.Error
	}{
		"not JSON":         {`{"a":}`, "a", record.NotJSON, record.Error{Message: "invalid character '}' at start of value", Offset: 5}},
		"invalid UTF-8":    {"{\"a\":\"\xff\"}", "a", record.NotJSON, record.Error{Message: "invalid UTF-8", Offset: 6}},
		"duplicate key":    {`{"a":1,"b":{"c":1,"c":2}}`, "a/0", record.DuplicateKey, record.Error{Instance: "/b/c", Message: "name stands twice in one object", Offset: 18}},
		"no object":        {`"click"`, "a/0", record.NotAnObject, record.Error{Message: "event is a string, must be an object"}},
		"too deep":         {strings.Repeat(`{"a":`, 64) + "{}" + strings.Repeat("}", 64), "a/0", record.TooDeep, record.Error{Message: "nested 65 deep, limit is 64", Offset: 320}},
		"too many events":  {"[" + strings.Repeat("{},", 10_000) + "{}]", "a", record.TooManyEvents, record.Error{Message: "body holds more than 10000 events", Offset: -1}},
		"empty":            {"", "a", record.Empty, record.Error{Message: "no event in the body", Offset: -1}},
		"schema violation": {strings.Replace(click, `"1"`, "1", 1), "a/0", record.SchemaViolation, record.Error{Instance: "/event_id", Schema: "click.json#/$defs/id/type", Message: "is number, must be string", Offset: -1}},
		"broken gzip":      {"\x1f\x8bnot gzip", "a", record.BadEncoding, record.Error{Message: "gzip cannot be inflated: header is wrong", Offset: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, config())
			if got := l.invoke(t, sent("a", c.body)); !cmp.Equal(got, []answered{{"record-0", "Dropped", nil}}) {
				t.Errorf("answer is %v, want it dropped", got)
			}
			want := []record.Reject{{
				ID: c.id, ReceivedAt: receivedAt, RequestID: "request-a", Reason: c.reason,
				Errors: []record.Error{c.found}, Payload: []byte(c.body), Processor: "validate/1",
			}}
			if diff := cmp.Diff(want, l.rejects(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestValidAndInvalidEventsOfOneRequestPart(t *testing.T) {
	l := newLab(t, config())
	got := l.invoke(t, sent("a", "{\"n\":0}\nno\n{\"n\":2}\n\n3"))
	if len(got) != 1 || got[0].Result != "Ok" || bytes.Count(got[0].Data, []byte("\n")) != 2 ||
		!bytes.Contains(got[0].Data, []byte(`"a/0"`)) || !bytes.Contains(got[0].Data, []byte(`"a/2"`)) {
		t.Errorf("answer is %v", got)
	}
	var rejected []string
	for _, r := range l.rejects(t) {
		rejected = append(rejected, r.ID+" "+string(r.Reason)+" "+string(r.Payload))
	}
	if diff := cmp.Diff([]string{"a/1 not_json no", "a/3 not_an_object 3"}, rejected); diff != "" {
		t.Error(diff)
	}
}

func TestStrictRejectsTypesWithoutASchema(t *testing.T) {
	c := config()
	c.Strict = true
	for _, body := range []string{`{}`, `{"type":1}`, `{"type":"scroll"}`, `{"type":"` + strings.Repeat("ü", 1000) + `"}`} {
		l := newLab(t, c)
		got := l.invoke(t, sent("a", body))
		rejects := l.rejects(t)
		if got[0].Result != "Dropped" || rejects[0].Reason != record.UnknownType || len(rejects[0].Errors[0].Message) > 100 {
			t.Errorf("%.20s: %v, %v", body, got, rejects)
		}
		if l := newLab(t, config()); l.invoke(t, sent("a", body))[0].Result != "Ok" {
			t.Errorf("%.20s does not pass without Strict", body)
		}
	}
	if l := newLab(t, c); l.invoke(t, sent("a", click))[0].Result != "Ok" {
		t.Error("a click does not pass")
	}
}

func TestAPartOfASplitBodyKeepsItsIDsAndReplays(t *testing.T) {
	l := newLab(t, config())
	h := header("a")
	h.First, h.Replays = 7, 2
	got := l.invoke(t, record.Append(nil, h, []byte(`[{},1]`)), record.Append(nil, h, []byte(`no`)))
	if !bytes.Contains(got[0].Data, []byte(`{"id":"a/7",`)) {
		t.Errorf("line is %s", got[0].Data)
	}
	rejects := l.rejects(t)
	if rejects[0].ID != "a/8" || rejects[0].Replays != 2 || rejects[1].ID != "a/7" {
		t.Errorf("rejects are %+v", rejects)
	}
}

func TestConcatenatedRecordsAreAllAnswered(t *testing.T) {
	l := newLab(t, config())
	got := l.invoke(t, append(sent("a", `{"n":0}`), append(sent("b", ``), sent("c", `[{"n":1}]`)...)...))
	if got[0].Result != "Ok" || !bytes.Contains(got[0].Data, []byte(`"a/0"`)) || !bytes.Contains(got[0].Data, []byte(`"c/0"`)) {
		t.Errorf("answer is %s", got[0].Data)
	}
	if rejects := l.rejects(t); len(rejects) != 1 || rejects[0].ID != "b" || rejects[0].Reason != record.Empty {
		t.Errorf("rejects are %+v", rejects)
	}
}

func zipped(t testing.TB, text string) string {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestGzipIsKnownByItsBytesNotByItsHeader(t *testing.T) {
	l := newLab(t, config())
	h := header("b")
	h.Encoding = "gzip"
	got := l.invoke(t, sent("a", zipped(t, click)), record.Append(nil, h, []byte(click)), sent("c", zipped(t, `[{},`)+zipped(t, `{}]`)))
	for i, want := range []string{click, click, "{}"} {
		if got[i].Result != "Ok" || !bytes.Contains(got[i].Data, []byte(`"event":`+want+"}\n")) {
			t.Errorf("record %d is %s: %s", i, got[i].Result, got[i].Data)
		}
	}
}

func TestBodiesThatCannotBeInflatedAreKeptAsTheyCame(t *testing.T) {
	c := config()
	c.MaxInflatedBytes = 1000
	whole := zipped(t, click)
	brotli := header("a")
	brotli.Encoding = "br"
	for name, r := range map[string]struct {
		data   []byte
		body   string
		reason record.Reason
	}{
		"cut off":           {sent("a", whole[:40]), whole[:40], record.BadEncoding},
		"magic only":        {sent("a", "\x1f\x8b"), "\x1f\x8b", record.BadEncoding},
		"wrong checksum":    {sent("a", whole[:len(whole)-8]+"12345678"), whole[:len(whole)-8] + "12345678", record.BadEncoding},
		"trailing bytes":    {sent("a", whole+"x"), whole + "x", record.BadEncoding},
		"other encoding":    {record.Append(nil, brotli, []byte("\x0b\x02\x80{}")), "\x0b\x02\x80{}", record.BadEncoding},
		"over the limit":    {sent("a", zipped(t, strings.Repeat(" ", 1001))), zipped(t, strings.Repeat(" ", 1001)), record.TooLargeInflated},
		"bomb":              {sent("a", zipped(t, strings.Repeat("\x00", 1<<20))), zipped(t, strings.Repeat("\x00", 1<<20)), record.TooLargeInflated},
		"empty inflated":    {sent("a", zipped(t, "")), "", record.Empty},
		"zipped twice":      {sent("a", zipped(t, whole)), whole, record.NotJSON},
		"text, zipped":      {sent("a", zipped(t, "hello")), "hello", record.NotJSON},
		"at the limit":      {sent("a", zipped(t, strings.Repeat(" ", 1000))), strings.Repeat(" ", 1000), record.Empty},
		"identity, no JSON": {record.Append(nil, record.Header{ID: "a", ReceivedAt: receivedAt, Encoding: "identity"}, []byte("no")), "no", record.NotJSON},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, c)
			l.invoke(t, r.data)
			if got := l.rejects(t); len(got) != 1 || got[0].Reason != r.reason || string(got[0].Payload) != r.body || got[0].ID != "a" {
				t.Errorf("rejects are %+v, want %s of %q", got, r.reason, r.body)
			}
		})
	}
}

// A batch of small bombs costs the records that would inflate beyond the batch's
// share, not the time of the others.
func TestABatchInflatesToABoundedSize(t *testing.T) {
	l := newLab(t, config())
	bomb := sent("a", zipped(t, strings.Repeat("\x00", 8<<20)))
	got := l.invoke(t, bomb, bomb, bomb, bomb, bomb, bomb, bomb, bomb, bomb, sent("b", click), sent("c", zipped(t, click)))
	if got[7].Result != "Dropped" || got[8].Result != "ProcessingFailed" || got[9].Result != "Ok" || got[10].Result != "ProcessingFailed" {
		t.Errorf("answers are %.200v", got)
	}
}

func TestPayloadsThatFitNoRowBecomeObjects(t *testing.T) {
	l := newLab(t, config())
	limit := record.MaxBytes - 400 // less than a header takes
	large := `{"a":"` + strings.Repeat("x", limit)
	controls := "[" + `1,"` + strings.Repeat(`\"`, limit/2-10) + `"]`
	l.invoke(t, sent("a", large), sent("b", controls), sent("c/..", strings.Repeat("\xff", limit)))
	rejects := l.rejects(t)
	for i, want := range []struct{ id, key, payload string }{
		{"a", "", large},
		{"b/0", "", "1"},
		{"b/1", "rejected-large/2026-11-23/b/1", controls[3 : len(controls)-1]},
		{"c/..", "rejected-large/2026-11-23/c%2F../body", strings.Repeat("\xff", limit)},
	} {
		r := rejects[i]
		if r.ID != want.id || r.PayloadObject != want.key {
			t.Errorf("reject %d is %s with object %q, want %s with %q", i, r.ID, r.PayloadObject, want.id, want.key)
		}
		payload := r.Payload
		if want.key != "" {
			payload = l.objects[want.key]
		}
		if string(payload) != want.payload {
			t.Errorf("payload of %s has %d bytes, want %d, or other ones", want.id, len(payload), len(want.payload))
		}
		if len(l.rows[i]) > record.MaxBytes {
			t.Errorf("row of %s has %d bytes", want.id, len(l.rows[i]))
		}
	}
	if len(rejects) != 4 || len(l.objects) != 2 {
		t.Errorf("%d rejects, %d objects", len(rejects), len(l.objects))
	}
}

func TestUnreadableRecordsFailAlone(t *testing.T) {
	l := newLab(t, config())
	good := sent("a", click)
	got := l.invoke(t,
		good,
		[]byte("SECRET{}"),
		nil,
		good[:len(good)-1],
		append(sent("b", "no"), "SECRET\n"...),
		[]byte(`{"v":1,"id":"x","received_at":"SECRET","bytes":0}`+"\n"),
		good,
	)
	var results []string
	for _, r := range got {
		results = append(results, r.Result)
	}
	want := []string{"Ok", "ProcessingFailed", "ProcessingFailed", "ProcessingFailed", "ProcessingFailed", "ProcessingFailed", "Ok"}
	if diff := cmp.Diff(want, results); diff != "" {
		t.Error(diff)
	}
	if len(l.rows) > 0 {
		t.Errorf("a failed record's rejects were put: %s", l.rows)
	}
	if logs := l.logs.String(); strings.Contains(logs, "SECRET") || strings.Count(logs, "\n") != 5 || !strings.Contains(logs, "record-3") {
		t.Errorf("logs are %s", logs)
	}
}

func TestDataThatIsNoBase64FailsAlone(t *testing.T) {
	l := newLab(t, config())
	text, err := l.Invoke(context.Background(), []byte(`{"records":[{"recordId":"1","data":"%%"},{"recordId":"2"},{"data":null,"recordId":"3"},{"recordId":"4","data":"`+
		`eyJ2IjoxLCJpZCI6ImEiLCJyZWNlaXZlZF9hdCI6IjIwMjYtMTEtMjNUMTA6MDA6MDBaIiwiYnl0ZXMiOjJ9Cnt9"}],"x":{"records":[]}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"records":[{"recordId":"1","result":"ProcessingFailed"},{"recordId":"2","result":"ProcessingFailed"},{"recordId":"3","result":"ProcessingFailed"},{"recordId":"4","result":"Ok","data":"`
	if !strings.HasPrefix(string(text), want) {
		t.Errorf("answer is %s", text)
	}
}

func TestRecordIDsComeBackAsTheyAre(t *testing.T) {
	l := newLab(t, config())
	for _, id := range []string{`"49578734086442259037497492980620233840400173390482112514000000"`, `"a\/\"\u00e9é"`, `""`} {
		text, err := l.Invoke(context.Background(), []byte(`{"records":[{"recordId":`+id+`,"data":""}]}`))
		if want := `{"records":[{"recordId":` + id + `,"result":"ProcessingFailed"}]}`; err != nil || string(text) != want {
			t.Errorf("answer is %s, error %v, want %s", text, err, want)
		}
	}
}

func TestWhatIsNoBatchIsAnError(t *testing.T) {
	l := newLab(t, config())
	for _, event := range []string{``, `{}`, `[]`, `{"records":{}}`, `{"records":[1]}`, `{"records":[{"data":""}]}`, `{"records":[{"recordId":1,"data":""}]}`, `{"records":[{"recordId":"1","data":""}`} {
		if answer, err := l.Invoke(context.Background(), []byte(event)); err == nil {
			t.Errorf("%s is answered %s", event, answer)
		}
	}
	if answer, err := l.Invoke(context.Background(), []byte(`{"records":[]}`)); err != nil || string(answer) != `{"records":[]}` {
		t.Errorf("an empty batch is answered %s, error %v", answer, err)
	}
}

// Dropped would lose events without a trace, so that a batch with a reject that
// nobody has must not be answered at all.
func TestARefusedRejectFailsTheBatch(t *testing.T) {
	for name, break_ := range map[string]func(*lab){
		"error":        func(l *lab) { l.refuse = func([][]byte) ([]int, error) { return []int{0}, errors.New("throttled") } },
		"one refused":  func(l *lab) { l.refuse = func([][]byte) ([]int, error) { return []int{1}, nil } },
		"object store": func(l *lab) { l.refuseKeys = errors.New("denied") },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, config())
			break_(l)
			large := strings.Repeat("\xff", record.MaxBytes-400)
			answer, err := l.Invoke(context.Background(), batch(sent("a", "SECRET"), sent("b", large), sent("c", click)))
			if err == nil || answer != nil || strings.Contains(err.Error(), "SECRET") {
				t.Errorf("answer is %s, error %v", answer, err)
			}
			if l.metrics.Len() > 0 {
				t.Errorf("counted although it will come again: %s", l.metrics.String())
			}
		})
	}
}

func TestAPanicCostsOneRecord(t *testing.T) {
	l := newLab(t, config())
	// Without schemas, every event that gets so far panics.
	l.Handler = validate.New(config(), nil, l, l, &l.metrics, slog.New(slog.NewJSONHandler(&l.logs, nil)))
	got := l.invoke(t, sent("a", "no"), sent("b", "no\n"+`{"type":"SECRET"}`), sent("c", "no"))
	if got[0].Result != "Dropped" || got[1].Result != "ProcessingFailed" || got[2].Result != "Dropped" {
		t.Errorf("answers are %v", got)
	}
	if len(l.rows) != 2 {
		t.Errorf("%d rejects, want those of the two others", len(l.rows))
	}
	logs := l.logs.String()
	if !strings.Contains(logs, "panic: runtime error: invalid memory address") || strings.Contains(logs, "SECRET") {
		t.Errorf("logs are %s", logs)
	}
}

func TestRecordsThatDoNotFitTheAnswerFail(t *testing.T) {
	c := config()
	l := newLab(t, c)
	body := `{"a":"` + strings.Repeat("x", 1_000_000) + `"}`
	small := sent("s", `{}`)
	text, err := l.Invoke(context.Background(), batch(sent("0", body), sent("1", body), sent("2", body), sent("3", body), sent("4", "no\n"+body), small))
	if err != nil {
		t.Fatal(err)
	}
	var results []string
	for _, r := range decode(t, text) {
		results = append(results, r.Result)
	}
	if diff := cmp.Diff([]string{"Ok", "Ok", "Ok", "Ok", "ProcessingFailed", "Ok"}, results); diff != "" {
		t.Error(diff)
	}
	if len(text) > c.MaxResponseBytes {
		t.Errorf("answer has %d bytes", len(text))
	}
	if len(l.rows) > 0 {
		t.Errorf("rejects of a failed record were put: %s", l.rows)
	}
}

func TestAnAnswerMayTakeItsLimitToTheByte(t *testing.T) {
	c := config()
	data := sent("a", `{}`)
	c.MaxResponseBytes = 10_000
	text, err := newLab(t, c).Invoke(context.Background(), batch(data))
	if err != nil {
		t.Fatal(err)
	}
	full := len(text) + len("ProcessingFailed") - len("Ok") + len(",") // what is set aside
	body := strings.Repeat(" ", 3000)
	for size, want := range map[int]string{full + 4000: "Ok", full + 3999: "ProcessingFailed"} {
		c.MaxResponseBytes = size
		if got := newLab(t, c).invoke(t, sent("a", "{"+body+"}")); got[0].Result != want {
			t.Errorf("with %d bytes: %s, want %s", size, got[0].Result, want)
		}
	}
}

func TestMetricsCountEventsByReason(t *testing.T) {
	l := newLab(t, config())
	l.invoke(t, sent("a", "[{},{},1,2]"), sent("b", "no"), []byte("?"), sent("c", click))
	var got []string
	for line := range strings.Lines(l.metrics.String()) {
		var m struct {
			Environment, Reason                        string
			EventsValid, EventsRejected, RecordsFailed int
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%s %q valid %d rejected %d failed %d", m.Environment, m.Reason, m.EventsValid, m.EventsRejected, m.RecordsFailed))
	}
	want := []string{
		`Test "" valid 3 rejected 0 failed 1`,
		`Test "not_json" valid 0 rejected 1 failed 0`,
		`Test "not_an_object" valid 0 rejected 2 failed 0`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNothingPersonalIsLoggedOrCounted(t *testing.T) {
	l := newLab(t, config())
	l.refuse = func([][]byte) ([]int, error) { return nil, nil }
	h := header("a")
	h.IP, h.UserAgent = "198.51.100.7", "SECRET agent"
	for _, body := range []string{`{"SECRET":1,"SECRET":2}`, `{"type":"SECRET"}`, `SECRET`, "\x1f\x8bSECRET", strings.Replace(click, `"s"`, `["SECRET"]`, 1)} {
		l.invoke(t, record.Append(nil, h, []byte(body)), append(record.Append(nil, h, []byte(body)), "SECRET"...))
	}
	for _, secret := range []string{"SECRET", "198.51.100.7"} {
		if strings.Contains(l.logs.String()+l.metrics.String(), secret) {
			t.Errorf("%s was written: %s %s", secret, l.logs.String(), l.metrics.String())
		}
	}
}
