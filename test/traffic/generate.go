package traffic

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
)

// Event is one event that a request must leave in the lake: valid, or rejected
// for a reason.
type Event struct {
	N       int           // its index in the request; Whole: the reject is the body
	Reason  record.Reason // empty: valid
	Type    string        // of a rejected one as far as it can be read
	Payload []byte        // what must be stored, byte for byte
}

// Whole is the N of a reject that is not one event but the whole body.
const Whole = -1

// Request is one request and what must become of it.
type Request struct {
	Kind        string // for messages
	Client      string // its name in the source of what is stored; empty: none
	Method      string // empty: POST
	Path        string // with the query; empty: one of the plain ones
	Headers     map[string]string
	ContentType string // "none": no such header
	Encoding    string // Content-Encoding; empty: no such header
	Body        []byte
	Events      []Event
	TurnedAway  int // the status with which the gateway refuses it: nothing of it may be stored; 0: it is taken
}

// Generator makes requests of every kind from one seed.
type Generator struct {
	random *rand.Rand
	count  int
}

// NewGenerator returns a Generator that makes the same requests for the same seed.
func NewGenerator(seed uint64) *Generator {
	return &Generator{random: rand.New(rand.NewPCG(seed, seed))}
}

// kinds are weighted: a kind stands as often as it shall be chosen.
var kinds = []struct {
	name   string
	weight int
	make   func(*Generator) Request
}{
	{"click", 10, (*Generator).click},
	{"page view", 10, (*Generator).pageView},
	{"unknown type", 10, (*Generator).unknownType},
	{"without type", 4, (*Generator).withoutType},
	{"whitespace", 6, (*Generator).whitespace},
	{"byte order mark", 2, (*Generator).byteOrderMark},
	{"array", 10, (*Generator).array},
	{"array of all sorts", 6, (*Generator).mixedArray},
	{"ndjson", 10, (*Generator).ndjson},
	{"ndjson with bad lines", 6, (*Generator).badLines},
	{"declared lines of all sorts", 4, (*Generator).declaredLines},
	{"objects in a row", 10, (*Generator).objects},
	{"json text sequence", 4, (*Generator).sequence},
	{"comment above an event", 3, (*Generator).comment},
	{"multipart with an event", 3, (*Generator).multipart},
	{"multipart without one", 2, (*Generator).multipartWithout},
	{"broken document", 10, (*Generator).brokenDocument},
	{"form", 4, (*Generator).form},
	{"labelled form", 4, (*Generator).labelledForm},
	{"labelled multipart form", 4, (*Generator).labelledMultipart},
	{"broken multipart form", 2, (*Generator).brokenMultipart},
	{"envelope", 12, (*Generator).envelope},
	{"envelope of queries", 3, (*Generator).envelopeOfQueries},
	{"broken envelope", 4, (*Generator).brokenEnvelope},
	{"client's single event", 4, (*Generator).clientsEvent},
	{"pixel", 4, (*Generator).pixel},
	{"binary cloud event", 4, (*Generator).cloudEvent},
	{"unknown path", 1, (*Generator).unknownPath},
	{"zstd unannounced", 3, (*Generator).zstdUnannounced},
	{"gzip", 8, (*Generator).gzipped},
	{"gzip unannounced", 3, (*Generator).gzippedUnannounced},
	{"gzip with padding", 3, (*Generator).gzipPadded},
	{"gzip twice", 3, (*Generator).gzipTwice},
	{"gzip unannounced cut off", 3, (*Generator).gzipCutOff},
	{"gzip cut off", 1, func(g *Generator) Request { return g.gzipCutOff().turnedAway("gzip") }},
	{"gzip header only in words", 1, func(g *Generator) Request { return g.click().turnedAway("gzip") }},
	{"unknown encoding", 1, func(g *Generator) Request { return g.click().turnedAway(pick(g, "br", "zstd", "UTF-8", "gzip, gzip")) }},
	{"deflate", 3, (*Generator).deflated},
	{"not json", 6, (*Generator).notJSON},
	{"invalid utf-8", 3, (*Generator).invalidUTF8},
	{"binary", 4, (*Generator).binary},
	{"nul", 2, (*Generator).nul},
	{"empty", 3, (*Generator).empty},
	{"scalar", 3, (*Generator).scalar},
	{"duplicate key", 4, (*Generator).duplicateKey},
	{"too deep", 3, (*Generator).tooDeep},
	{"too complex", 2, (*Generator).tooComplex},
	{"not portable", 3, (*Generator).notPortable},
	{"schema violation", 6, (*Generator).schemaViolation},
	{"large", 2, (*Generator).large},
	{"large and invalid", 1, (*Generator).largeInvalid},
}

