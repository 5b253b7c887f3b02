package validate_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"global-ingest/lambdas/record"
)

// piece is an event as a client may send it, and what must become of it.
type piece struct {
	text   string
	reason record.Reason // "" when it is valid
}

var pieces = []piece{
	{`{}`, ""},
	{`{"type":"scroll","depth":1.0e2,"big":18446744073709551615}`, ""},
	{`{"a":"\ud83d\ude00 \u0000 <&>","é":[1e300,-0.0,{"a":{}}]}`, ""},
	{`{"type":"scroll","depth":1.0e2,"big":123456789012345678901234567890}`, record.NotPortable},
	{`{"a":"\ud800 \u0000 <&>","é":[1e999,-0.0,{"a":{}}]}`, record.NotPortable},
	{`{ "a" : [ ] }`, ""},
	{click, ""},
	{`{"type":"click"}`, record.SchemaViolation},
	{`{"a":1,"\u0061":2}`, record.DuplicateKey},
	{`null`, record.NotAnObject},
	{`[{}]`, record.NotAnObject},
	{strings.Repeat(`{"a":`, 64) + `{}` + strings.Repeat(`}`, 64), record.TooDeep},
}

// badLines can stand in lines, but in no array.
var badLines = []piece{
	{`{"a":`, record.NotJSON}, {`hello`, record.NotJSON}, {"\xff\x00", record.NotJSON}, {`{} 1`, record.NotJSON},
}

// lines returns the record of a request whose body is declared to be lines.
func lines(id, body string) []byte {
	h := header(id)
	h.ContentType = "application/x-ndjson"
	return record.Append(nil, h, []byte(body))
}

var spaces = rapid.SampledFrom([]string{"", " ", "\t ", "\r\n ", "\n"})

// drawBody draws a body and its events.
func drawBody(t *rapid.T) (body string, events []piece) {
	mark := rapid.SampledFrom([]string{"", "\ufeff"}).Draw(t, "mark")
	switch rapid.IntRange(0, 2).Draw(t, "form") {
	case 0:
		single := slices.DeleteFunc(slices.Clone(pieces), func(p piece) bool { return p.text[0] == '[' })
		events = []piece{rapid.SampledFrom(single).Draw(t, "event")}
		return mark + spaces.Draw(t, "before") + events[0].text + spaces.Draw(t, "after"), events
	case 1:
		events = rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 8).Draw(t, "elements")
		var elements []string
		for _, e := range events {
			elements = append(elements, spaces.Draw(t, "space")+e.text+spaces.Draw(t, "space"))
		}
		return mark + "[" + strings.Join(elements, ",") + "]", events
	}
	events = rapid.SliceOfN(rapid.SampledFrom(append(badLines, pieces...)), 1, 8).Draw(t, "lines")
	events = append(events, piece{`{"last":"line"}`, ""}, piece{`{"very":"last"}`, ""}) // so that these are lines
	ends := rapid.SampledFrom([]string{"\n", "\r\n", "\n\n", "\n \r\n"})
	for _, e := range events {
		body += e.text + ends.Draw(t, "end")
	}
	return mark + body, events
}

// Every event of every body comes out once, under its id, valid or with its
// reason, and its bytes are the ones that were sent.
func TestEveryEventIsAccountedForUnchanged(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		c := config()
		c.MaxResponseBytes = rapid.SampledFrom([]int{c.MaxResponseBytes, 1_000}).Draw(rt, "room")
		l := newLab(t, c)
		var records [][]byte
		want := map[string]piece{}
		for n := range rapid.IntRange(1, 5).Draw(rt, "records") {
			id := fmt.Sprint("id", n)
			body, events := drawBody(rt)
			if rapid.Bool().Draw(rt, "gzip") {
				body = zipped(t, body)
			}
			records = append(records, lines(id, body))
			for i, e := range events {
				want[record.EventID(id, i)] = e
			}
		}
		got := map[string]piece{}
		for _, r := range append(l.invoke(t, records...), answered{Data: l.stored()}) {
			for line := range bytes.Lines(r.Data) {
				id, event := readLine(rt, line)
				if _, twice := got[id]; twice {
					rt.Errorf("event %s came out twice", id)
				}
				got[id] = piece{event, ""}
			}
		}
		for _, r := range l.rejects(t) {
			got[r.ID] = piece{string(r.Payload), r.Reason}
		}
		for id, e := range want {
			if got[id] != e {
				rt.Errorf("event %s became %+v, sent was %+v", id, got[id], e)
			}
		}
		if len(got) != len(want) {
			rt.Errorf("%d events came out, %d were sent", len(got), len(want))
		}
	})
}

