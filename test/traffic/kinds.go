package traffic

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/klauspost/compress/zstd"

	"global-ingest/lambdas/record"
	"global-ingest/lambdas/validate/schema"
)

// kind is a kind of request.
type kind struct {
	name   string
	weight int // how often it is made, compared with the others
	make   maker
}

type maker func(*Generator) Request

// kinds are the kinds of a mixture. A pattern is filled in by Generator.text.
var kinds = []kind{
	{"click", 10, one("", "click", "CLICK")},
	{"page view", 10, one("", "page_view", `{"type":"page_view","event_id":"MARK",`+
		`"occurred_at":"2026-11-23T10:00:00.5+01:00","session":"s","page":{"url":"app://home"}}`)},
	{"unknown type", 10, (*Generator).unknownType},
	{"without type", 4, one("", "", `{"mark":"MARK","kind":7}`)},
	{"whitespace", 6, one("", "spaced", "\r\n {\n\t\"type\" :\r\n\"spaced\",  \"mark\":\"MARK\"\n}\n\n")},
	{"byte order mark", 2, one("", "click", "\ufeffCLICK")},
	{"large", 2, (*Generator).large},

	{"array", 10, (*Generator).array},
	{"array of all sorts", 6, (*Generator).mixedArray},
	{"ndjson", 10, (*Generator).ndjson},
	{"ndjson with bad lines", 6, (*Generator).badLines},
	{"declared lines of all sorts", 4, (*Generator).declaredLines},
	{"objects in a row", 10, (*Generator).objects},
	{"json text sequence", 4, (*Generator).sequence},
	{"comment above an event", 3, (*Generator).comment},
	{"multipart with an event", 3, (*Generator).multipart},

	{"schema violation", 6, one(record.SchemaViolation, "click", `{"type":"click","target":7,"mark":"MARK"}`)},
	{"scalar", 3, one(record.NotAnObject, "", `"MARK"`)},
	{"duplicate key", 4, one(record.DuplicateKey, "order",
		`{"type":"order","mark":"MARK","in":{"a":1,"a":2}}`, `{"type":"order","mark":"MARK","in":{"a":1,"\u0061":1}}`)},
	{"too deep", 3, one(record.TooDeep, "order",
		`{"type":"order","mark":"MARK","in":`+nested(70)+`}`, `{"type":"order","mark":"MARK","in":`+nested(2_000)+`}`)},
	{"too many values for a schema", 1, one(record.TooComplex, "click",
		`{"type":"click","mark":"MARK","more":[`+strings.Repeat("1,", schema.MaxValues)+`1]}`)},
	{"too long a number for a schema", 1, one(record.TooComplex, "click",
		`{"type":"click","mark":"MARK","more":0.`+strings.Repeat("1", schema.MaxDigits+1)+`}`)},
	{"a character that readers refuse", 1, one(record.NotPortable, "order", `{"type":"order","mark":"MARK","in":["\ud83d"]}`)},
	{"a number that readers refuse", 2, one(record.NotPortable, "order",
		`{"type":"order","mark":"MARK","in":18446744073709551616}`,
		`{"type":"order","mark":"MARK","in":-9223372036854775809}`, `{"type":"order","mark":"MARK","in":1e400}`)},

	{"empty", 3, whole(record.Empty, "", "")},
	{"not json", 6, whole(record.NotJSON, "",
		`{'type':'MARK'}`, `{"a":NaN,"m":"MARK"}`, `{"a":01,"m":"MARK"}`, `// MARK`, `{"a":1}{"m":"MARK"};`,
		"{\"m\":\"MARK\ttab\"}", "MARK")},
	{"not json, with a type", 1, whole(record.NotJSON, "click", `{"type":"click","mark":"MARK",}`)},
	{"invalid utf-8", 3, whole(record.NotJSON, "click",
		"{\"type\":\"click\",\"mark\":\"MARK\xff\"}", "{\"type\":\"click\",\"mark\":\"MARK\xc3\"}",
		"{\"type\":\"click\",\"mark\":\"MARK\xed\xa0\x80\"}")},
	{"nul", 2, whole(record.NotJSON, "", "MARK\x00", "MARK"+strings.Repeat("\x00", 50))},
	{"binary", 4, (*Generator).binary},
	{"too large as a reject", 1, whole(record.NotJSON, "", "MARK"+strings.Repeat("\x80", record.MaxBytes-3000))},
	{"broken document", 10, whole(record.NotJSON, "", brokenDocuments...).as("application/json", "text/plain", "none")},
	{"multipart without an event", 2, whole(record.NotJSON, "",
		"--MARK\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nsome text\r\n--MARK--\r\n")},
	{"form", 4, maker((*Generator).form).as("application/json", "text/plain", "none")}, // not labelled as one

	{"gzip", 8, coded("gzip", zip)},
	{"gzip unannounced", 3, coded("", zip)},
	{"gzip with padding", 3, coded("", zip, "\n", "\r\n", "\x00", strings.Repeat("\x00", 600))},
	{"deflate", 3, coded("deflate", deflate)},
	{"zstd unannounced", 3, coded("", zstandard)},
	{"gzip twice", 3, func(g *Generator) Request { return reject(record.BadEncoding, zip(zip(g.click().Payload))) }},
	{"gzip unannounced cut off", 3, (*Generator).gzipCutOff},
	{"gzip cut off", 1, maker((*Generator).gzipCutOff).turnedAway("gzip")},
	{"gzip header only in words", 1, one("", "click", "CLICK").turnedAway("gzip")},
	{"unknown encoding", 1, one("", "click", "CLICK").turnedAway("br", "zstd", "UTF-8", "gzip, gzip")},

	{"labelled form", 4, (*Generator).labelledForm},
	{"labelled multipart form", 4, (*Generator).labelledMultipart},
	{"broken multipart form", 2, whole(record.NotJSON, "",
		"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nCLICK\r\nCLICK").as("multipart/form-data; boundary=b")},
	{"envelope", 12, (*Generator).envelope},
	{"envelope of queries", 3, (*Generator).envelopeOfQueries},
	{"broken envelope", 4, (*Generator).brokenEnvelope},
	{"client's single event", 4, (*Generator).clientsEvent},
	{"pixel", 4, (*Generator).pixel},
	{"binary cloud event", 4, (*Generator).cloudEvent},
	{"unknown path", 1, (*Generator).unknownPath},
}