// Mixed returns requests with at least n Events: each kind once, and then as they
// come by their weights.
func (g *Generator) Mixed(n int) []Request {
	var all []Request
	count := 0
	add := func(r Request) {
		all = append(all, r)
		count += len(r.Events)
	}
	for i := range kinds {
		add(g.one(i))
	}
	for count < n {
		add(g.one(weighted[g.random.IntN(len(weighted))]))
	}
	return g.Shuffled(all)
}

// weighted holds the index of each kind, as often as its weight says.
var weighted = func() (indexes []int) {
	for i, kind := range kinds {
		indexes = append(indexes, slices.Repeat([]int{i}, kind.weight)...)
	}
	return indexes
}()

func (g *Generator) one(kind int) Request {
	return g.Made(kinds[kind].name, kinds[kind].make(g))
}

// Shuffled returns the requests in another order.
func (g *Generator) Shuffled(requests []Request) []Request {
	g.random.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
	return requests
}

// Made gives r a name, and a content type and path as clients choose them.
func (g *Generator) Made(kind string, r Request) Request {
	r.Kind = kind
	if r.ContentType == "" {
		r.ContentType = pick(g, "application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded",
			"x/y; broken=\"", "none")
	}
	if r.Path == "" {
		r.Path = pick(g, "/", "/events")
	}
	return r
}

func pick[T any](g *Generator, choices ...T) T { return choices[g.random.IntN(len(choices))] }

// mark is a text that no other event has, so that each event's bytes are its own.
func (g *Generator) mark() string {
	g.count++
	return fmt.Sprintf("c%d-%x", g.count, g.random.Uint64())
}

func valid(typ, payload string) Request {
	return Request{Body: []byte(payload), Events: []Event{{Type: typ, Payload: []byte(payload)}}}
}

// reject is a request whose whole body becomes one reject.
func reject(reason record.Reason, body []byte) Request {
	return Request{Body: body, Events: []Event{{N: Whole, Reason: reason, Payload: body}}}
}

// rejectOne is a request with one event of this type, which is rejected.
func rejectOne(reason record.Reason, typ, body string) Request {
	return Request{Body: []byte(body), Events: []Event{{Reason: reason, Type: typ, Payload: []byte(body)}}}
}

func (g *Generator) click() Request { return valid("click", g.clickText()) }

func (g *Generator) clickText() string {
	return fmt.Sprintf(`{"type":"click","event_id":%q,"occurred_at":"2026-11-23T10:00:00Z","session":"s",`+
		`"page":{"url":"https://example.com/%d"},"element":{"id":"buy"}}`,
		g.mark(), g.random.IntN(100))
}

func (g *Generator) pageView() Request {
	return valid("page_view", fmt.Sprintf(
		`{"type":"page_view","event_id":%q,"occurred_at":"2026-11-23T10:00:00.5+01:00","session":"s",`+
			`"page":{"url":"app://home"}}`, g.mark()))
}

// unknownType holds what a decode and re-encode would change: long numbers,
// escapes, key order, signs that HTML encoders escape.
func (g *Generator) unknownType() Request {
	typ := pick(g, "order", "Bestellung größer", "\U0001F4B6", "x/y")
	name, _ := json.Marshal(typ)
	return valid(typ, fmt.Sprintf(`{"z":1.10,"a":%d000000000000000001,"e":1E+2,"mark":%q,"type":%s,`+
		`"s":"\u00e9\ud83d\ude00\/<&>é 😀","n":[null,true,{}],"":-0}`,
		g.random.IntN(9)+1, g.mark(), name))
}

func (g *Generator) withoutType() Request {
	return valid("", fmt.Sprintf(`{"mark":%q,"kind":%d}`, g.mark(), g.random.IntN(10)))
}

func (g *Generator) whitespace() Request {
	return valid("spaced", fmt.Sprintf("\r\n {\n\t\"type\" :\r\n\"spaced\",  \"mark\":%q\n}\n\n", g.mark())).trimmed()
}

// trimmed takes the whitespace around the one event out of what must be stored.
func (r Request) trimmed() Request {
	r.Events[0].Payload = bytes.Trim(r.Events[0].Payload, " \t\r\n")
	return r
}

