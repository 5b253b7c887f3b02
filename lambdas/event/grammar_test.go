package event_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// legal is JSON by RFC 8259 that parsers often refuse.
var legal = []string{
	`{}`, `{"":0}`, `{"a":"\u0000"}`, `{"a":"\"\\\/\b\f\n\r\t"}`, `{"a":"\uD834\uDd1e"}`, `{"a":"` + "\u2028\u2029\u007f" + `"}`,
	`{"a":"\ud800"}`, `{"a":"\udc00\ud800"}`, `{"a":"\ud800\u0041"}`, `{"\udfff":1}`, `{"a":"` + "\U0010ffff\ufdd0\uffff\ufeff" + `"}`,
	`{"a":-0}`, `{"a":0e+1}`, `{"a":1E-400}`, `{"a":1e999}`, `{"a":-1.0e-999999999999}`, `{"a":123456789012345678901234567890.1234567890}`,
	" {\t\"a\"\n:\r[ ] } ", `{"a":[[],{},null,true,false,"",0]}`, `{"__proto__":{},"constructor":1}`, `{"a":"</script>\u003c"}`,
	`null`, `true`, `""`, `-1`, `0.1`, `[[1]]`, `"\ud800"`,
}

// illegal is not JSON by RFC 8259, although parsers often accept it.
var illegal = []string{
	`{`, `}`, `[`, `{]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{a:1}`, `{'a':1}`, `{1:1}`, `{"a":1}}`, `{"a":1};`,
	`{"a":01}`, `{"a":+1}`, `{"a":.5}`, `{"a":5.}`, `{"a":1e}`, `{"a":1e+}`, `{"a":-}`, `{"a":0x1F}`, `{"a":1_000}`, `{"a":--1}`, `{"a":1.e1}`,
	`{"a":NaN}`, `{"a":Infinity}`, `{"a":-Infinity}`, `{"a":True}`, `{"a":nul}`, `{"a":undefined}`, `{"a":None}`, `{"a":"x`, `{"a":'x'}`,
	"{\"a\":\"\t\"}", "{\"a\":\"\x00\"}", "{\"a\":\"\x1f\"}", "{\"a\":\"\n\"}", `{"a":"\x41"}`, `{"a":"\u12"}`, `{"a":"\u12G4"}`, `{"a":"\U0041"}`, `{"a":"\'"}`, `{"a":"\`,
	"{\"a\":\"\xff\"}", "{\"a\":\"\xc0\xaf\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xe2\x82\"}", "{\"\x80\":1}",
	`{"a":1/* */}`, `{"a":1} // x`, "{\"a\":1}#", "\u00a0{}", "{\u2003}", "\v{}", "\f{}", "{\"a\"\u00a0:1}", "{}\x00", "{}\xff",
	`[1,]`, `[,1]`, `[1 2]`, `[1`, `["a"`, `[1]]`, `[1}`, `"a`, `a`, `tru`, `nulll`, `{"a":{"b":{"c":}}}`, `<a/>`,
}

func TestGrammarIsRFC8259(t *testing.T) {
	for _, text := range legal {
		if form, got := split(text); form == event.Rejected {
			t.Errorf("%q is legal, but %s", text, got)
		}
	}
	for _, text := range illegal {
		form, got := split(text)
		if form != event.Rejected || !strings.HasPrefix(got[0], string(record.NotJSON)+"@") {
			t.Errorf("%q is illegal, but form %d, %s", text, form, got)
		}
		if strings.ContainsAny(text, "\n\x1e") {
			continue
		}
		if _, got := declared(
			"application/x-ndjson", "{}\n"+text+"\n[]",
		); len(got) != 3 ||
			!strings.HasPrefix(got[1], string(record.NotJSON)+"@") {
			t.Errorf("%q is illegal as a line, but %s", text, got)
		}
	}
}

// isJSON is the second opinion: the standard library's grammar, which does not look at
// UTF-8, and the package's rules for whitespace and byte order marks.
func isJSON(body []byte) bool {
	text := bytes.TrimPrefix(body, []byte("\ufeff"))
	return utf8.Valid(text) && json.Valid(text)
}

