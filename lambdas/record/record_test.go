package record_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"global-ingest/lambdas/record"
)

var (
	receivedAt = time.Date(2026, 11, 23, 10, 0, 0, 123_456_789, time.FixedZone("CET", 3600))
	header     = record.Header{
		ID:          "01a0-id",
		ReceivedAt:  receivedAt,
		Region:      "eu-central-1",
		RequestID:   "request-1",
		IP:          "203.0.113.0",
		UserAgent:   "curl/8 \"quoted\"\n",
		ContentType: "application/json",
		Encoding:    "gzip",
	}
)

func TestRecordIsOneHeaderLineThenTheBodyUntouched(t *testing.T) {
	got := record.Append(nil, header, []byte("\x00\xff\n{}"))
	want := `{"v":1,"id":"01a0-id","received_at":"2026-11-23T09:00:00.123Z",` +
		`"region":"eu-central-1","request_id":"request-1","ip":"203.0.113.0",` +
		`"ua":"curl/8 \"quoted\"\n","content_type":"application/json","encoding":"gzip","bytes":5}` + "\n\x00\xff\n{}"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestAProbeSaysThatItIsOne(t *testing.T) {
	got := record.Append(nil, record.Header{ID: "i", ReceivedAt: receivedAt, Probe: true}, nil)
	want := `{"v":1,"id":"i","received_at":"2026-11-23T09:00:00.123Z","probe":true,"bytes":0}` + "\n"
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestEmptyHeaderMembersAreLeftOut(t *testing.T) {
	got := record.Append(nil, record.Header{ID: "i", ReceivedAt: receivedAt}, nil)
	if want := `{"v":1,"id":"i","received_at":"2026-11-23T09:00:00.123Z","bytes":0}` + "\n"; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Whatever bytes a client sends come back as they were, and so do the records
// that stand behind them.
func TestConcatenatedRecordsComeBackByteForByte(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var data []byte
		var want []record.Record
		for range rapid.IntRange(1, 4).Draw(t, "records") {
			r := record.Record{Header: drawHeader(t), Body: rapid.SliceOf(rapid.Byte()).Draw(t, "body")}
			data = record.Append(data, r.Header, r.Body)
			want = append(want, r)
		}
		var got []record.Record
		for len(data) > 0 {
			r, rest, err := record.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			got, data = append(got, r), rest
		}
		if diff := cmp.Diff(want, got, cmp.Comparer(bytes.Equal)); diff != "" {
			t.Error(diff)
		}
	})
}

func drawHeader(t *rapid.T) record.Header {
	text := rapid.String()
	return record.Header{
		ID:          rapid.StringN(1, 40, -1).Draw(t, "id"),
		ReceivedAt:  time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "ms")).UTC(),
		Region:      text.Draw(t, "region"),
		RequestID:   text.Draw(t, "request"),
		IP:          text.Draw(t, "ip"),
		UserAgent:   text.Draw(t, "ua"),
		ContentType: text.Draw(t, "content type"),
		Encoding:    text.Draw(t, "encoding"),
		Source:      drawSource(t),
		First:       rapid.IntRange(0, 10_000).Draw(t, "first"),
		Replays:     rapid.IntRange(0, 3).Draw(t, "replays"),
		Probe:       rapid.Bool().Draw(t, "probe"),
	}
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		want error
	}{
		"empty":           {"", record.ErrHeader},
		"no newline":      {`{"v":1,"id":"i","bytes":0}`, record.ErrHeader},
		"no JSON":         {"hello\n", record.ErrHeader},
		"other version":   {`{"v":2,"id":"i","received_at":"2026-11-23T09:00:00.123Z","bytes":0}` + "\n", record.ErrHeader},
		"no id":           {`{"v":1,"received_at":"2026-11-23T09:00:00.123Z","bytes":0}` + "\n", record.ErrHeader},
		"no length":       {`{"v":1,"id":"i","received_at":"2026-11-23T09:00:00.123Z"}` + "\n", record.ErrHeader},
		"negative length": {`{"v":1,"id":"i","received_at":"2026-11-23T09:00:00.123Z","bytes":-1}` + "\n", record.ErrHeader},
		"cut off":         {`{"v":1,"id":"i","received_at":"2026-11-23T09:00:00.123Z","bytes":3}` + "\nab", record.ErrShort},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := record.Decode([]byte(c.data)); !errors.Is(err, c.want) {
				t.Errorf("error is %v, want %v", err, c.want)
			}
		})
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(record.Append(nil, header, []byte(`{"type":"click"}`)))
	f.Add(record.Append(record.Append(nil, header, nil), header, []byte{0xff, '\n'}))
	f.Add([]byte(`{"v":1,"id":"i","bytes":9223372036854775807}` + "\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, rest, err := record.Decode(data)
		if err != nil {
			return
		}
		if !bytes.HasSuffix(data, append(bytes.Clone(r.Body), rest...)) {
			t.Errorf("body and rest are not the end of the data")
		}
	})
}