// readLine returns the id and the event's own bytes of a line of events/.
func readLine(t *rapid.T, line []byte) (id, event string) {
	var wire struct {
		ID    string          `json:"id"`
		Event json.RawMessage `json:"event"`
	}
	if err := json.Unmarshal(line, &wire); err != nil {
		t.Fatalf("line %q: %v", line, err)
	}
	return wire.ID, string(wire.Event)
}

// Whatever a batch holds, its answer has its ids, in order, once each, a known
// result, data exactly where there are events, and a size that Lambda takes.
func TestEveryBatchIsAnsweredWithinTheContract(t *testing.T) {
	large := `{"a":"` + strings.Repeat("x", 1_000_000) + `"}`
	many := "[" + strings.Repeat("{},", 9_999) + "{}]"
	data := rapid.OneOf(
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(junk []byte) []byte { return junk }),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(body []byte) []byte { return sent("r", string(body)) }),
		rapid.Map(rapid.String(), func(body string) []byte { return sent("s", body) }),
		rapid.Just(sent("l", large)),
		rapid.Just(sent("m", many)),
		rapid.Just(sent("z", zipped(t, "["+strings.Repeat(large+",", 3)+"{}]"))),
		rapid.Just(append(sent("c", large), sent("d", large)...)),
		rapid.Just(sent("v", click)),
	)
	rapid.Check(t, func(rt *rapid.T) {
		l := newLab(t, config())
		records := rapid.SliceOfN(data, 0, 8).Draw(rt, "records")
		text, err := l.Invoke(context.Background(), batch(records...))
		if err != nil {
			rt.Fatal(err)
		}
		if len(text) >= 6_000_000 {
			rt.Errorf("answer has %d bytes", len(text))
		}
		got := decode(t, text)
		if len(got) != len(records) {
			rt.Fatalf("%d records were answered, %d were sent", len(got), len(records))
		}
		for i, r := range got {
			if want := fmt.Sprint("record-", i); r.RecordID != want {
				rt.Errorf("record %d has id %s, want %s", i, r.RecordID, want)
			}
			switch r.Result {
			case "Ok":
				if !bytes.HasSuffix(r.Data, []byte("}\n")) {
					rt.Errorf("record %d is Ok with %d bytes", i, len(r.Data))
				}
			case "Dropped", "ProcessingFailed":
				if r.Data != nil {
					rt.Errorf("record %d is %s with %d bytes", i, r.Result, len(r.Data))
				}
			default:
				rt.Errorf("record %d has the result %q", i, r.Result)
			}
		}
	})
}

func TestTheSameBatchIsAnsweredTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		body, _ := drawBody(rt)
		records := [][]byte{lines("a", body), lines("b", zipped(t, body))}
		first, second := newLab(t, config()), newLab(t, config())
		a, _ := first.Invoke(context.Background(), batch(records...))
		second.invoke(t, sent("z", `{"other":1}`), sent("y", "no")) // a worker with a past
		second.rows = nil
		b, _ := second.Invoke(context.Background(), batch(records...))
		if !bytes.Equal(a, b) || !slices.EqualFunc(first.rows, second.rows, bytes.Equal) {
			rt.Errorf("%s\n%s", a, b)
		}
	})
}

// Any bytes are answered or refused, and never crash the function.
func FuzzInvoke(f *testing.F) {
	f.Add(batch())
	f.Add(batch(sent("a", click), sent("b", "no\n{}"), []byte("junk")))
	f.Add([]byte(`{"records":[{"recordId":"\u0031","data":"e\/8="},{"data":null,"recordId":""}],"x":[{}]}`))
	f.Add([]byte(`{"records":[{"recordId":"1","recordId":"2","data":""}],"records":[]}`))
	f.Fuzz(func(t *testing.T, event []byte) {
		text, err := newLab(t, config()).Invoke(context.Background(), event)
		if err != nil {
			return
		}
		for _, r := range decode(t, text) {
			if (r.Result == "Ok") != (len(r.Data) > 0) {
				t.Errorf("%s is answered %s", event, text)
			}
		}
	})
}