// byteOrderMark stands in front of the event, and is no part of it.
func (g *Generator) byteOrderMark() Request {
	r := g.click()
	r.Body = append([]byte("\ufeff"), r.Body...)
	return r
}

func (g *Generator) array() Request {
	var r Request
	var parts []string
	for n := range g.random.IntN(20) + 1 {
		text := g.clickText()
		parts = append(parts, text)
		r.Events = append(r.Events, Event{N: n, Type: "click", Payload: []byte(text)})
	}
	r.Body = []byte("[" + strings.Join(parts, pick(g, ",", " , ", ",\n")) + "]")
	return r
}

func (g *Generator) mixedArray() Request {
	good, bad := g.clickText(), fmt.Sprintf(`{"type":"click","target":false,"mark":%q}`, g.mark())
	number, text := fmt.Sprint(g.random.Uint64()), fmt.Sprintf("%q", g.mark())
	return Request{
		Body: []byte("[" + strings.Join([]string{number, good, text, "[1]", bad, "null"}, ",") + "]"),
		Events: []Event{
			{N: 0, Reason: record.NotAnObject, Payload: []byte(number)},
			{N: 1, Type: "click", Payload: []byte(good)},
			{N: 2, Reason: record.NotAnObject, Payload: []byte(text)},
			{N: 3, Reason: record.NotAnObject, Payload: []byte("[1]")},
			{N: 4, Reason: record.SchemaViolation, Type: "click", Payload: []byte(bad)},
			{N: 5, Reason: record.NotAnObject, Payload: []byte("null")},
		},
	}
}

func (g *Generator) ndjson() Request {
	r := Request{ContentType: pick(g, "application/x-ndjson", "text/plain")}
	var lines []string
	for n := range g.random.IntN(30) + 2 {
		text := g.clickText()
		lines = append(lines, text)
		r.Events = append(r.Events, Event{N: n, Type: "click", Payload: []byte(text)})
	}
	r.Body = []byte(strings.Join(lines, pick(g, "\n", "\r\n", "\n\n")) + pick(g, "", "\n"))
	return r
}

func (g *Generator) badLines() Request {
	good, bad, cut := g.clickText(), g.mark(), `{"type":"click","target":"`+g.mark()
	return Request{
		Body: []byte(bad + "\n" + good + "\n" + cut),
		Events: []Event{
			{N: 0, Reason: record.NotJSON, Payload: []byte(bad)},
			{N: 1, Type: "click", Payload: []byte(good)},
			{N: 2, Reason: record.NotJSON, Type: "click", Payload: []byte(cut)},
		},
	}
}

// declaredLines are lines because the client says so.
func (g *Generator) declaredLines() Request {
	good, open, array, text := g.clickText(), `{"mark":"`+g.mark()+`","in":[`, `["`+g.mark()+`"]`, g.mark()
	return Request{
		ContentType: pick(g, "application/x-ndjson", "application/jsonl", "application/json-seq"),
		Body:        []byte(open + "\n" + good + "\n" + array + "\n" + text + "\n"),
		Events: []Event{
			{N: 0, Reason: record.NotJSON, Payload: []byte(open)},
			{N: 1, Type: "click", Payload: []byte(good)},
			{N: 2, Reason: record.NotAnObject, Payload: []byte(array)},
			{N: 3, Reason: record.NotJSON, Payload: []byte(text)},
		},
	}
}

// objects stand one behind the other, however clients separate them.
func (g *Generator) objects() Request {
	pretty := func() string { return fmt.Sprintf("{\r\n  \"type\": \"pretty\",\r\n  \"mark\": %q\r\n}", g.mark()) }
	var r Request
	between := pick(g, "", " ", ",", ",\n", "\r", "\n\ufeff", "\x1e", "\n")
	for n := range g.random.IntN(5) + 2 {
		e := Event{N: n, Type: "click", Payload: []byte(g.clickText())}
		if g.random.IntN(3) == 0 {
			e.Type, e.Payload = "pretty", []byte(pretty())
		}
		if n > 0 {
			r.Body = append(r.Body, between...)
		}
		r.Body, r.Events = append(r.Body, e.Payload...), append(r.Events, e)
	}
	return r
}

