package event_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

func TestObjectsOneBehindTheOtherAreEvents(t *testing.T) {
	two := []string{`a:{"type":"a"}`, `b:{"type":"b"}`}
	check(t, map[string]splitCase{
		"lines":                 {"{\"type\":\"a\"}\n{\"type\":\"b\"}\n", event.Lines, two},
		"CR LF and blanks":      {"\r\n{}\r\n \t\r\n {\"a\":\r1} \r\n\n", event.Lines, []string{`:{}`, ":{\"a\":\r1}"}},
		"CR alone":              {"{\"type\":\"a\"}\r{\"type\":\"b\"}\r", event.Lines, two},
		"nothing between":       {`{"type":"a"}{"type":"b"}`, event.Lines, two},
		"a comma between":       {`{"type":"a"}, {"type":"b"}`, event.Lines, two},
		"a comma and a line":    {"{\"type\":\"a\"},\r\n{\"type\":\"b\"}", event.Lines, two},
		"record separators":     {"\x1e{\"type\":\"a\"}\n\x1e{\"type\":\"b\"}\n", event.Lines, two},
		"one record separator":  {"\x1e{\"type\":\"a\"}\n", event.Lines, two[:1]},
		"a mark for each line":  {"\ufeff{\"type\":\"a\"}\n\ufeff{\"type\":\"b\"}\n", event.Lines, two},
		"pretty objects":        {"{\n \"type\": \"a\"\n}\n{\n \"type\": \"b\"\n}", event.Lines, []string{"a:{\n \"type\": \"a\"\n}", "b:{\n \"type\": \"b\"\n}"}},
		"one that is too deep":  {"{}" + strings.Repeat(`{"a":`, 64) + "{}" + strings.Repeat("}", 64), event.Lines, []string{":{}", "too_deep@320:" + strings.Repeat(`{"a":`, 64) + "{}" + strings.Repeat("}", 64)}},
		"one with a name twice": {`{"a":1,"a":1} {}`, event.Lines, []string{`duplicate_key@7:{"a":1,"a":1}`, ":{}"}},
		"two commas":            {`{},,{}`, event.Rejected, []string{"not_json@3:{},,{}"}},
		"a comma at the end":    {`{},{},`, event.Rejected, []string{"not_json@5:{},{},"}},
		"a comma in front":      {`,{},{}`, event.Rejected, []string{"not_json@0:,{},{}"}},
		"another value":         {`{} 1`, event.Rejected, []string{"not_json@3:{} 1"}},
		"text behind":           {`{"a":1};`, event.Rejected, []string{`not_json@7:{"a":1};`}},
	})
}

func TestLinesAreJudgedOneByOneWhenTheyCanBeNothingElse(t *testing.T) {
	check(t, map[string]splitCase{
		"a bad object":            {"{}\n {\"a\":NaN}\r\n{}", event.Lines, []string{`:{}`, "not_json@6: {\"a\":NaN}", `:{}`}},
		"not UTF-8":               {"{}\n {\"\xff\":1}", event.Lines, []string{`:{}`, "not_json@3: {\"\xff\":1}"}},
		"the last is cut off":     {"{}\n{\"a\":\"", event.Lines, []string{`:{}`, `not_json@6:{"a":"`}},
		"each is bad":             {"{,}\n{\"a\":01}", event.Lines, []string{"not_json@1:{,}", `not_json@6:{"a":01}`}},
		"bad and comma-separated": {"{\"a\":1},\n{,},\n{}", event.Lines, []string{`:{"a":1}`, "not_json@1:{,},", ":{}"}},
		"two on one line":         {"{} {}\n{,}", event.Lines, []string{":{}", ":{}", "not_json@1:{,}"}},
		"CR alone":                {"{}\r{,}\r{}", event.Lines, []string{":{}", "not_json@1:{,}", ":{}"}},
		"record separators":       {"\x1e{}\n\x1e{\n\"a\"\n}\n\x1e{\"b\":1}\n", event.Lines, []string{":{}", "not_json@6:{\n\"a\"\n}", `:{"b":1}`}},
		"a comment":               {"// export of today:\n{}\n", event.Lines, []string{"not_json@0:// export of today:", ":{}"}},
		"a prefix":                {")]}'\n{}", event.Lines, []string{"not_json@0:)]}'", ":{}"}},
		"words":                   {"hello\n{}\nthe end", event.Lines, []string{"not_json@0:hello", ":{}", "not_json@1:the end"}},
		"multipart": {
			"--b\r\nContent-Disposition: form-data; name=\"e\"\r\n\r\n{\"a\":1}\r\n--b--\r\n", event.Lines,
			[]string{"not_json@1:--b\r\nContent-Disposition: form-data; name=\"e\"", `:{"a":1}`, "not_json@1:--b--"},
		},
	})
}

