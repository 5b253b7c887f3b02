package page

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
	"global-ingest/test/simulator"
)

// shown writes lines as a person would read them: «what was found» behind its line.
func shown(lines []line) string {
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(strings.Repeat("  ", l.Depth))
		for _, p := range l.Parts {
			text.WriteString(p.Text)
		}
		for _, mark := range l.Marks {
			text.WriteString(" «" + mark + "»")
		}
		text.WriteString("\n")
	}
	return text.String()
}

// TestEachFindingStandsAtItsPlace: what the schemas of this repository and others find.
func TestEachFindingStandsAtItsPlace(t *testing.T) {
	at := func(instance, message string) record.Finding {
		return record.Finding{Instance: instance, Message: message, Offset: record.NoOffset}
	}
	for name, c := range map[string]struct {
		payload string
		errors  []record.Finding
		want    string
		rest    int
	}{
		"values": {
			`{"a":{"b/c":[1.50,"x"]},"n":null}`,
			[]record.Finding{at("/a/b~1c/0", "is number, must be string"), at("/n", "must not be there"), at("/a", "is odd")},
			"{\n  \"a\": { «is odd»\n    \"b/c\": [\n      1.50, «is number, must be string»\n      \"x\"\n    ]\n  },\n  \"n\": null «must not be there»\n}\n", 0,
		},
		"missing, at the end of the parent": {
			`{"page":{"url":"u"},"z":1}`,
			[]record.Finding{at("/page", `lacks "title"`), at("", `lacks "a", "b"`)},
			"{\n  \"page\": {\n    \"url\": \"u\"\n    \"title\" «missing»\n  },\n  \"z\": 1\n  \"a\" «missing»\n  \"b\" «missing»\n}\n", 0,
		},
		"missing in an empty object":   {`{"page":{},"z":1}`, []record.Finding{at("/page", `lacks "url"`)}, "{\n  \"page\": {\n    \"url\" «missing»\n  },\n  \"z\": 1\n}\n", 0},
		"missing in nothing":           {`{}`, []record.Finding{at("", `lacks "url"`)}, "{\n  \"url\" «missing»\n}\n", 0},
		"missing because of another":   {`{"a":1}`, []record.Finding{at("", `lacks "b", needed beside "a"`)}, "{\n  \"a\": 1\n  \"b\" «missing, needed beside \"a\"»\n}\n", 0},
		"names that must not be there": {`{"a":1,"b":2}`, []record.Finding{at("", `must not have "a", "b"`)}, "{\n  \"a\": 1, «must not be there»\n  \"b\": 2 «must not be there»\n}\n", 0},
		"a key twice, by its byte": {
			`{"a":1,"a":2}`,
			[]record.Finding{{Instance: "/a", Message: "stands twice", Offset: 7}},
			"{\n  \"a\": 1,\n  \"a\": 2 «stands twice»\n}\n", 0,
		},
		"digits and keys are kept":    {`{"10":1e400,"2":0.10000000000000000001}`, nil, "{\n  \"10\": 1e400,\n  \"2\": 0.10000000000000000001\n}\n", 0},
		"a place that is not there":   {`{"a":1}`, []record.Finding{at("/x/y", "is odd"), at("/…", "is cut")}, "{\n  \"a\": 1\n}\n", 2},
		"no JSON, by its byte":        {"{\"a\":\n tru}", []record.Finding{{Message: "invalid literal", Offset: 7}}, "{\"a\":\n tru} «invalid literal»\n", 0},
		"two values":                  {`{"a":1} x`, []record.Finding{{Message: "unexpected x", Offset: 8}}, "{\"a\":1} x «unexpected x»\n", 0},
		"no JSON, and no byte":        {"x", []record.Finding{at("", "is a form")}, "x\n", 1},
		"an offset behind everything": {`{"a":`, []record.Finding{{Message: "ends too soon", Offset: 5}}, "{\"a\": «ends too soon»\n", 0},
		"nothing":                     {"", []record.Finding{at("", "no event")}, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			lines, rest := pretty([]byte(c.payload), c.errors)
			if got := shown(lines); got != c.want || len(rest) != c.rest {
				t.Errorf("shown is\n%s, want\n%s; without a place %v", got, c.want, rest)
			}
		})
	}
}