// sequence is RFC 7464, in which a text that is broken ends at the next separator.
func (g *Generator) sequence() Request {
	first, broken, last := g.clickText(), "{\n\"mark\": \""+g.mark()+"\",\n", g.clickText()
	return Request{
		Body: []byte("\x1e" + first + "\n\x1e" + broken + "\n\x1e" + last + "\n"),
		Events: []Event{
			{N: 0, Type: "click", Payload: []byte(first)},
			{N: 1, Reason: record.NotJSON, Payload: []byte(broken)},
			{N: 2, Type: "click", Payload: []byte(last)},
		},
	}
}

func (g *Generator) comment() Request {
	comment, good := pick(g, "// ", "# ", ")]}' ", "")+g.mark()+"\n"+"-- more", g.clickText()
	return Request{
		Body: []byte(comment + "\n\n" + good),
		Events: []Event{
			{N: 0, Reason: record.NotJSON, Payload: []byte(comment)},
			{N: 1, Type: "click", Payload: []byte(good)},
		},
	}
}

func (g *Generator) multipart() Request {
	good, mark := g.clickText(), g.mark()
	head, tail := "--"+mark+"\r\nContent-Disposition: form-data; name=\"event\"", "--"+mark+"--"
	return Request{
		Body: []byte(head + "\r\n\r\n" + good + "\r\n" + tail + "\r\n"),
		Events: []Event{
			{N: 0, Reason: record.NotJSON, Payload: []byte(head)},
			{N: 1, Type: "click", Payload: []byte(good)},
			{N: 2, Reason: record.NotJSON, Payload: []byte(tail)},
		},
	}
}

func (g *Generator) multipartWithout() Request {
	mark := g.mark()
	const part = "\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nsome text\r\n"
	return reject(record.NotJSON, []byte("--"+mark+part+"--"+mark+"--\r\n"))
}

// brokenDocument has each object on its own line, and must not be read as lines.
func (g *Generator) brokenDocument() Request {
	mark, click := g.mark(), g.clickText()
	r := reject(record.NotJSON, []byte(pick(g,
		"{\n  \"mark\": \""+mark+"\",\n  \"items\": [\n    "+click+"\n  ],\n}",
		"[\n  "+click+",\n  {\"mark\": \""+mark+"\"},\n]",
		"{\r\n\"mark\": \""+mark+"\",\r\n\"score\": NaN,\r\n\"items\": [\r\n"+click+",\r\n{}]}",
		"{\"mark\": \""+mark+"\", \"items\": [\n"+click+",\n{}",
		"{\"mark\":\r\""+mark+"\",,\r\"item\":\r"+click+"\r}")))
	r.ContentType = pick(g, "application/json", "text/plain", "none")
	return r
}

// form is not labelled as one.
func (g *Generator) form() Request {
	encoded := base64.StdEncoding.EncodeToString([]byte(g.clickText()))
	escaped := url.QueryEscape(g.clickText())
	r := reject(record.NotJSON, []byte(pick(g, "data="+encoded+"&ver=1", "data="+escaped, "type=click&mark="+g.mark())))
	r.ContentType = pick(g, "application/json", "text/plain", "none")
	return r
}

func compress(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}

func (g *Generator) gzipped() Request {
	r := pick(g, (*Generator).click, (*Generator).array, (*Generator).ndjson, (*Generator).mixedArray)(g)
	r.Body, r.Encoding = compress(r.Body), "gzip"
	return r
}

func (g *Generator) gzippedUnannounced() Request {
	r := g.gzipped()
	r.Encoding = ""
	return r
}

func (g *Generator) gzipPadded() Request {
	r := g.gzippedUnannounced()
	r.Body = append(r.Body, pick(g, "\n", "\r\n", "\x00", strings.Repeat("\x00", 600))...)
	return r
}

func (g *Generator) gzipTwice() Request {
	return reject(record.BadEncoding, compress(compress([]byte(g.clickText()))))
}

func (g *Generator) gzipCutOff() Request {
	body := compress([]byte(g.clickText()))
	return reject(record.BadEncoding, body[:len(body)-g.random.IntN(9)-3])
}

// deflated is deflate as HTTP defines it: the format of zlib.
func (g *Generator) deflated() Request {
	r := g.array()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	_, _ = w.Write(r.Body)
	_ = w.Close()
	r.Body, r.Encoding = out.Bytes(), "deflate"
	return r
}