func TestIngestIDsAreUUIDv7(t *testing.T) {
	id, err := uuid.Parse(record.NewID())
	if err != nil || id.Version() != 7 {
		t.Errorf("id %v, error %v, want version 7", id, err)
	}
	if got := record.EventID("id", 12); got != "id/12" {
		t.Errorf("event id is %s, want id/12", got)
	}
	for eventID, want := range map[string]string{
		"id/12": "id 12 true", "id": "id 0 false", "a/b": "a/b 0 false", "a/-1": "a/-1 0 false",
	} {
		id, n, isEvent := record.SplitEventID(eventID)
		if got := fmt.Sprint(id, " ", n, " ", isEvent); got != want {
			t.Errorf("%s splits into %s, want %s", eventID, got, want)
		}
	}
}

func TestLineKeepsTheEventAndHoldsOneNewline(t *testing.T) {
	event := "{\r\n\t\"a\" : 1.10, \"b\":\"\\ud800 <&>\u2028\"}"
	got := record.AppendLine(nil, header, 3, "cl\"ick", []byte(event))
	want := `{"id":"01a0-id/3","type":"cl\"ick","received_at":"2026-11-23T09:00:00.123Z",` +
		`"region":"eu-central-1","request_id":"request-1","ip":"203.0.113.0",` +
		`"ua":"curl/8 \"quoted\"\n","event":{  ` + "\t\"a\" : 1.10, \"b\":\"\\ud800 <&>\u2028\"}}\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
	if !json.Valid(got) {
		t.Error("line is not JSON")
	}
}

func TestRejectComesBackAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := record.Reject{
			Header: record.Header{
				ID:          rapid.String().Draw(t, "id"),
				ReceivedAt:  time.UnixMilli(rapid.Int64Range(0, 1<<42).Draw(t, "ms")).UTC(),
				Region:      rapid.String().Draw(t, "region"),
				RequestID:   rapid.String().Draw(t, "request"),
				IP:          rapid.String().Draw(t, "ip"),
				UserAgent:   rapid.String().Draw(t, "ua"),
				ContentType: rapid.String().Draw(t, "content type"),
				Encoding:    rapid.String().Draw(t, "encoding"),
				Replays:     rapid.IntRange(0, 3).Draw(t, "replays"),
			},
			Type:   rapid.String().Draw(t, "type"),
			Reason: rapid.SampledFrom(record.Reasons()).Draw(t, "reason"),
			Errors: []record.Finding{
				{Instance: "/price", Schema: "click.json#/properties/price", Message: rapid.String().Draw(t, "message"), Offset: record.NoOffset},
				{Offset: rapid.Int64Range(0, 1<<40).Draw(t, "offset")},
			},
			Payload:   rapid.SliceOfN(rapid.Byte(), 1, -1).Draw(t, "payload"),
			Processor: "validate/1",
		}
		line := record.AppendReject(nil, want)
		if bytes.Count(line, []byte("\n")) != 1 || !json.Valid(line) {
			t.Fatalf("not one line of JSON: %q", line)
		}
		got, err := record.DecodeReject(line)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestRejectSaysWhoSentItInTheOrderOfALine(t *testing.T) {
	r := header.RejectEvent(3)
	r.Type, r.Reason, r.Payload, r.Processor = "click", record.NotJSON, []byte("x"), "validate/3"
	want := `{"id":"01a0-id/3","type":"click","received_at":"2026-11-23T09:00:00.123Z",` +
		`"region":"eu-central-1","request_id":"request-1","ip":"203.0.113.0","ua":"curl/8 \"quoted\"\n",` +
		`"content_type":"application/json","encoding":"gzip","reason":"not_json","errors":[],"payload":"x","processor":"validate/3"}` + "\n"
	if diff := cmp.Diff(want, string(record.AppendReject(nil, r))); diff != "" {
		t.Error(diff)
	}
}