// TestEveryFindingIsShown, wherever it belongs: what the schemas say of each invalid
// example has its place, and whatever is sent, nothing is left out.
func TestEveryFindingIsShown(t *testing.T) {
	set, err := schema.Load(schema.Options{Formats: true, TypeFrom: []string{"type"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{
		`{"type":"click"}`, `{"type":"click","page":[],"element":{"id":""},"position":{"x":-1,"z":0},"tags":[1,""]}`,
		`{"type":"page_view","page":{"url":"/"},"viewport":{"width":1.5}}`, `{"type":"canary","run":"","more":{"a":1}}`,
	} {
		_, findings := set.Validate(eventTypeOf(body), []byte(body))
		lines, rest := pretty([]byte(body), findings)
		marks := 0
		for _, l := range lines {
			marks += len(l.Marks)
		}
		if len(findings) == 0 || len(rest) > 0 || marks < len(findings) {
			t.Errorf("%s: of %d findings %d are marked, %v have no place:\n%s", body, len(findings), marks, rest, shown(lines))
		}
	}
	deep := strings.Repeat("[", 3_000) + strings.Repeat("]", 3_000)
	tooDeep := record.Finding{Instance: strings.Repeat("/0", 2_999), Message: "too deep", Offset: record.NoOffset}
	lines, rest := pretty([]byte(deep), []record.Finding{tooDeep})
	if len(lines) != maxLines+1 || len(rest) != 1 {
		t.Errorf("%d lines, %d findings without a place", len(lines), len(rest))
	}
}

func eventTypeOf(body string) string { return strings.Split(body, `"`)[3] }

// TestACopiedExampleIsOneThatTheSchemasTake: below their folder, and decided as its own says.
func TestACopiedExampleIsOneThatTheSchemasTake(t *testing.T) {
	files := fstest.MapFS{"com.acme/shoe.json": {Data: []byte(`{"type":"object","required":["size"],` +
		`"properties":{"size":{"type":"integer"}},"additionalProperties":{"type":"string"}}`)}}
	options := schema.Options{TypeFrom: []string{"type"}}
	set, err := schema.Compile(files, options)
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{"size":1}`:            "examples/com.acme/shoe/valid/copied_123456.json",
		`{"size":"1"}`:          "examples/com.acme/shoe/invalid/size_wrong_123456.json",
		`{"other":"x"}`:         "examples/com.acme/shoe/invalid/size_missing_123456.json",
		`{"size":1,"a/b":[{}]}`: "examples/com.acme/shoe/invalid/a~1b_wrong_123456.json",
	} {
		_, findings := set.Validate("com.acme/shoe", []byte(body))
		c := &content{Reject: record.Reject{
			Header: record.Header{ID: "0198c6a2-7b1e-7000-8000-000000123456/0"},
			Type:   "com.acme/shoe", Errors: findings, Payload: []byte(body),
		}}
		verdict := valid
		if len(findings) > 0 {
			verdict, c.Reason = rejected, record.SchemaViolation
		}
		got := exampleOf(verdict, c)
		if got == nil || got.Path != want || got.Text != body+"\n" {
			t.Errorf("%s: %+v, want %s", body, got, want)
			continue
		}
		files[got.Path] = &fstest.MapFile{Data: []byte(got.Text)}
	}
	if _, err := schema.Compile(files, options); err != nil {
		t.Error(err)
	}
	for _, eventType := range []string{"", "..", "../x", "/etc", "a//b", `a\b`, "a/./b", "c:d"} {
		if got := exampleOf(valid, &content{Reject: record.Reject{Type: eventType, Payload: []byte("{}")}}); got != nil {
			t.Errorf("type %q: %+v", eventType, got)
		}
	}
	if got := exampleOf(rejected, &content{Reject: record.Reject{Type: "a", Reason: record.DuplicateKey}}); got != nil {
		t.Errorf("no schema decided, and %+v", got)
	}
}

// TestOfManyLargeEventsTheNewestAreKept, and of each the beginning: memory is bounded.
func TestOfManyLargeEventsTheNewestAreKept(t *testing.T) {
	tap := newTap()
	stream := &simulator.StreamConfig{Transform: &simulator.TransformConfig{}}
	text := bytes.Repeat([]byte("x"), 2*keptText)
	for n := range 3 * kept {
		id := fmt.Sprintf("%08d-0000-7000-8000-000000000000", n)
		data := record.Append(nil, record.Header{ID: id, ReceivedAt: time.Now()}, []byte("{}"))
		r := simulator.Record{ID: id, Data: data, Arrived: time.Now()}
		tap.Put(stream, r)
		line := record.AppendLine(nil, record.Header{ID: id}, 0, "t", fmt.Appendf(nil, `{"text":"%s"}`, text))
		tap.Transformed(stream, r, line)
	}
	v := tap.look(0)
	size := 0
	for _, i := range v.items {
		c := i.read()
		size += cap(c.Payload)
		if !c.Cut || c.Bytes != len(text)+len(`{"text":""}`) || c.Type != "t" {
			t.Fatalf("%+v", c)
		}
	}
	if len(v.items) != kept || v.forgotten != 2*kept || size > kept*(keptText+4<<10) {
		t.Errorf("%d kept of %d bytes, %d forgotten", len(v.items), size, v.forgotten)
	}
	if v.counts.Valid != 3*kept || v.waiting != 0 {
		t.Errorf("%d counted, %d wait", v.counts.Valid, v.waiting)
	}
	if len(tap.inFlight) != 0 || len(tap.records) != kept {
		t.Errorf("%d records in flight, %d known", len(tap.inFlight), len(tap.records))
	}
}

// TestTheNewestOfABatchAreKept, in order, whatever was there before, and an object is
// noted at those alone that it holds.
func TestTheNewestOfABatchAreKept(t *testing.T) {
	tap := newTap()
	stream := &simulator.StreamConfig{Transform: &simulator.TransformConfig{}}
	total := int64(0)
	for batch, n := range []int{1, 700, 700, 3*kept + 1, 5, kept, 1} {
		var lines []byte
		for range n {
			total++
			lines = record.AppendLine(lines, record.Header{ID: fmt.Sprint("id-", total)}, 0, "t", []byte("{}"))
		}
		tap.Transformed(stream, simulator.Record{ID: fmt.Sprint(batch)}, lines)
		tap.Delivered(stream, fmt.Sprint("events/", batch), []string{fmt.Sprint(batch)})
		v := tap.look(0)
		if int64(len(v.items)) != min(total, kept) || v.seq != total {
			t.Fatalf("batch %d: %d kept, the newest is %d of %d", batch, len(v.items), v.seq, total)
		}
		for at, i := range v.items {
			want := fmt.Sprintf("id-%d/0", total-int64(at))
			if i.read().ID != want || at < n && i.object != fmt.Sprint("events/", batch) {
				t.Fatalf("batch %d: event %d is %s in %s, want %s", batch, at, i.read().ID, i.object, want)
			}
		}
	}
}

// TestWhatIsNoLineOfOursHarmsNothing: a function may answer anything.
func TestWhatIsNoLineOfOursHarmsNothing(t *testing.T) {
	tap := newTap()
	stream := &simulator.StreamConfig{Transform: &simulator.TransformConfig{}}
	for n, data := range []string{"", "\n", "x", "{", "[]\n{}", `{"id":7,"event":`, "\xff\n\n"} {
		r := simulator.Record{ID: fmt.Sprint(n), Data: []byte(data)}
		tap.Put(stream, r)
		tap.Transformed(stream, r, []byte(data))
		tap.Put(&simulator.StreamConfig{}, r)
		tap.Failed(stream, r, "code")
	}
	for _, i := range tap.look(0).items {
		_, _ = i.whole(), i.summary()
		_, _ = pretty(i.read().Payload, i.read().Errors)
	}
	if n := tap.look(0).counts.Valid; n != 8 {
		t.Errorf("%d lines are counted", n)
	}
}

// TestOnlyReasonsOfRowsCount, not what a client wrote that looks like one.
func TestOnlyReasonsOfRowsCount(t *testing.T) {
	hostile := `","reason":"empty","x":"`
	row := record.AppendReject(nil, record.Reject{
		Header: record.Header{ID: "a", UserAgent: hostile}, Type: hostile, Reason: record.NotJSON, Payload: []byte(`{"a":1,"reason":"empty"}`),
		Errors: []record.Finding{{Message: hostile}},
	})
	nested := bytes.Replace(row, []byte(`,"reason":`), []byte(`,"envelope":{"a":1,"reason":"empty"},"reason":`), 1)
	tap := newTap()
	for n, row := range [][]byte{row, nested, []byte(`{"id":"a"}`)} {
		tap.Put(&simulator.StreamConfig{}, simulator.Record{ID: fmt.Sprint(n), Data: row})
	}
	if got := tap.look(0).counts; got.Rejected != 2 || got.Reasons[record.NotJSON] != 2 {
		t.Errorf("counts are %+v, want two that are not JSON", got)
	}
}

// TestAFlushIsSafeWhileObjectsAreWritten: it waits for those that are being read, and others come meanwhile.
func TestAFlushIsSafeWhileObjectsAreWritten(t *testing.T) {
	p := New()
	p.pipeline.Flush = func(context.Context) error { return nil }
	id, at := "0198c6a2-7b1e-7000-8000-000000000001", time.Now()
	var writers sync.WaitGroup
	for writer := range 4 {
		writers.Go(func() {
			for n := range 2_000 {
				p.tap.objectWritten("lake", record.OverflowKey(id, fmt.Sprintf("%016x%016x", writer, n), at))
			}
		})
	}
	for range 2_000 {
		if _, err := p.flush(httptest.NewRequest("POST", "/flush", nil), parametersOf(nil)); err != nil {
			t.Fatal(err)
		}
	}
	writers.Wait()
}

// TestObjectsOfTheFunctionsAreKnownByTheirNames, and none of Firehose is taken for one.
func TestObjectsOfTheFunctionsAreKnownByTheirNames(t *testing.T) {
	tap := newTap()
	alone, several := "0198c6a2-7b1e-7000-8000-000000000001", "0198c6a2-7b1e-7000-8000-000000000002"
	hash, at := strings.Repeat("0a", 16), time.Now()
	tap.objectWritten("lake", record.SpillKey(alone, at))
	tap.objectWritten("lake", record.DeferredKey(several, hash, at))
	waiting := tap.look(0).requests
	if len(waiting) != 2 || waiting[0].id != several || waiting[1].id != alone || waiting[1].received.IsZero() {
		t.Errorf("waiting are %+v", waiting)
	}
	if key := record.OverflowKey(alone, hash, at); !overflowName.MatchString(key) {
		t.Errorf("%s is not known", key)
	}
	key := record.EventsPrefix + record.Partition(at) + "Stream-1-2026-11-26-03-13-18-" + alone + record.LinesExtension
	if overflowName.MatchString(key) {
		t.Errorf("%s is taken for the Validator's", key)
	}
}
