package traffic

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/klauspost/compress/zstd"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/record"
)

// These make requests as the SDKs of package clients do: whatever the table says is sent.

// envelope wraps events as one of the clients does, among them what is not an event.
func (g *Generator) envelope() Request {
	c := pick(g, wrapping...)
	r := g.of(c)
	var parts []string
	for n := range g.random.IntN(20) + 1 {
		e := g.event(c, n)
		if g.random.IntN(8) == 0 {
			e = Event{N: n, Reason: record.NotAnObject, Payload: fmt.Appendf(nil, "[%q]", g.mark())}
		}
		parts, r.Events = append(parts, string(e.Payload)), append(r.Events, e)
	}
	array := "[" + strings.Join(parts, pick(g, ",", " , ", ",\n")) + "]"
	member, beside := fmt.Sprintf("%q:%s", pick(g, c.Members...), array), `"sentAt":"2026-11-23T10:00:00Z"`
	r.Body = []byte(pick(g, "{"+member+"}", "{"+member+","+beside+"}", "{ "+beside+",\r\n"+member+" }\n"))
	if g.random.IntN(4) == 0 {
		r.Body = compress(r.Body)
	}
	return r
}

// OversizeEnvelope returns an envelope that no record has room for. Its parts keep what
// stands beside the events.
func (g *Generator) OversizeEnvelope() Request {
	c := *clients.Named("segment")
	r := g.of(c)
	var parts []string
	for n := range 40 {
		e := Event{N: n, Type: "order"}
		e.Payload = fmt.Appendf(nil, `{"type":"order","mark":%q,"filler":%q}`, g.mark(), strings.Repeat("x", 50_000))
		parts, r.Events = append(parts, string(e.Payload)), append(r.Events, e)
	}
	r.Body = []byte(`{"batch":[` + strings.Join(parts, ",") + `],"sentAt":"2026-11-23T10:00:00Z"}`)
	return g.Made("oversize envelope", r)
}

// wrapping are the clients that wrap their events.
var wrapping = func() (all []clients.Client) {
	for _, c := range clients.Table {
		if len(c.Members) > 0 {
			all = append(all, c)
		}
	}
	return all
}()

// of is an empty request of a client.
func (g *Generator) of(c clients.Client) Request {
	return Request{
		Client: c.Name, Path: strings.ReplaceAll(pick(g, c.Posts...), "{}", "42") + pick(g, "", "/", "?v=1"),
		ContentType: pick(g, "application/json", "text/plain", "application/x-www-form-urlencoded", "none"),
	}
}

// event is the n-th event of a client's request, of a type that no schema has.
func (g *Generator) event(c clients.Client, n int) Event {
	name := "type"
	if len(c.Types) > 0 {
		name = c.Types[0]
	}
	typ := pick(g, "order", "\u00e9", "")
	return Event{N: n, Type: typ, Payload: fmt.Appendf(nil, `{"mark":%q,"n":1.50,%q:%q}`, g.mark(), name, typ)}
}

// envelopeOfQueries is what Matomo sends: each query becomes an object.
func (g *Generator) envelopeOfQueries() Request {
	r := g.of(*clients.Named("matomo"))
	var parts []string
	for n := range g.random.IntN(5) + 1 {
		mark := g.mark()
		parts = append(parts, fmt.Sprintf("%q", "?mark="+mark+"&url=a%20b&token_auth=secret"))
		r.Events = append(r.Events, Event{N: n, Payload: fmt.Appendf(nil, `{"mark":%q,"url":"a b"}`, mark)})
	}
	r.Body = []byte(`{"requests":[` + strings.Join(parts, ",") + `],"token_auth":"secret"}`)
	return r
}

// brokenEnvelope is one reject, and none of its events is stored alone.
func (g *Generator) brokenEnvelope() Request {
	c := pick(g, wrapping...)
	of := g.of(c)
	e := g.event(c, 0)
	r := reject(record.NotJSON, fmt.Appendf(nil, "{%q:[%s,\n%s", c.Members[0], e.Payload, e.Payload))
	r.Client, r.Path, r.ContentType = of.Client, of.Path, of.ContentType
	return r
}

// clientsEvent is not wrapped, although its client may wrap.
func (g *Generator) clientsEvent() Request {
	c := *clients.Named(pick(g, "segment", "jitsu", "posthog", "clickstream"))
	r := g.of(c)
	r.Events = []Event{g.event(c, 0)}
	r.Body = r.Events[0].Payload
	return r
}

// labelledForm is the event in its field data, or an object of its fields.
func (g *Generator) labelledForm() Request {
	click, mark := g.clickText(), g.mark()
	r := valid("click", click)
	switch g.random.IntN(3) {
	case 0:
		r.Body = []byte("data=" + url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(click))) + "&verbose=1")
	case 1:
		r.Body = []byte("ip=1&data=" + url.QueryEscape(click))
	default:
		r = valid("order", fmt.Sprintf(`{"type":"order","mark":%q,"text":"a b","all":["1","2"]}`, mark))
		r.Body = []byte("type=order&mark=" + mark + "&text=a+b&all=1&all=2")
	}
	r.ContentType = "application/x-www-form-urlencoded"
	return r
}

// part is one field of a multipart form.
func part(name, value string) string {
	return fmt.Sprintf("--b\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, value)
}

func (g *Generator) labelledMultipart() Request {
	mark := g.mark()
	r := valid("order", fmt.Sprintf(`{"type":"order","mark":%q,"text":"{}\r\n{}"}`, mark))
	r.Body = nil
	for _, field := range [][2]string{{"type", "order"}, {"mark", mark}, {"text", "{}\r\n{}"}} {
		r.Body = append(r.Body, part(field[0], field[1])...)
	}
	r.Body = append(r.Body, "--b--\r\n"...)
	r.ContentType = "multipart/form-data; boundary=b"
	return r
}

// brokenMultipart is one reject, not one for each of its lines.
func (g *Generator) brokenMultipart() Request {
	body := strings.TrimSuffix(part("a", g.clickText()+"\r\n"+g.clickText()), "\r\n")
	r := reject(record.NotJSON, []byte(body))
	r.ContentType = "multipart/form-data; boundary=b"
	return r
}

// pixel has its event in its query. The API hands over parameters by name.
func (g *Generator) pixel() Request {
	mark := g.mark()
	r := valid("open", fmt.Sprintf(`{"mark":%q,"text":"a&b \"c\"","type":"open"}`, mark))
	r.Client, r.Method, r.Body, r.ContentType = "pixel", http.MethodGet, nil, "none"
	r.Path = pick(g, "/pixel.gif", "/events") + "?type=open&text=" + url.QueryEscape(`a&b "c"`) + "&mark=" + mark
	return r
}

// cloudEvent is in binary mode, in which headers have its type.
func (g *Generator) cloudEvent() Request {
	r := valid("shop.order", fmt.Sprintf(`{"mark":%q,"type":"of the data"}`, g.mark()))
	r.Client = clients.CloudEvents
	r.Headers = map[string]string{
		"ce-specversion": "1.0", "ce-type": "shop.order", "ce-id": g.mark(), "ce-source": "/shop",
	}
	return r
}

func (g *Generator) unknownPath() Request {
	r := g.click()
	r.Path, r.Events, r.TurnedAway = pick(g, "/flags/", "/sourceConfig", "/wp-login.php"), nil, http.StatusNotFound
	return r
}

func (g *Generator) zstdUnannounced() Request {
	r := g.array()
	writer, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err) // no option is wrong
	}
	r.Body = writer.EncodeAll(r.Body, nil)
	return r
}