// Each is a document, or a part of one, in which something is broken. Some line of it
// is an object by itself.
func TestABrokenDocumentIsOneReject(t *testing.T) {
	for _, body := range []string{
		"{\n  \"type\": \"order\",\n  \"items\": [\n    {\"sku\": \"a\", \"qty\": 1}\n  ],\n}",
		"[\n{}\n,,]", "{\"a\":[\n1\n],}", "{\"a\":[\n{}", "{\"a\": NaN, \"b\": [\n{},\n{}]}", "[{},\n{},\n{,}]",
		"{\"a\":1},\n{\"b\":2}]", "{\"a\":1}\n]\n}", "{\"s\": \"x\n{}\ny\"}", "{\n  // comment\n  \"a\":\n  {}\n}",
		"true,\n{}", "None\n{}", "-Infinity,\n{}", "1\n{}", "\"x\",\n{}", "('x',\n {},\n {})", "items:\n  {\"a\": 1}", "{}\n{\"a\":\n{}", "\"a\":\n{}\n", "{} \"\n{}",
	} {
		for _, text := range []string{body, strings.ReplaceAll(body, "\n", "\r"), strings.ReplaceAll(body, "\n", "\r\n")} {
			form, got := split(text)
			if form != event.Rejected || !strings.HasPrefix(got[0], "not_json@") || !strings.HasSuffix(got[0], ":"+text) {
				t.Errorf("%q has form %d: %q", text, form, got)
			}
		}
	}
}

func TestADocumentThatIsDeclaredToBeLinesIsLines(t *testing.T) {
	const body = "{\"a\":[\n{}\n],,\n\n5"
	want := fmt.Sprint([]string{`not_json@6:{"a":[`, ":{}", "not_json@0:],,", "not_an_object@0:5"})
	for contentType, lines := range map[string]bool{
		"application/x-ndjson": true, "application/jsonl; charset=utf-8": true, "Application/JSON-Seq": true, "application/x-jsonlines;broken=\"": true,
		"application/json": false, "text/plain": false, "": false, "application/x-ndjson2": false,
	} {
		form, got := declared(contentType, body)
		if lines && fmt.Sprint(got) != want || !lines && form != event.Rejected {
			t.Errorf("%q: form %d, %q", contentType, form, got)
		}
	}
	if form, got := declared("application/x-ndjson", "<html>\n</html>"); form != event.Rejected {
		t.Errorf("lines of which none is JSON have form %d: %q", form, got)
	}
	if form, got := declared("application/x-ndjson", "[\n{},\n{}\n]"); form != event.Array {
		t.Errorf("an array has form %d: %q", form, got)
	}
}

func TestTheTypeOfARejectIsReadWhereItCanBe(t *testing.T) {
	for body, want := range map[string]string{
		`{"type":"a","x":NaN}`:                                 "a",
		`{"x":NaN,"type":"a"}`:                                 "",
		"{\"type\":\"a\",\"x\":\"\xff\"}":                      "a",
		`{"type":"a","x":1,"x":1}`:                             "a",
		`{"x":1,"type":"a","x":1}`:                             "a",
		`{"type":"a","type":"b"}`:                              "",
		`{"type":"a","x":` + strings.Repeat("[", 99) + "1":     "a",
		`{"type":"a","x":[[[[[[` + "[[[[[[[[[]]]]]]]]]]]]]]]}": "a",
		"{\n\"type\": \"a\",\n\"x\":\n}":                       "a",
		"[1]":                                                  "",
	} {
		found := event.NewSplitter(3, 10).Split([]byte(body), record.Header{}).Events[0]
		if found.Reason == "" || found.Type != want {
			t.Errorf("%s: reason %q, type %q, want %q", body, found.Reason, found.Type, want)
		}
	}
}

// style is how a document is printed.
type style struct {
	open, item, close string // after [ and {, after a comma, before ] and }
	indent            string
}

var styles = []style{
	{"\n", "\n", "\n", "  "},
	{"\n", "\n", "\n", ""},
	{"\r\n", "\r\n", "\r\n", "\t"},
	{"\r", "\r", "\r", " "},
	{"", "\n", "", ""},
	{"", "\n", "\n", " "},
	{"\n", " ", "", ""},
	{"\n", "\n", "", "    "},
	{"", "", "", ""},
}