// verify checks what must hold of any body's events.
func verify(t interface {
	Helper()
	Errorf(string, ...any)
}, body []byte, h record.Header, maxDepth, maxEvents int,
) {
	t.Helper()
	before := bytes.Clone(body)
	found := event.NewSplitter(maxDepth, maxEvents).Split(body, h)
	if !bytes.Equal(before, body) {
		t.Errorf("splitting changed the body %q to %q", before, body)
	}
	verifyForm(t, body, found)
	between := map[event.Form]string{
		event.Single: " \t\r\n", event.Array: " \t\r\n[],", event.Lines: " \t\r\n,\x1e\ufeff",
	}[found.Form]
	rest := bytes.TrimPrefix(body, []byte("\ufeff"))
	at := len(body) - len(rest)
	if found.Form == event.Rejected {
		at = 0
	}
	for n, e := range found.Events {
		if e.Offset < at || !bytes.HasPrefix(body[e.Offset:], e.Raw) {
			t.Errorf("event %d of %q is %q at %d, not there after %d", n, body, e.Raw, e.Offset, at)
			return
		}
		if gap := bytes.Trim(body[at:e.Offset], between); len(gap) > 0 {
			t.Errorf("bytes %q of %q belong to no event", gap, body)
		}
		at = e.Offset + len(e.Raw)
		verifyEvent(t, e)
	}
	if gap := bytes.Trim(body[at:], between); len(gap) > 0 {
		t.Errorf("bytes %q at the end of %q belong to no event", gap, body)
	}
}

func verifyForm(t interface{ Errorf(string, ...any) }, body []byte, found event.Body) {
	first := found.Events[0]
	whole := found.Form == event.Single || found.Form == event.Array
	if found.Form == event.Rejected {
		// Empty and TooManyEvents say nothing about the grammar.
		if first.Reason == record.NotJSON && isJSON(body) {
			t.Errorf("%q is JSON, but %v", body, first.Errors)
		}
	} else if whole != isJSON(body) {
		t.Errorf("%q has form %d, JSON is %t", body, found.Form, isJSON(body))
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	if found.Form == event.Array != (whole && bytes.HasPrefix(text, []byte("["))) {
		t.Errorf("%q has form %d", body, found.Form)
	}
}

func verifyEvent(t interface{ Errorf(string, ...any) }, e event.Item) {
	if (e.Reason == "") != (len(e.Errors) == 0) {
		t.Errorf("reason is %q with errors %v", e.Reason, e.Errors)
	}
	for _, found := range e.Errors {
		if found.Offset < record.NoOffset || found.Offset > int64(len(e.Raw)) || found.Message == "" ||
			len(found.Message) > 200 {
			t.Errorf("error is %+v in %d bytes", found, len(e.Raw))
		}
	}
	switch e.Reason {
	case "":
		var members map[string]json.RawMessage
		if err := json.Unmarshal(e.Raw, &members); err != nil || !utf8.Valid(e.Raw) {
			t.Errorf("event %q is not a JSON object: %v", e.Raw, err)
		}
		var want string
		if json.Unmarshal(members["type"], &want) != nil {
			want = ""
		}
		if e.Type != want {
			t.Errorf("type of %q is %q, want %q", e.Raw, e.Type, want)
		}
	case record.NotJSON:
		if isJSON(e.Raw) && !bytes.HasPrefix(e.Raw, []byte("\ufeff")) {
			t.Errorf("%q is JSON, but %v", e.Raw, e.Errors)
		}
	case record.DuplicateKey, record.NotAnObject, record.TooDeep:
		if !isJSON(e.Raw) && !strings.HasPrefix(e.Errors[0].Message, "nested deeper") {
			t.Errorf("%q is %s, but not JSON", e.Raw, e.Reason)
		}
	}
}

// Any text made of the pieces that matter is split so that every byte belongs to
// an event, and none is lost or changed.
func TestEveryByteOfABodyBelongsToAnEvent(t *testing.T) {
	pieces := append([]string{
		"{", "}", "[", "]", ",", ":", `"a"`, `"type"`, `"\ud800"`, "\n", "\r\n", " ", "1", "null", `{"type":"click"}`, `{"a":1,"a":2}`, "\xff", "\ufeff", "x", `"`, `\`,
		"\r", "\x1e", "//", "--b", "true", "{}", "{\"a\":[\n",
	}, legal...)
	rapid.Check(t, func(t *rapid.T) {
		body := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "pieces"), "")
		h := record.Header{ContentType: rapid.SampledFrom([]string{"", "application/x-ndjson"}).Draw(t, "content type")}
		verify(t, []byte(body), h, 2, 3)
	})
}

func FuzzSplit(f *testing.F) {
	for _, text := range append(legal, illegal...) {
		f.Add([]byte(text))
		f.Add([]byte("{}\r\n" + text + "\n[1]"))
		f.Add([]byte("[{\"type\":\"a\"}," + text + "]"))
	}
	f.Add([]byte("\ufeff{\"a\":1,\"a\":1}"))
	f.Add([]byte(strings.Repeat(`{"a":`, 70) + "1" + strings.Repeat("}", 70)))
	f.Add([]byte("\x1e{}\n\x1e{\n\"a\":\n\x1e"))
	f.Add([]byte("// x\n--b\r\n\r\n{},\n\ufeff{}{}\n{\"a\":"))
	f.Fuzz(func(t *testing.T, body []byte) {
		verify(t, body, record.Header{}, 3, 4)
		verify(t, body, record.Header{ContentType: "application/json-seq"}, 3, 4)
	})
}
