package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"

	"global-ingest/lambdas/record"
)

// event is one event that a request must leave in the lake: valid, or rejected
// for a reason.
type event struct {
	n       int           // its index in the request; whole: the reject is the body
	reason  record.Reason // empty: valid
	typ     string
	payload []byte // what must be stored, byte for byte
}

// whole is the n of a reject that is not one event but the whole body.
const whole = -1

// request is one request and what must become of it.
type request struct {
	kind        string
	path        string
	contentType string
	encoding    string
	body        []byte
	events      []event
}

// generator makes requests of every kind from one seed.
type generator struct {
	random   *rand.Rand
	inflated int // the Validator's limit
	count    int
}

func newGenerator(seed uint64, inflated int) *generator {
	return &generator{random: rand.New(rand.NewPCG(seed, seed)), inflated: inflated}
}

// kinds are weighted: a kind stands as often as it shall be chosen.
var kinds = []struct {
	name   string
	weight int
	make   func(*generator) request
}{
	{"click", 10, (*generator).click},
	{"page view", 10, (*generator).pageView},
	{"unknown type", 10, (*generator).unknownType},
	{"without type", 4, (*generator).withoutType},
	{"whitespace", 6, (*generator).whitespace},
	{"byte order mark", 2, (*generator).byteOrderMark},
	{"array", 10, (*generator).array},
	{"array of all sorts", 6, (*generator).mixedArray},
	{"ndjson", 10, (*generator).ndjson},
	{"ndjson with bad lines", 6, (*generator).badLines},
	{"gzip", 8, (*generator).gzipped},
	{"gzip unannounced", 3, (*generator).gzippedUnannounced},
	{"gzip cut off", 3, (*generator).gzipCutOff},
	{"gzip header only in words", 3, (*generator).gzipInWords},
	{"not json", 6, (*generator).notJSON},
	{"invalid utf-8", 3, (*generator).invalidUTF8},
	{"binary", 4, (*generator).binary},
	{"nul", 2, (*generator).nul},
	{"empty", 3, (*generator).empty},
	{"scalar", 3, (*generator).scalar},
	{"duplicate key", 4, (*generator).duplicateKey},
	{"too deep", 3, (*generator).tooDeep},
	{"schema violation", 6, (*generator).schemaViolation},
	{"large", 2, (*generator).large},
	{"large and invalid", 1, (*generator).largeInvalid},
}