// print appends v in this style.
func (s style) print(dst []byte, v any, depth int) []byte {
	line := func(end string) {
		if dst = append(dst, end...); end != "" {
			dst = append(dst, strings.Repeat(s.indent, depth)...)
		}
	}
	list := func(open, end byte, n int, item func(i int)) []byte {
		dst = append(dst, open)
		depth++
		for i := range n {
			if i == 0 {
				line(s.open)
			} else {
				dst = append(dst, ',')
				line(s.item)
			}
			item(i)
		}
		if depth--; n > 0 {
			line(s.close)
		}
		return append(dst, end)
	}
	switch v := v.(type) {
	case []any:
		return list('[', ']', len(v), func(i int) { dst = s.print(dst, v[i], depth) })
	case members:
		return list('{', '}', len(v), func(i int) {
			dst = append(fmt.Appendf(dst, "%q:", fmt.Sprintf("%d%s", i, v[i].name)), strings.Repeat(" ", depth%2)...)
			dst = s.print(dst, v[i].value, depth)
		})
	}
	text, _ := json.Marshal(v)
	return append(dst, text...)
}

type members []struct {
	name  string
	value any
}

var (
	scalars = []any{nil, true, false, 0, -1.5, 1e300, "", "a,b", "}{", "][", "\"\\", "\n", "NaN", ":", "\u2028", "{}"}
	names   = []string{"", "type", "}", "{\"", "\\", "a"}
)

// document draws a value of at most so many levels.
func document(t *rapid.T, levels int) any {
	kind := rapid.IntRange(0, 3).Draw(t, "kind")
	if levels == 0 || kind == 0 {
		return rapid.SampledFrom(scalars).Draw(t, "scalar")
	}
	items := rapid.IntRange(0, 4).Draw(t, "items")
	if kind == 1 {
		array := make([]any, items)
		for i := range array {
			array[i] = document(t, levels-1)
		}
		return array
	}
	return object(t, levels, items)
}

func object(t *rapid.T, levels, items int) members {
	m := make(members, items)
	for i := range m {
		m[i].name, m[i].value = rapid.SampledFrom(names).Draw(t, "name"), document(t, levels-1)
	}
	return m
}

// tokens returns where text has bytes of set outside strings.
func tokens(text []byte, set string) (at []int) {
	inString, escaped := false, false
	for i, c := range text {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped, inString = c == '\\', c != '"'
		case strings.IndexByte(set, c) >= 0:
			at = append(at, i)
			inString = c == '"'
		default:
			inString = c == '"'
		}
	}
	return at
}

// breakOnce breaks text at one place, or returns it as it is.
func breakOnce(t *rapid.T, text []byte) []byte {
	place := func(set string) int {
		if all := tokens(text, set); len(all) > 0 {
			return rapid.SampledFrom(all).Draw(t, "place")
		}
		return -1
	}
	insert := func(at int, what string) []byte {
		return append(append(bytes.Clone(text[:at]), what...), text[at:]...)
	}
	var at int
	switch rapid.IntRange(0, 4).Draw(t, "how") {
	case 0: // the end is missing
		return text[:rapid.IntRange(1, len(text)).Draw(t, "length")]
	case 1: // a comma or a bracket is missing
		if at = place(",{}[]"); at >= 0 {
			return append(bytes.Clone(text[:at]), text[at+1:]...)
		}
	case 2: // a comma too many
		if at = place(",]}[{"); at >= 0 {
			return insert(at+rapid.IntRange(0, 1).Draw(t, "behind"), ",")
		}
	case 3: // what only some languages know
		if at = place(":,["); at >= 0 {
			foreign := []string{"NaN", " -Infinity", "None", "\nNaN\n", "undefined", "NaN,"}
			return insert(at+1, rapid.SampledFrom(foreign).Draw(t, "word"))
		}
	case 4: // a quote is missing
		if at = place(`"`); at >= 0 {
			return append(bytes.Clone(text[:at]), text[at+1:]...)
		}
	}
	return text
}

// However a document is printed and wherever it is broken, it is one reject.
func TestNoFragmentOfABrokenDocumentIsAnEvent(t *testing.T) {
	broken := 0
	rapid.Check(t, func(t *rapid.T) {
		doc := document(t, 4)
		text := rapid.SampledFrom(styles).Draw(t, "style").print(nil, doc, 0)
		if !json.Valid(text) {
			t.Fatalf("%q is not a document", text)
		}
		body := breakOnce(t, text)
		if len(bytes.TrimSpace(body)) == 0 || json.Valid(body) {
			return
		}
		broken++
		h := record.Header{ContentType: "application/json"}
		found := event.NewSplitter(event.MaxDepth, event.MaxEvents).Split(body, h)
		e := found.Events[0]
		whole := found.Form == event.Rejected && bytes.Equal(e.Raw, body)
		if !whole || e.Reason != record.NotJSON || e.Errors[0].Offset < 0 {
			t.Errorf("%q has form %d: %d events, %+v", body, found.Form, len(found.Events), e)
		}
	})
	if broken == 0 {
		t.Error("no document was broken")
	}
}