// one makes a body of one of these patterns: a single event, which is rejected if there is a reason.
// Whitespace and a byte order mark around the event do not belong to it.
func one(reason record.Reason, typ string, patterns ...string) maker {
	return func(g *Generator) Request {
		body := []byte(g.text(pick(g, patterns...)))
		return Request{Body: body, Events: []Event{{
			Reason: reason, Type: typ, Payload: bytes.Trim(body, " \t\r\n\ufeff"),
		}}}
	}
}

// whole makes a body of one of these patterns, which is rejected as a whole.
func whole(reason record.Reason, typ string, patterns ...string) maker {
	return func(g *Generator) Request {
		r := reject(reason, []byte(g.text(pick(g, patterns...))))
		r.Events[0].Type = typ
		return r
	}
}

// coded makes a body that is compressed, under a Content-Encoding unless it is "". One of the paddings
// stands behind it, if there are any.
func coded(encoding string, compress func([]byte) []byte, paddings ...string) maker {
	return func(g *Generator) Request {
		r := pick(g, (*Generator).array, (*Generator).ndjson, (*Generator).mixedArray)(g)
		r.Body, r.Encoding = compress(r.Body), encoding
		if len(paddings) > 0 {
			r.Body = append(r.Body, pick(g, paddings...)...)
		}
		return r
	}
}

// as is m with one of these content types.
func (m maker) as(types ...string) maker {
	return func(g *Generator) Request {
		r := m(g)
		r.ContentType = pick(g, types...)
		return r
	}
}

// turnedAway is m with an encoding that the body does not obey, or that API Gateway does not
// know: it answers 415 and stores nothing.
func (m maker) turnedAway(encodings ...string) maker {
	return func(g *Generator) Request {
		r := m(g)
		r.Encoding, r.Events, r.TurnedAway = pick(g, encodings...), nil, http.StatusUnsupportedMediaType
		return r
	}
}

// unknownType holds what a decode and re-encode would change: long numbers,
// escapes, key order, signs that HTML encoders escape.
func (g *Generator) unknownType() Request {
	typ := pick(g, "order", "Bestellung größer", "\U0001F4B6", "x/y")
	return one("", typ, fmt.Sprintf(`{"z":1.10,"a":9000000000000000001,"e":1E+2,"mark":"MARK","type":%q,`+
		`"s":"\u00e9\ud83d\ude00\/<&>é 😀","n":[null,true,{}],"":-0}`, typ))(g)
}

// large comes close to what a record has room for.
func (g *Generator) large() Request {
	filler := strings.Repeat("x", g.random.IntN(record.MaxBytes-2000))
	return one("", "order", `{"type":"order","mark":"MARK","filler":"`+filler+`"}`)(g)
}

func (g *Generator) array() Request {
	return joined("[", pick(g, ",", " , ", ",\n"), "]", g.clicks(1, 20)...)
}

