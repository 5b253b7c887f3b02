package validate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
)

func TestValidEventsComeBackAsLines(t *testing.T) {
	l := newLab(t, config())
	got := l.invoke(t, sent("a", click), sent("b", "[{\"x\":1},\n"+click+"]"))
	prefix := func(id, eventType string) string {
		request, _, _ := strings.Cut(id, "/")
		return `{"id":"` + id + `","type":"` + eventType + `",` +
			`"received_at":"2026-11-23T10:00:00.123Z","region":"eu-central-1","request_id":"request-` + request +
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

// A probe of a health check is in no lake, no reject and no metric, also among events.
func TestAProbeIsDroppedAndCountsAsNothing(t *testing.T) {
	h := header("p")
	h.Probe = true
	empty, text := record.Append(nil, h, nil), record.Append(nil, h, []byte(click))
	dropped, valid := "Dropped", "Ok"
	for name, c := range map[string]struct {
		records  [][]byte
		results  []string
		valid    int
		rejected int
	}{
		"alone":              {[][]byte{empty}, []string{dropped}, 0, 0},
		"with a body":        {[][]byte{text}, []string{dropped}, 0, 0},
		"among events":       {[][]byte{sent("a", click), empty, sent("b", "{"), empty}, []string{valid, dropped, dropped, dropped}, 1, 1},
		"behind an event":    {[][]byte{append(sent("a", click), empty...)}, []string{valid}, 1, 0},
		"between two":        {[][]byte{slices.Concat(sent("a", click), text, sent("b", click))}, []string{valid}, 2, 0},
		"several in a batch": {[][]byte{empty, empty, text}, []string{dropped, dropped, dropped}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, config())
			var lines []byte
			for n, got := range l.invoke(t, c.records...) {
				if lines = append(lines, got.Data...); got.Result != c.results[n] {
					t.Errorf("record %d is %s, want %s", n, got.Result, c.results[n])
				}
			}
			if bytes.Count(lines, []byte("\n")) != c.valid || bytes.Contains(lines, []byte(`"p/`)) ||
				len(l.rows) != c.rejected || len(l.objects) > 0 {
				t.Errorf("lines %s, rejects %s, objects %v", lines, l.rows, l.objects)
			}
			counts := fmt.Sprintf(`"EventsRejected":%d,"EventsValid":%d`, c.rejected, c.valid)
			if !strings.Contains(l.metrics.String(), counts) {
				t.Errorf("metrics are %s, want %s", &l.metrics, counts)
			}
		})
	}
}