// Objects with separators between them come out as they are, each once.
func TestObjectsComeOutByteForByteWhateverSeparatesThem(t *testing.T) {
	separators := []string{
		"", " ", "\n", "\r\n", "\r", ",", " ,\n", "\x1e", "\n\x1e", "\n\ufeff", "\n\n\t\n", ",\x1e\ufeff",
	}
	rapid.Check(t, func(t *rapid.T) {
		var want []string
		body := []byte(rapid.SampledFrom([]string{"", "\ufeff", "\x1e", " \n", "\ufeff\x1e"}).Draw(t, "front"))
		for i := range rapid.IntRange(1, 6).Draw(t, "objects") {
			one := object(t, 3, rapid.IntRange(0, 3).Draw(t, "items"))
			text := rapid.SampledFrom(styles).Draw(t, "style").print(nil, one, 0)
			if i > 0 {
				body = append(body, rapid.SampledFrom(separators).Draw(t, "separator")...)
			}
			body = append(body, text...)
			want = append(want, string(text))
		}
		body = append(body, rapid.SampledFrom([]string{"", "\n", "\r\n \n"}).Draw(t, "end")...)
		found := event.NewSplitter(event.MaxDepth, event.MaxEvents).Split(body, record.Header{})
		var got []string
		for _, e := range found.Events {
			if e.Reason != "" || string(body[e.Offset:e.Offset+len(e.Raw)]) != string(e.Raw) {
				t.Errorf("%q is rejected as %s", e.Raw, e.Reason)
			}
			got = append(got, string(e.Raw))
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("%q came out as %q, want %q", body, got, want)
		}
	})
}

func TestABodyThatIsSomethingElseIsToldSo(t *testing.T) {
	for name, c := range map[string]struct {
		encoding, body string
		reason         record.Reason
		message        string
	}{
		"form":              {"", "type=click&x=1", record.NotJSON, "body is a form: send JSON instead"},
		"form with JSON":    {"", "v=1&data=%7B%22type%22%3A%22t%22%7D", record.NotJSON, `body is a form, its field "data" holds JSON: send that JSON itself`},
		"form with text":    {"", `data={"type": "t"}`, record.NotJSON, `body is a form, its field "data" holds JSON: send that JSON itself`},
		"form in base64":    {"", "data=eyJ0eXBlIjoidCJ9&ver=1", record.NotJSON, `body is a form, its field "data" holds JSON in base64: send that JSON itself`},
		"base64 for URLs":   {"", "data=W3siYSI6Ij8_Pz8-Pj4ifV0%3D", record.NotJSON, `body is a form, its field "data" holds JSON in base64: send that JSON itself`},
		"multipart":         {"", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n", record.NotJSON, "body is a multipart form: send the JSON itself"},
		"equation":          {"", "x = 1", record.NotJSON, "invalid character 'x' at start of value"},
		"sentence":          {"", "x=1 is what we said", record.NotJSON, "invalid character 'x' at start of value"},
		"brotli":            {"br", "\x0b\x02\x80{}", record.BadEncoding, `content encoding is "br", known are gzip, deflate, br and zstd`},
		"of several":        {"gzip, ZSTD", "\x28\xb5\x2f\xfd", record.BadEncoding, `content encoding is "zstd", known are gzip, deflate, br and zstd`},
		"deflate, inflated": {"deflate", `{"a":}`, record.NotJSON, "invalid character '}' at start of value"},
		"charset":           {"UTF-8", `{"a":}`, record.NotJSON, "invalid character '}' at start of value"},
		"gzip that is text": {"gzip", `{"a":}`, record.NotJSON, "invalid character '}' at start of value"},
	} {
		found := event.NewSplitter(64, 10).Split([]byte(c.body), record.Header{Encoding: c.encoding}).Events[0]
		if found.Reason != c.reason || found.Errors[0].Message != c.message || string(found.Raw) != c.body {
			t.Errorf("%s: reason %s, errors %+v, want %s, %s", name, found.Reason, found.Errors, c.reason, c.message)
		}
	}
	if found := event.NewSplitter(64, 10).Split([]byte("{}"), record.Header{Encoding: "br"}); found.Form != event.Single {
		t.Error("JSON is rejected for what its header says")
	}
}
