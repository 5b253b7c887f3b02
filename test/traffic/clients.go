package traffic

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/record"
)

// These make requests as the SDKs of package clients do: whatever the table says is sent.

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

// eventOf is an event of a client, of a type that no schema has.
func (g *Generator) eventOf(c clients.Client) Event {
	name := "type"
	if len(c.Types) > 0 {
		name = c.Types[0]
	}
	typ := pick(g, "order", "\u00e9", "")
	return g.good(typ, fmt.Sprintf(`{"mark":"MARK","n":1.50,%q:%q}`, name, typ))
}

// envelope wraps events as one of the clients does, among them what is not an event.
func (g *Generator) envelope() Request {
	c := pick(g, wrapping...)
	r := g.of(c)
	for range g.random.IntN(20) + 1 {
		e := g.eventOf(c)
		if g.random.IntN(8) == 0 {
			e = g.bad(record.NotAnObject, "", `["MARK"]`)
		}
		r.Events = append(r.Events, e)
	}
	array := joined("[", pick(g, ",", " , ", ",\n"), "]", r.Events...).Body
	member, more := fmt.Sprintf("%q:%s", pick(g, c.Members...), array), `"sentAt":"2026-11-23T10:00:00Z"`
	r.Body = []byte(pick(g, "{"+member+"}", "{"+member+","+more+"}", "{ "+more+",\r\n"+member+" }\n"))
	if g.random.IntN(4) == 0 {
		r.Body = zip(r.Body)
	}
	return r
}

// envelopeOfQueries is what Matomo sends: each query becomes an object.
func (g *Generator) envelopeOfQueries() Request {
	r := g.of(*clients.Named("matomo"))
	var queries []string
	for n := range g.random.IntN(5) + 1 {
		mark := g.mark()
		queries = append(queries, fmt.Sprintf("%q", "?mark="+mark+"&url=a%20b&token_auth=secret"))
		r.Events = append(r.Events, Event{N: n, Payload: fmt.Appendf(nil, `{"mark":%q,"url":"a b"}`, mark)})
	}
	r.Body = []byte(`{"requests":[` + strings.Join(queries, ",") + `],"token_auth":"secret"}`)
	return r
}

// brokenEnvelope is one reject, and none of its events is stored alone.
func (g *Generator) brokenEnvelope() Request {
	c := pick(g, wrapping...)
	r := g.of(c)
	e := g.eventOf(c).Payload
	broken := reject(record.NotJSON, fmt.Appendf(nil, "{%q:[%s,\n%s", c.Members[0], e, e))
	r.Body, r.Events = broken.Body, broken.Events
	return r
}

// clientsEvent is not wrapped, although its client may wrap.
func (g *Generator) clientsEvent() Request {
	c := *clients.Named(pick(g, "segment", "jitsu", "posthog", "clickstream"))
	r := g.of(c)
	r.Events = []Event{g.eventOf(c)}
	r.Body = r.Events[0].Payload
	return r
}

// labelledForm is the event in its field data, or an object of its fields.
func (g *Generator) labelledForm() Request {
	click := g.click()
	r := Request{ContentType: "application/x-www-form-urlencoded", Events: []Event{click}}
	switch g.random.IntN(3) {
	case 0:
		r.Body = []byte("data=" + url.QueryEscape(base64.StdEncoding.EncodeToString(click.Payload)) + "&verbose=1")
	case 1:
		r.Body = []byte("ip=1&data=" + url.QueryEscape(string(click.Payload)))
	default:
		mark := g.mark()
		r.Body = []byte("type=order&mark=" + mark + "&text=a+b&all=1&all=2")
		r.Events[0] = g.good("order", `{"type":"order","mark":"`+mark+`","text":"a b","all":["1","2"]}`)
	}
	return r
}

func (g *Generator) labelledMultipart() Request {
	r, mark := Request{ContentType: "multipart/form-data; boundary=b"}, g.mark()
	for _, field := range [][2]string{{"type", "order"}, {"mark", mark}, {"text", "{}\r\n{}"}} {
		r.Body = fmt.Appendf(r.Body, "--b\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", field[0], field[1])
	}
	r.Body = append(r.Body, "--b--\r\n"...)
	r.Events = []Event{g.good("order", `{"type":"order","mark":"`+mark+`","text":"{}\r\n{}"}`)}
	return r
}

// pixel has its event in its query. The API hands over parameters by name.
func (g *Generator) pixel() Request {
	mark := g.mark()
	return Request{
		Client: "pixel", Method: http.MethodGet, ContentType: "none",
		Path:   pick(g, "/pixel.gif", "/events") + "?type=open&text=" + url.QueryEscape(`a&b "c"`) + "&mark=" + mark,
		Events: []Event{g.good("open", `{"mark":"`+mark+`","text":"a&b \"c\"","type":"open"}`)},
	}
}

// cloudEvent is in binary mode, in which headers have its type.
func (g *Generator) cloudEvent() Request {
	r := joined("", "", "", g.good("shop.order", `{"mark":"MARK","type":"of the data"}`))
	r.Client = clients.CloudEvents
	r.Headers = map[string]string{
		"ce-specversion": "1.0", "ce-type": "shop.order", "ce-id": g.mark(), "ce-source": "/shop",
	}
	return r
}

func (g *Generator) unknownPath() Request {
	return Request{
		Path: pick(g, "/flags/", "/sourceConfig", "/wp-login.php"), Body: g.click().Payload, TurnedAway: http.StatusNotFound,
	}
}
