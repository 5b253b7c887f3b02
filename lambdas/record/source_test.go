package record_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"global-ingest/lambdas/record"
)

var source = record.Source{
	Client: "segment", Path: "/v1/batch", Query: "a=1&b=2", Key: "key",
	Attributes: `{"id":"1"}`, Envelope: `{"sentAt": 1.50}`,
}

const sourceText = `,"source":{"client":"segment","path":"/v1/batch","query":"a=1&b=2","key":"key",` +
	`"attributes":{"id":"1"},"envelope":{"sentAt": 1.50}}`

// drawSource is of a client, of a plain request, or of anything.
func drawSource(t *rapid.T) record.Source {
	text := rapid.OneOf(rapid.Just(""), rapid.StringMatching(`[a-z/=&]{1,20}`), rapid.String())
	s := record.Source{
		Client: text.Draw(t, "client"), Path: text.Draw(t, "path"), Query: text.Draw(t, "query"), Key: text.Draw(t, "key"),
	}
	if rapid.Bool().Draw(t, "has more") {
		attributes := record.AppendAttribute(nil, "id", text.Draw(t, "ce-id"))
		attributes = record.AppendAttribute(attributes, "type", text.Draw(t, "ce-type"))
		s.Attributes, s.Envelope, s.Rest = record.JSON(append(attributes, '}')), `{"sentAt": [1.50, {}]}`, text.Draw(t, "rest")
	}
	return s
}

func TestLinesAndRejectsHaveTheSourceBeforeTheEvent(t *testing.T) {
	h := record.Header{ID: "i", ReceivedAt: receivedAt, Source: source}
	line := string(record.AppendLine(nil, h, 0, "track", []byte("{}")))
	if !strings.HasSuffix(line, sourceText+`,"event":{}}`+"\n") {
		t.Errorf("line is %s", line)
	}
	reject := h.RejectEvent(0)
	reject.Reason = record.UnknownKey
	row := record.AppendReject(nil, reject)
	if !strings.Contains(string(row), sourceText+`,"reason":"unknown_key"`) {
		t.Errorf("reject is %s", row)
	}
	again, err := record.DecodeReject(row)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(source, again.Request().Source); diff != "" {
		t.Error(diff)
	}
}

// A header ends in the first newline, and so does a line.
func TestValuesOfASourceStandInOneLine(t *testing.T) {
	var json record.JSON
	if err := json.UnmarshalJSON([]byte("{\n\"a\":\r1}")); err != nil || json != `{ "a": 1}` {
		t.Errorf("got %q, %v", json, err)
	}
}

func TestALargeSourceStandsInOneLineOfManyEvents(t *testing.T) {
	large := source
	large.Envelope = record.JSON(`{"a":"` + strings.Repeat("x", 10_000) + `"}`)
	if got := (record.Header{ID: "i", Source: large}).SharedSource(100); got != large {
		t.Errorf("of 100 events, 1 MB of lines, each has it; got %+v", got)
	}
	want := record.Source{Client: "segment", Key: "key", Rest: "i/2"}
	if got := (record.Header{ID: "i", First: 2, Source: large}).SharedSource(200); got != want {
		t.Errorf("of 200 events got %+v, want %+v", got, want)
	}
}