// turnedAway says an encoding that the body does not obey, or that API Gateway does not
// know: it answers 415 and stores nothing.
func (r Request) turnedAway(encoding string) Request {
	r.Encoding, r.Events, r.TurnedAway = encoding, nil, http.StatusUnsupportedMediaType
	return r
}

// Strict returns an event whose type has no schema, as a Validator that is strict
// rejects it, and one that it lets pass.
func (g *Generator) Strict() []Request {
	unknown := g.unknownType()
	unknown.Events[0].Reason = record.UnknownType
	return []Request{g.Made("unknown type", unknown), g.Made("click", g.click())}
}

// SizedContentType is the Content-Type of what Sized returns.
const SizedContentType = "application/json"

// Sized returns a request whose body has exactly size bytes: one valid event if that
// is enough for one. It compresses well.
func (g *Generator) Sized(size int) Request {
	r := reject(record.Empty, nil)
	if size > 0 {
		r = rejectOne(record.NotAnObject, "", strings.Repeat("1", size))
	}
	empty := fmt.Sprintf(`{"type":"order","mark":%q,"filler":""}`, g.mark())
	if filler := size - len(empty); filler >= 0 {
		r = valid("order", strings.TrimSuffix(empty, `"}`)+strings.Repeat("x", filler)+`"}`)
	}
	r.ContentType = SizedContentType
	r = g.Made(fmt.Sprintf("%d bytes", size), r)
	return r
}

// Oversize returns lines that no record has room for together: a megabyte of lines that
// are no JSON, valid ones, and ones that are arrays.
func (g *Generator) Oversize() Request {
	r := Request{ContentType: "application/x-ndjson"}
	for n := range 60 {
		filler := strings.Repeat("x", 50_000)
		e := Event{
			N: n, Type: "order", Payload: fmt.Appendf(nil, `{"type":"order","mark":%q,"filler":%q}`, g.mark(), filler),
		}
		switch {
		case n < 25:
			e = Event{N: n, Reason: record.NotJSON, Payload: []byte(g.mark() + filler)}
		case n%7 == 0:
			e = Event{N: n, Reason: record.NotAnObject, Payload: fmt.Appendf(nil, `[%q,{}]`, g.mark())}
		}
		r.Body = append(append(r.Body, e.Payload...), '\n')
		r.Events = append(r.Events, e)
	}
	return g.Made("oversize lines", r)
}

// Crafted returns a request with this body, which is no JSON.
func (g *Generator) Crafted(body string) Request {
	return g.Made("crafted", reject(record.NotJSON, []byte(body)))
}

// Tiny returns a request of n events, each as small as one that is its own can be.
func (g *Generator) Tiny(n int) Request {
	r := Request{ContentType: "application/x-ndjson"}
	for i := range n {
		text := fmt.Sprintf(`{"%d":%d}`, g.count, i)
		r.Body = append(append(r.Body, text...), '\n')
		r.Events = append(r.Events, Event{N: i, Payload: []byte(text)})
	}
	g.count++
	return g.Made("tiny events", r)
}

// Compressed returns r as a client sends it that keeps its bodies compressed through
// Firehose: without Content-Encoding, by which API Gateway would inflate them.
func (g *Generator) Compressed(r Request) Request {
	r.Body = compress(r.Body)
	return r
}

// Session returns a request of n events of a session, of about 900 bytes each, which
// have much in common and so many random digits of their own: what gzip takes half a
// byte for.
func (g *Generator) Session(n, digits int) Request {
	r := Request{ContentType: "application/json"}
	var texts []string
	for i := range n {
		noise := make([]byte, digits)
		for at := range noise {
			noise[at] = "0123456789abcdef"[g.random.IntN(16)]
		}
		filler := strings.Repeat("x", max(850-digits, 0))
		text := fmt.Sprintf(`{"type":"seen","mark":%q,"noise":%q,"filler":%q}`, g.mark(), noise, filler)
		texts = append(texts, text)
		r.Events = append(r.Events, Event{N: i, Type: "seen", Payload: []byte(text)})
	}
	r.Body = []byte("[" + strings.Join(texts, ",") + "]")
	return g.Made("session", r)
}

// EmptyObjects returns a request of n events without a member.
func (g *Generator) EmptyObjects(n int) Request {
	r := Request{Body: []byte("[" + strings.Repeat("{},", n-1) + "{}]")}
	for i := range n {
		r.Events = append(r.Events, Event{N: i, Payload: []byte("{}")})
	}
	return g.Made("empty objects", r)
}