// requests returns n requests: each kind at least once, and the rare expensive
// ones once.
func (g *generator) requests(n int) []request {
	all := []request{g.made("gzip bomb", g.bomb()), g.made("too many events", g.tooMany())}
	var weighted []int
	for i, kind := range kinds {
		all = append(all, g.made(kind.name, kind.make(g)))
		for range kind.weight {
			weighted = append(weighted, i)
		}
	}
	for len(all) < n {
		kind := kinds[weighted[g.random.IntN(len(weighted))]]
		all = append(all, g.made(kind.name, kind.make(g)))
	}
	g.random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func (g *generator) made(kind string, r request) request {
	r.kind = kind
	if r.contentType == "" {
		r.contentType = pick(g, "application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "x/y; broken=\"", "none")
	}
	r.path = pick(g, "/", "/events")
	return r
}

func pick[T any](g *generator, choices ...T) T { return choices[g.random.IntN(len(choices))] }

// mark is a text that no other event has, so that each event's bytes are its own.
func (g *generator) mark() string {
	g.count++
	return fmt.Sprintf("c%d-%x", g.count, g.random.Uint64())
}

func valid(typ, payload string) request {
	return request{body: []byte(payload), events: []event{{typ: typ, payload: []byte(payload)}}}
}

// reject is a request whose whole body becomes one reject.
func reject(reason record.Reason, body []byte) request {
	return request{body: body, events: []event{{n: whole, reason: reason, payload: body}}}
}

// rejectOne is a request with one event, which is rejected.
func rejectOne(reason record.Reason, body string) request {
	return request{body: []byte(body), events: []event{{reason: reason, payload: []byte(body)}}}
}

func (g *generator) click() request { return valid("click", g.clickText()) }

func (g *generator) clickText() string {
	return fmt.Sprintf(`{"type":"click","event_id":%q,"occurred_at":"2026-11-23T10:00:00Z","session":"s","page":{"url":"https://example.com/%d"},"element":{"id":"buy"}}`,
		g.mark(), g.random.IntN(100))
}

func (g *generator) pageView() request {
	return valid("page_view", fmt.Sprintf(
		`{"type":"page_view","event_id":%q,"occurred_at":"2026-11-23T10:00:00.5+01:00","session":"s","page":{"url":"app://home"}}`, g.mark()))
}

// unknownType holds what a decode and re-encode would change: long numbers,
// escapes, key order, signs that HTML encoders escape.
func (g *generator) unknownType() request {
	typ := pick(g, "order", "Bestellung größer", "\U0001F4B6", "x/y")
	name, _ := json.Marshal(typ)
	return valid(typ, fmt.Sprintf(`{"z":1.10,"a":%d00000000000000000001,"e":1E+2,"mark":%q,"type":%s,"s":"\u00e9\ud83d\ude00\/<&>é 😀","n":[null,true,{}],"":-0}`,
		g.random.IntN(9)+1, g.mark(), name))
}

func (g *generator) withoutType() request {
	return valid("", fmt.Sprintf(`{"mark":%q,"kind":%d}`, g.mark(), g.random.IntN(10)))
}

func (g *generator) whitespace() request {
	return valid("spaced", fmt.Sprintf("\r\n {\n\t\"type\" :\r\n\"spaced\",  \"mark\":%q\n}\n\n", g.mark())).trimmed()
}

// trimmed takes the whitespace around the one event out of what must be stored.
func (r request) trimmed() request {
	r.events[0].payload = bytes.Trim(r.events[0].payload, " \t\r\n")
	return r
}

// byteOrderMark stands in front of the event, and is no part of it.
func (g *generator) byteOrderMark() request {
	r := g.click()
	r.body = append([]byte("\ufeff"), r.body...)
	return r
}

func (g *generator) array() request {
	var r request
	var parts []string
	for n := range g.random.IntN(20) + 1 {
		text := g.clickText()
		parts = append(parts, text)
		r.events = append(r.events, event{n: n, typ: "click", payload: []byte(text)})
	}
	r.body = []byte("[" + strings.Join(parts, pick(g, ",", " , ", ",\n")) + "]")
	return r
}

func (g *generator) mixedArray() request {
	good, bad := g.clickText(), fmt.Sprintf(`{"type":"click","target":false,"mark":%q}`, g.mark())
	number, text := fmt.Sprint(g.random.Uint64()), fmt.Sprintf("%q", g.mark())
	return request{
		body: []byte("[" + strings.Join([]string{number, good, text, "[1]", bad, "null"}, ",") + "]"),
		events: []event{
			{n: 0, reason: record.NotAnObject, payload: []byte(number)},
			{n: 1, typ: "click", payload: []byte(good)},
			{n: 2, reason: record.NotAnObject, payload: []byte(text)},
			{n: 3, reason: record.NotAnObject, payload: []byte("[1]")},
			{n: 4, reason: record.SchemaViolation, payload: []byte(bad)},
			{n: 5, reason: record.NotAnObject, payload: []byte("null")},
		},
	}
}

func (g *generator) ndjson() request {
	r := request{contentType: pick(g, "application/x-ndjson", "text/plain")}
	var lines []string
	for n := range g.random.IntN(30) + 2 {
		text := g.clickText()
		lines = append(lines, text)
		r.events = append(r.events, event{n: n, typ: "click", payload: []byte(text)})
	}
	r.body = []byte(strings.Join(lines, pick(g, "\n", "\r\n", "\n\n")) + pick(g, "", "\n"))
	return r
}

func (g *generator) badLines() request {
	good, bad, cut := g.clickText(), g.mark(), `{"type":"click","target":"`+g.mark()
	return request{
		body: []byte(bad + "\n" + good + "\n" + cut),
		events: []event{
			{n: 0, reason: record.NotJSON, payload: []byte(bad)},
			{n: 1, typ: "click", payload: []byte(good)},
			{n: 2, reason: record.NotJSON, payload: []byte(cut)},
		},
	}
}

func compress(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}

func (g *generator) gzipped() request {
	r := pick(g, (*generator).click, (*generator).array, (*generator).ndjson, (*generator).mixedArray)(g)
	r.body, r.encoding = compress(r.body), "gzip"
	return r
}

func (g *generator) gzippedUnannounced() request {
	r := g.gzipped()
	r.encoding = ""
	return r
}

func (g *generator) gzipCutOff() request {
	body := compress([]byte(g.clickText()))
	r := reject(record.BadEncoding, body[:len(body)-g.random.IntN(9)-3])
	r.encoding = "gzip"
	return r
}

// gzipInWords says gzip and is not compressed, as after a proxy that inflated it.
func (g *generator) gzipInWords() request {
	r := g.click()
	r.encoding = "gzip"
	return r
}

func (g *generator) bomb() request {
	return reject(record.TooLargeInflated, compress(bytes.Repeat([]byte(" "), g.inflated+1)))
}

func (g *generator) tooMany() request {
	return reject(record.TooManyEvents, []byte("["+strings.Repeat("{},", 10_000)+`{"mark":"`+g.mark()+`"}]`))
}

func (g *generator) notJSON() request {
	mark := g.mark()
	return reject(record.NotJSON, []byte(pick(g,
		`{"type":"click","mark":"`+mark+`",}`, `{'type':'`+mark+`'}`, `{"a":NaN,"m":"`+mark+`"}`, `{"a":01,"m":"`+mark+`"}`,
		`// `+mark, `{"a":1}{"m":"`+mark+`"}`, "type=click&mark="+mark, `{"m":"`+mark+"\ttab\"}", mark)))
}

func (g *generator) invalidUTF8() request {
	return reject(record.NotJSON, []byte(`{"type":"click","mark":"`+g.mark()+pick(g, "\xff", "\xc3", "\xed\xa0\x80")+`"}`))
}

// binary has no byte of which JSON or gzip is made.
func (g *generator) binary() request {
	body := make([]byte, g.random.IntN(4000)+1)
	for i := range body {
		body[i] = 0x80 | byte(g.random.UintN(128))
	}
	return reject(record.NotJSON, body)
}

func (g *generator) nul() request {
	return reject(record.NotJSON, append([]byte(g.mark()), make([]byte, g.random.IntN(50)+1)...))
}

func (g *generator) empty() request { return reject(record.Empty, []byte{}) }

func (g *generator) scalar() request {
	return rejectOne(record.NotAnObject, fmt.Sprintf("%q", g.mark()))
}

func (g *generator) duplicateKey() request {
	return rejectOne(record.DuplicateKey, fmt.Sprintf(`{"type":"order","mark":%q,"in":{"a":1,%s}}`, g.mark(), pick(g, `"a":2`, `"\u0061":1`)))
}

func (g *generator) tooDeep() request {
	depth := 70 + g.random.IntN(2000)
	return rejectOne(record.TooDeep, fmt.Sprintf(`{"type":"order","mark":%q,"in":%s%s}`, g.mark(), strings.Repeat("[", depth), strings.Repeat("]", depth)))
}

func (g *generator) schemaViolation() request {
	return rejectOne(record.SchemaViolation, fmt.Sprintf(`{"type":"click","target":%d,"mark":%q}`, g.random.IntN(100), g.mark()))
}

// large is close to what fits one record beside its header.
func (g *generator) large() request {
	filler := strings.Repeat("x", g.random.IntN(record.MaxBytes-2000))
	return valid("order", fmt.Sprintf(`{"type":"order","mark":%q,"filler":%q}`, g.mark(), filler))
}

// largeInvalid does not fit one record any more once it is a reject.
func (g *generator) largeInvalid() request {
	return reject(record.NotJSON, append([]byte(g.mark()), bytes.Repeat([]byte{0x80}, record.MaxBytes-3000)...))
}
