package event_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// split splits with the limits of production and describes each event in short:
// "type:raw" or "reason@offset:raw".
func split(body string) (event.Form, []string) {
	return splitWithin(body, event.MaxDepth, event.MaxEvents, record.Header{})
}

// declared splits a body of this content type.
func declared(contentType, body string) (event.Form, []string) {
	return splitWithin(body, event.MaxDepth, event.MaxEvents, record.Header{ContentType: contentType})
}

func splitWithin(body string, maxDepth, maxEvents int, h record.Header) (event.Form, []string) {
	found := event.NewSplitter(maxDepth, maxEvents).Split([]byte(body), h)
	var events []string
	for _, e := range found.Events {
		switch {
		case e.Reason == "":
			events = append(events, e.Type+":"+string(e.Raw))
		case e.Errors[0].Offset == record.NoOffset:
			events = append(events, fmt.Sprintf("%s:%s", e.Reason, e.Raw))
		default:
			events = append(events, fmt.Sprintf("%s@%d:%s", e.Reason, e.Errors[0].Offset, e.Raw))
		}
	}
	return found.Form, events
}

type splitCase struct {
	body string
	form event.Form
	want []string
}

func check(t *testing.T, cases map[string]splitCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			form, events := split(c.body)
			if form != c.form {
				t.Errorf("form is %d, want %d", form, c.form)
			}
			if diff := cmp.Diff(c.want, events); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOneJSONValueIsOneEventOrAnArrayOfThem(t *testing.T) {
	check(t, map[string]splitCase{
		"object":               {`{"type":"click"}`, event.Single, []string{`click:{"type":"click"}`}},
		"whitespace around":    {" \r\n{\"type\":\"a\"}\n\t", event.Single, []string{`a:{"type":"a"}`}},
		"byte order mark":      {"\ufeff {}", event.Single, []string{`:{}`}},
		"content behind":       {"{}\n", event.Single, []string{`:{}`}},
		"pretty object":        {"{\n \"type\": \"a\"\n}", event.Single, []string{"a:{\n \"type\": \"a\"\n}"}},
		"no type":              {`{"a":{"type":"inner"}}`, event.Single, []string{`:{"a":{"type":"inner"}}`}},
		"type is no string":    {`{"type":1}`, event.Single, []string{`:{"type":1}`}},
		"escaped type":         {`{"t\u0079pe":"cl\u0069ck"}`, event.Single, []string{`click:{"t\u0079pe":"cl\u0069ck"}`}},
		"lone surrogate type":  {`{"type":"a\ud800"}`, event.Single, []string{"a\ufffd:" + `{"type":"a\ud800"}`}},
		"number":               {`1e999`, event.Single, []string{`not_an_object@0:1e999`}},
		"null":                 {` null `, event.Single, []string{`not_an_object@0:null`}},
		"array":                {` [ {"type":"a"} , {"type":"b"} ] `, event.Array, []string{`a:{"type":"a"}`, `b:{"type":"b"}`}},
		"array over lines":     {"[\n{\n},\n{}\n]", event.Array, []string{":{\n}", `:{}`}},
		"array of all kinds":   {`[1,{},"x",[{}],null,true]`, event.Array, []string{`not_an_object@0:1`, `:{}`, `not_an_object@0:"x"`, `not_an_object@0:[{}]`, `not_an_object@0:null`, `not_an_object@0:true`}},
		"array with duplicate": {`[{},{"a":1,"a":2},{}]`, event.Array, []string{`:{}`, `duplicate_key@7:{"a":1,"a":2}`, `:{}`}},
	})
}

func TestABodyWithoutEventsIsRejectedWhole(t *testing.T) {
	check(t, map[string]splitCase{
		"empty":           {"", event.Rejected, []string{"empty:"}},
		"whitespace":      {" \r\n\t", event.Rejected, []string{"empty: \r\n\t"}},
		"byte order mark": {"\ufeff\n", event.Rejected, []string{"empty:\ufeff\n"}},
		"empty array":     {" [ ]", event.Rejected, []string{"empty: [ ]"}},
		"text":            {"\ufeff hello\n", event.Rejected, []string{"not_json@4:\ufeff hello\n"}},
		"lines of text":   {"no\nno\nno", event.Rejected, []string{"not_json@1:no\nno\nno"}},
		"one bad object":  {`{"a":}`, event.Rejected, []string{`not_json@5:{"a":}`}},
		"broken array":    {`[{},{},`, event.Rejected, []string{`not_json@7:[{},{},`}},
		"broken document": {"{\n\"a\":1,\n}", event.Rejected, []string{"not_json@7:{\n\"a\":1,\n}"}},
		"binary":          {"\x00\x01\xff", event.Rejected, []string{"not_json@2:\x00\x01\xff"}},
		"UTF-16":          {"\xff\xfe{\x00}\x00", event.Rejected, []string{"not_json@0:\xff\xfe{\x00}\x00"}},
	})
}

func TestANameTwiceInOneObjectIsFoundAnywhere(t *testing.T) {
	check(t, map[string]splitCase{
		"nested":              {`{"a":[0,{"b":{},"b":1}]}`, event.Single, []string{`duplicate_key@16:{"a":[0,{"b":{},"b":1}]}`}},
		"escaped":             {`{"a":1,"\u0061":2}`, event.Single, []string{`duplicate_key@7:{"a":1,"\u0061":2}`}},
		"in another object":   {`{"a":{"a":1},"b":{"a":1}}`, event.Single, []string{`:{"a":{"a":1},"b":{"a":1}}`}},
		"empty name":          {`{"":1,"":2}`, event.Single, []string{`duplicate_key@6:{"":1,"":2}`}},
		"lone surrogates":     {`{"\ud800":1,"\ud801":2,"\ufffd":3,"\udc00\ud800":4}`, event.Single, []string{`:{"\ud800":1,"\ud801":2,"\ufffd":3,"\udc00\ud800":4}`}},
		"one lone surrogate":  {`{"\ud800":1,"\uD800":2}`, event.Single, []string{`duplicate_key@12:{"\ud800":1,"\uD800":2}`}},
		"pair and its text":   {`{"\ud83d\ude00":1,"😀":2}`, event.Single, []string{`duplicate_key@18:{"\ud83d\ude00":1,"😀":2}`}},
		"broken further on":   {`{"a":1,"a":2,}`, event.Rejected, []string{`not_json@12:{"a":1,"a":2,}`}},
		"type behind look-al": {`{"\ud800":1,"\ud801":2,"type":"a"}`, event.Single, []string{`a:{"\ud800":1,"\ud801":2,"type":"a"}`}},
	})
	pointed := event.NewSplitter(64, 10).Split([]byte(`{"a/b":[0,{"~":1,"~":1}]}`), record.Header{}).Events[0].Errors[0]
	if want := "/a~1b/1/~0"; pointed.Instance != want {
		t.Errorf("instance is %q, want %q", pointed.Instance, want)
	}
}

func TestNestingIsLimitedPerEvent(t *testing.T) {
	nested := func(depth int) string {
		return strings.Repeat(`{"a":`, depth-1) + `{"b":"[[[[\"{{{{"}` + strings.Repeat(`}`, depth-1)
	}
	if _, got := split(nested(64)); !strings.HasPrefix(got[0], ":") {
		t.Errorf("64 deep is %s", got[0])
	}
	if _, got := split(nested(65)); !strings.HasPrefix(got[0], "too_deep@320:") {
		t.Errorf("65 deep is %s", got[0])
	}
	form, got := split("[{}," + nested(65) + "," + nested(64) + "]")
	if form != event.Array || got[0] != ":{}" || !strings.HasPrefix(got[1], "too_deep@320:") ||
		!strings.HasPrefix(got[2], ":{") {
		t.Errorf("in an array only that element must be too deep: %s", got)
	}
	if _, got := splitWithin(`{"a":[]}`, 1, 1, record.Header{}); got[0] != `too_deep@5:{"a":[]}` {
		t.Errorf("got %s", got[0])
	}
	wide := `{"a":[` + strings.Repeat(`{},`, 200) + `{}]}`
	if _, got := split(wide); got[0] != ":"+wide {
		t.Errorf("many shallow brackets are %.20s", got[0])
	}
}

func TestNestingBeyondTheParserIsTooDeepNotACrash(t *testing.T) {
	for _, body := range []string{
		strings.Repeat("[", 100_000),
		strings.Repeat(`{"a":`, 100_000),
		strings.Repeat(`[{"a":`, 5_001),
		strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
	} {
		form, got := split(body)
		if form != event.Rejected ||
			!strings.HasPrefix(got[0], "too_deep@10000:") && !strings.HasPrefix(got[0], "too_deep@50000:") &&
				!strings.HasPrefix(got[0], "too_deep@30000:") {
			t.Errorf("%.10s…: form %d, %.30s", body, form, got[0])
		}
	}
	form, got := declared("application/x-ndjson", "{}\n"+strings.Repeat("[", 100_000)+"\n{}")
	if form != event.Lines || len(got) != 3 || !strings.HasPrefix(got[1], "too_deep@") || got[2] != ":{}" {
		t.Errorf("as one line of three: form %d, %d events", form, len(got))
	}
}

func TestTooManyEventsRejectTheBodyWhole(t *testing.T) {
	array := func(n int) string { return "[" + strings.TrimSuffix(strings.Repeat("{},", n), ",") + "]" }
	for name, c := range map[string]struct {
		body string
		form event.Form
		want int
	}{
		"array at the limit":   {array(5), event.Array, 5},
		"array over it":        {array(6), event.Rejected, 1},
		"lines at the limit":   {strings.Repeat("{}\n\n", 5), event.Lines, 5},
		"lines over it":        {strings.Repeat("{}\n", 6), event.Rejected, 1},
		"objects over it":      {strings.Repeat("{}", 6), event.Rejected, 1},
		"good lines over it":   {strings.Repeat("{}\n", 6) + "{,}", event.Rejected, 1},
		"bad lines over it":    {"{}\n" + strings.Repeat("{,}\n", 9), event.Rejected, 1},
		"other lines":          {strings.Repeat("no\n", 9) + "{}", event.Lines, 2},
		"scalars over it":      {"[1,2,3,4,5,6]", event.Rejected, 1},
		"broken array over it": {"[1,2,3,4,5,6", event.Rejected, 1},
	} {
		form, got := splitWithin(c.body, 64, 5, record.Header{})
		if form != c.form || len(got) != c.want {
			t.Errorf("%s: form %d with %d events, want form %d with %d", name, form, len(got), c.form, c.want)
		}
		if want := "too_many_events:" + c.body; c.form == event.Rejected && name != "broken array over it" && got[0] != want {
			t.Errorf("%s: got %s", name, got[0])
		}
	}
	if _, got := splitWithin(strings.Repeat("no\n", 9), 64, 5, record.Header{}); !strings.HasPrefix(got[0], "not_json@") {
		t.Errorf("lines none of which is JSON: %s", got[0])
	}
}

func TestSplittingAValidEventAllocatesNothing(t *testing.T) {
	s := event.NewSplitter(event.MaxDepth, event.MaxEvents)
	one := []byte(`{"type":"click","a":{"b":[1,2,"c\n"]},"d":"é"}`)
	many := []byte("[" + string(one) + "," + string(one) + "]")
	lines := []byte(string(one) + "\n" + string(one))
	for name, c := range map[string]struct {
		body []byte
		want float64
	}{
		"single": {one, 0}, "array": {many, 0}, "lines": {lines, 0},
	} {
		s.Split(c.body, record.Header{})
		if got := testing.AllocsPerRun(100, func() { s.Split(c.body, record.Header{}) }); got > c.want {
			t.Errorf("%s: %v allocations, want %v", name, got, c.want)
		}
	}
}