func TestInvalidEventsAreRejectedWithTheReason(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		id     string
		reason record.Reason
		found  record.Finding
	}{
		"not JSON":         {`{"a":}`, "a", record.NotJSON, record.Finding{Message: "invalid character '}' at start of value", Offset: 5}},
		"invalid UTF-8":    {"{\"a\":\"\xff\"}", "a", record.NotJSON, record.Finding{Message: "invalid UTF-8", Offset: 6}},
		"duplicate key":    {`{"a":1,"b":{"c":1,"c":2}}`, "a/0", record.DuplicateKey, record.Finding{Instance: "/b/c", Message: "name stands twice in one object", Offset: 18}},
		"no object":        {`"click"`, "a/0", record.NotAnObject, record.Finding{Message: "event is a string, must be an object"}},
		"too deep":         {strings.Repeat(`{"a":`, 64) + "{}" + strings.Repeat("}", 64), "a/0", record.TooDeep, record.Finding{Message: "nested 65 deep, limit is 64", Offset: 320}},
		"too many events":  {"[" + strings.Repeat("{},", event.MaxEvents) + "{}]", "a", record.TooManyEvents, record.Finding{Message: "body holds more than 50000 events", Offset: -1}},
		"too many values":  {`{"type":"click","a":[` + strings.Repeat("1,", schema.MaxValues) + "1]}", "a/0", record.TooComplex, record.Finding{Instance: "/a/19996", Message: "event holds more than 20000 values", Offset: 40_014}},
		"too many digits":  {`{"type":"click","a":0.` + strings.Repeat("1", schema.MaxDigits+1) + "}", "a/0", record.TooComplex, record.Finding{Instance: "/a", Message: "number has more than 1000 significant digits", Offset: 1_023}},
		"not portable":     {`{"a":["\ud800"]}`, "a/0", record.NotPortable, record.Finding{Instance: "/a/0", Message: "half of a surrogate pair, which no text can hold", Offset: 6}},
		"empty":            {"", "a", record.Empty, record.Finding{Message: "no event in the body", Offset: -1}},
		"schema violation": {strings.Replace(click, `"1"`, "1", 1), "a/0", record.SchemaViolation, record.Finding{Instance: "/event_id", Schema: "click.json#/$defs/id/type", Message: "is number, must be string", Offset: -1}},
		"broken gzip":      {"\x1f\x8bnot gzip", "a", record.BadEncoding, record.Finding{Message: "gzip cannot be inflated: header is wrong", Offset: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, config())
			if got := l.invoke(t, sent("a", c.body)); !cmp.Equal(got, []answered{{"record-0", "Dropped", nil}}) {
				t.Errorf("answer is %.100v, want it dropped", got)
			}
			want := []record.Reject{{
				Header: record.Header{
					ID: c.id, ReceivedAt: receivedAt, Region: "eu-central-1", RequestID: "request-a", IP: "203.0.113.0", UserAgent: "agent/1",
				},
				Reason: c.reason, Errors: []record.Finding{c.found}, Payload: []byte(c.body), Processor: "validate/3",
			}}
			if strings.Contains(c.body, `"type":"click"`) {
				want[0].Type = "click"
			}
			if diff := cmp.Diff(want, l.rejects(t)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryRejectSaysWhoSentItAndWhat(t *testing.T) {
	c := config()
	c.Strict = true
	l := newLab(t, c)
	h := header("a")
	h.ContentType, h.Encoding, h.Replays = "text/plain", "identity", 1
	nested := strings.Repeat("[", 64) + strings.Repeat("]", 64)
	for body, want := range map[string]string{
		`{"type":"scroll"}`: "unknown_type scroll", `{"type":"click"}`: "schema_violation click", `{"type":"t","a":` + nested + `}`: "too_deep t",
		`{"type":"t","a":1,"a":2}`: "duplicate_key t", `{"type":"t","a":}`: "not_json t", `[5]`: "not_an_object ", "": "empty ", "\x1f\x8b": "bad_encoding ",
	} {
		l.rows = nil
		l.invoke(t, record.Append(nil, h, []byte(body)))
		for _, r := range l.rejects(t) {
			if got := string(r.Reason) + " " + r.Type; got != want {
				t.Errorf("%s is %q, want %q", body, got, want)
			}
			if diff := cmp.Diff(h, r.Request()); diff != "" {
				t.Errorf("%s: %s", body, diff)
			}
		}
	}
}

func TestMoreThanTenThousandEventsOfABodyAreAllJudged(t *testing.T) {
	c := config()
	got := newLab(t, c).invoke(t, sent("a", "["+strings.Repeat("{},", 19_999)+`1]`), sent("b", "{}"))
	if lines := bytes.Count(
		got[0].Data, []byte("\n"),
	); got[0].Result != "Ok" || lines != 19_999 ||
		!bytes.Contains(got[0].Data, []byte(`"a/19998"`)) {
		t.Errorf("answer is %s with %d lines", got[0].Result, lines)
	}
}

func TestValidAndInvalidEventsOfOneRequestPart(t *testing.T) {
	l := newLab(t, config())
	got := l.invoke(t, sent("a", "{\"n\":0}\nno\n{\"n\":2}\n\n{\"n\":3,}"))
	if len(got) != 1 || got[0].Result != "Ok" || bytes.Count(got[0].Data, []byte("\n")) != 2 ||
		!bytes.Contains(got[0].Data, []byte(`"a/0"`)) || !bytes.Contains(got[0].Data, []byte(`"a/2"`)) {
		t.Errorf("answer is %v", got)
	}
	var rejected []string
	for _, r := range l.rejects(t) {
		rejected = append(rejected, r.ID+" "+string(r.Reason)+" "+string(r.Payload))
	}
	if diff := cmp.Diff([]string{"a/1 not_json no", "a/3 not_json {\"n\":3,}"}, rejected); diff != "" {
		t.Error(diff)
	}
}

func TestStrictRejectsTypesWithoutASchema(t *testing.T) {
	c := config()
	c.Strict = true
	long := `{"type":"` + strings.Repeat("ü", 1000) + `"}`
	for _, body := range []string{`{}`, `{"type":1}`, `{"type":"scroll"}`, long} {
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
	if got[0].Result != "Ok" || !bytes.Contains(got[0].Data, []byte(`"a/0"`)) ||
		!bytes.Contains(got[0].Data, []byte(`"c/0"`)) {
		t.Errorf("answer is %s", got[0].Data)
	}
	if rejects := l.rejects(t); len(rejects) != 1 || rejects[0].ID != "b" || rejects[0].Reason != record.Empty {
		t.Errorf("rejects are %+v", rejects)
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

// Dropped would lose the reject without a trace, so a batch whose reject nobody has
// must fail.
func TestARefusedRejectFailsTheBatch(t *testing.T) {
	for name, spoil := range map[string]func(*lab){
		"error":        func(l *lab) { l.refuse = func([][]byte) ([]int, error) { return []int{0}, errors.New("throttled") } },
		"one refused":  func(l *lab) { l.refuse = func([][]byte) ([]int, error) { return []int{1}, nil } },
		"object store": func(l *lab) { l.refuseKeys = func(string) error { return errors.New("denied") } },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, config())
			spoil(l)
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
		got = append(
			got,
			fmt.Sprintf(
				"%s %q valid %d rejected %d failed %d", m.Environment, m.Reason, m.EventsValid, m.EventsRejected, m.RecordsFailed,
			),
		)
	}
	want := []string{
		`Test "" valid 3 rejected 3 failed 1`,
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
	for _, body := range []string{
		`{"SECRET":1,"SECRET":2}`, `{"type":"SECRET"}`, `SECRET`, "\x1f\x8bSECRET",
		strings.Replace(click, `"s"`, `["SECRET"]`, 1),
	} {
		l.invoke(t, record.Append(nil, h, []byte(body)), append(record.Append(nil, h, []byte(body)), "SECRET"...))
	}
	for _, secret := range []string{"SECRET", "198.51.100.7"} {
		if strings.Contains(l.logs.String()+l.metrics.String(), secret) {
			t.Errorf("%s was written: %s %s", secret, l.logs.String(), l.metrics.String())
		}
	}
}