// Bomb inflates to one byte over the limit, in bytes.
func (g *Generator) Bomb(limit int) Request {
	return g.Made("gzip bomb", reject(record.TooLargeInflated, compress(bytes.Repeat([]byte(" "), limit+1))))
}

// TooMany has an event more than a request may have.
func (g *Generator) TooMany() Request {
	return g.Made("too many events",
		reject(record.TooManyEvents, []byte("["+strings.Repeat("{},", event.MaxEvents)+`{"mark":"`+g.mark()+`"}]`)))
}

func (g *Generator) notJSON() Request {
	mark := g.mark()
	if g.random.IntN(8) == 0 {
		return reject(record.NotJSON, []byte(`{"type":"click","mark":"`+mark+`",}`)).typed("click")
	}
	return reject(record.NotJSON, []byte(pick(g,
		`{'type':'`+mark+`'}`, `{"a":NaN,"m":"`+mark+`"}`, `{"a":01,"m":"`+mark+`"}`,
		`// `+mark, `{"a":1}{"m":"`+mark+`"};`, `{"m":"`+mark+"\ttab\"}", mark)))
}

// typed is r with the type that can be read of its one event.
func (r Request) typed(typ string) Request {
	r.Events[0].Type = typ
	return r
}

func (g *Generator) invalidUTF8() Request {
	return reject(record.NotJSON,
		[]byte(`{"type":"click","mark":"`+g.mark()+pick(g, "\xff", "\xc3", "\xed\xa0\x80")+`"}`)).typed("click")
}

// binary has no byte of which JSON or gzip is made.
func (g *Generator) binary() Request {
	body := make([]byte, g.random.IntN(4000)+1)
	for i := range body {
		body[i] = 0x80 | byte(g.random.UintN(128))
	}
	return reject(record.NotJSON, body)
}

func (g *Generator) nul() Request {
	return reject(record.NotJSON, append([]byte(g.mark()), make([]byte, g.random.IntN(50)+1)...))
}

func (g *Generator) empty() Request { return reject(record.Empty, []byte{}) }

func (g *Generator) scalar() Request {
	return rejectOne(record.NotAnObject, "", fmt.Sprintf("%q", g.mark()))
}

func (g *Generator) duplicateKey() Request {
	return rejectOne(record.DuplicateKey, "order",
		fmt.Sprintf(`{"type":"order","mark":%q,"in":{"a":1,%s}}`, g.mark(), pick(g, `"a":2`, `"\u0061":1`)))
}

func (g *Generator) tooDeep() Request {
	depth := 70 + g.random.IntN(2000)
	deep := strings.Repeat("[", depth) + strings.Repeat("]", depth)
	return rejectOne(record.TooDeep, "order", fmt.Sprintf(`{"type":"order","mark":%q,"in":%s}`, g.mark(), deep))
}

// tooComplex has more values than are checked against a schema, or a longer number.
func (g *Generator) tooComplex() Request {
	more := pick(g, strings.Repeat("1,", schema.MaxValues), "0."+strings.Repeat("1", schema.MaxDigits+1)+",")
	return rejectOne(record.TooComplex, "click", fmt.Sprintf(`{"type":"click","mark":%q,"more":[%s1]}`, g.mark(), more))
}

// notPortable is legal JSON that common readers of the lake refuse.
func (g *Generator) notPortable() Request {
	odd := pick(g, `"\ud83d"`, `18446744073709551616`, `-9223372036854775809`, `1e400`)
	return rejectOne(record.NotPortable, "order", fmt.Sprintf(`{"type":"order","mark":%q,"in":[%s]}`, g.mark(), odd))
}

func (g *Generator) schemaViolation() Request {
	return rejectOne(record.SchemaViolation, "click",
		fmt.Sprintf(`{"type":"click","target":%d,"mark":%q}`, g.random.IntN(100), g.mark()))
}

// large is close to what fits one record beside its header.
func (g *Generator) large() Request {
	filler := strings.Repeat("x", g.random.IntN(record.MaxBytes-2000))
	return valid("order", fmt.Sprintf(`{"type":"order","mark":%q,"filler":%q}`, g.mark(), filler))
}

// largeInvalid does not fit one record any more once it is a reject.
func (g *Generator) largeInvalid() Request {
	return reject(record.NotJSON, append([]byte(g.mark()), bytes.Repeat([]byte{0x80}, record.MaxBytes-3000)...))
}