func TestARejectKnowsItsRequest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := drawHeader(t)
		h.ID, h.Probe = record.NewID(), false // a probe is never rejected
		if diff := cmp.Diff(h, h.RejectBody().Request()); diff != "" {
			t.Error(diff)
		}
		n := rapid.IntRange(0, 50_000).Draw(t, "n")
		if got := h.RejectEvent(n).Request(); got.First != n || got.ID != h.ID {
			t.Errorf("event %d of %s is %d of %s", n, h.ID, got.First, got.ID)
		}
	})
}

func reject(id string, payload []byte) record.Reject {
	return record.Reject{Header: record.Header{ID: id, ReceivedAt: receivedAt}, Payload: payload}
}

func TestAPayloadThatFitsNoRowStandsBesideIt(t *testing.T) {
	for name, c := range map[string]struct {
		r   record.Reject
		key string
	}{
		"small":     {reject("a/0", []byte("x")), ""},
		"body":      {reject("a", bytes.Repeat([]byte("x"), record.MaxBytes)), "rejected-large/2026-11-23/a/body"},
		"event":     {reject("a/7", bytes.Repeat([]byte{0xff}, record.MaxBytes-1000)), "rejected-large/2026-11-23/a/7"},
		"odd id":    {reject("c/..", bytes.Repeat([]byte{'"'}, record.MaxBytes-1000)), "rejected-large/2026-11-23/c%2F../body"},
		"just fits": {reject("a", bytes.Repeat([]byte("x"), record.MaxBytes-100)), ""},
	} {
		line, key := record.FitReject(c.r)
		got, err := record.DecodeReject(line)
		if err != nil || key != c.key || got.PayloadObject != c.key || len(line) > record.MaxBytes ||
			(key == "") != bytes.Equal(got.Payload, c.r.Payload) {
			t.Errorf(
				"%s: key %q, line of %d bytes names %q, error %v, want key %q", name, key, len(line), got.PayloadObject, err,
				c.key,
			)
		}
	}
}

func TestRejectNamesItsPayloadOneWay(t *testing.T) {
	for member, r := range map[string]record.Reject{
		`"payload":"{\"a\""`:                    {Payload: []byte(`{"a"`)},
		`"payload":""`:                          {},
		`"payload_base64":"//4="`:               {Payload: []byte{0xff, 0xfe}},
		`"payload_object":"rejected-large/key"`: {PayloadObject: "rejected-large/key"},
	} {
		line := record.AppendReject(nil, r)
		if !bytes.Contains(line, []byte(member)) || bytes.Count(line, []byte(`"payload`)) != 1 {
			t.Errorf("line is %s, want only %s", line, member)
		}
	}
}

// TestALineIsReadBackAsItWasWritten, whatever stands around the event in it.
func TestALineIsReadBackAsItWasWritten(t *testing.T) {
	at := receivedAt.UTC().Truncate(time.Millisecond)
	source := record.Source{Client: "c", Envelope: `{"n":1,"event":{"n":2}}`}
	for _, h := range []record.Header{
		{ID: "a", ReceivedAt: at},
		{ID: `"a"`, ReceivedAt: at, RequestID: "r", IP: "::", UserAgent: `x "event":{}`, Source: source},
	} {
		for _, event := range []string{`{}`, `{"id":"b/1","type":"u","event":{"type":"u"},"x":"\ud800"}`, `{"n":1e999}`} {
			line, err := record.DecodeLine(record.AppendLine(nil, h, 7, "t\"", []byte(event)))
			if h.First = 7; h.Source == source { // so that SQL finds the event
				h.Source.Envelope = `{"n":1, "event":{"n":2}}`
			}
			if want := (record.Line{Header: h, Type: "t\"", Event: []byte(event)}); err != nil || !cmp.Equal(line, want) {
				t.Errorf("%v, read %+v, want %+v", err, line, want)
			}
		}
	}
	for _, text := range []string{``, `{}`, `{"id":"a/0"}`, `{"id":"a","event":{}}`, `{"id":"a/0","event":{}`, `[]`} {
		if line, err := record.DecodeLine([]byte(text)); err == nil {
			t.Errorf("%s is the line %+v", text, line)
		}
	}
}