func (g *Generator) mixedArray() Request {
	return joined("[", ",", "]",
		g.bad(record.NotAnObject, "", fmt.Sprint(g.random.Uint64())),
		g.click(),
		g.bad(record.NotAnObject, "", `"MARK"`),
		g.bad(record.NotAnObject, "", "[1]"),
		g.bad(record.SchemaViolation, "click", `{"type":"click","target":false,"mark":"MARK"}`),
		g.bad(record.NotAnObject, "", "null"))
}

func (g *Generator) ndjson() Request {
	r := joined("", pick(g, "\n", "\r\n", "\n\n"), pick(g, "", "\n"), g.clicks(2, 31)...)
	r.ContentType = pick(g, "application/x-ndjson", "text/plain")
	return r
}

func (g *Generator) badLines() Request {
	return joined("", "\n", "",
		g.bad(record.NotJSON, "", "MARK"),
		g.click(),
		g.bad(record.NotJSON, "click", `{"type":"click","target":"MARK`))
}

// declaredLines are lines because the client says so.
func (g *Generator) declaredLines() Request {
	r := joined("", "\n", "\n",
		g.bad(record.NotJSON, "", `{"mark":"MARK","in":[`),
		g.click(),
		g.bad(record.NotAnObject, "", `["MARK"]`),
		g.bad(record.NotJSON, "", "MARK"))
	r.ContentType = pick(g, "application/x-ndjson", "application/jsonl", "application/json-seq")
	return r
}

// objects stand one behind the other, however clients separate them.
func (g *Generator) objects() Request {
	events := g.clicks(2, 6)
	for n := range events {
		if g.random.IntN(3) == 0 {
			events[n] = g.good("pretty", "{\r\n  \"type\": \"pretty\",\r\n  \"mark\": \"MARK\"\r\n}")
		}
	}
	return joined("", pick(g, "", " ", ",", ",\n", "\r", "\n\ufeff", "\x1e", "\n"), "", events...)
}

// sequence is RFC 7464, in which a text that is broken ends at the next separator.
func (g *Generator) sequence() Request {
	broken := g.bad(record.NotJSON, "", "{\n\"mark\": \"MARK\",\n")
	return joined("\x1e", "\n\x1e", "\n", g.click(), broken, g.click())
}

func (g *Generator) comment() Request {
	comment := g.bad(record.NotJSON, "", pick(g, "// ", "# ", ")]}' ", "")+"MARK\n-- more")
	return joined("", "\n\n", "", comment, g.click())
}

func (g *Generator) multipart() Request {
	head := g.bad(record.NotJSON, "", "--MARK\r\nContent-Disposition: form-data; name=\"event\"")
	tail := g.bad(record.NotJSON, "", "--MARK--")
	return joined("", "\r\n\r\n", "\r\n", head, g.click(), tail)
}

// brokenDocuments have each object on its own line, and must not be read as lines.
var brokenDocuments = []string{
	"{\n  \"mark\": \"MARK\",\n  \"items\": [\n    CLICK\n  ],\n}",
	"[\n  CLICK,\n  {\"mark\": \"MARK\"},\n]",
	"{\r\n\"mark\": \"MARK\",\r\n\"score\": NaN,\r\n\"items\": [\r\nCLICK,\r\n{}]}",
	"{\"mark\": \"MARK\", \"items\": [\nCLICK,\n{}",
	"{\"mark\":\r\"MARK\",,\r\"item\":\rCLICK\r}",
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

// binary has no byte of which JSON or gzip is made.
func (g *Generator) binary() Request {
	body := make([]byte, g.random.IntN(4000)+1)
	for i := range body {
		body[i] = 0x80 | byte(g.random.UintN(128))
	}
	return reject(record.NotJSON, body)
}

func (g *Generator) form() Request {
	event := g.click().Payload
	return whole(record.NotJSON, "", "data="+base64.StdEncoding.EncodeToString(event)+"&ver=1",
		"data="+url.QueryEscape(string(event)), "type=click&mark=MARK")(g)
}

func (g *Generator) gzipCutOff() Request {
	body := zip(g.click().Payload)
	return reject(record.BadEncoding, body[:len(body)-g.random.IntN(9)-3])
}

func zip(body []byte) []byte {
	return compressed(body, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

// deflate is that of HTTP: the format of zlib.
func deflate(body []byte) []byte {
	return compressed(body, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
}

func zstandard(body []byte) []byte {
	writer, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err) // no option is wrong
	}
	return writer.EncodeAll(body, nil)
}

func compressed(body []byte, by func(io.Writer) io.WriteCloser) []byte {
	var out bytes.Buffer
	w := by(&out)
	_, _ = w.Write(body)
	_ = w.Close()
	return out.Bytes()
}
