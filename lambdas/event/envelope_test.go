package event_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"global-ingest/lambdas/clients"
	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// of splits a body that came by a client's path.
func of(client, body string) (event.Form, []string) {
	return splitWithin(body, event.MaxDepth, event.MaxEvents, record.Header{Source: record.Source{Client: client}})
}

func TestAnEnvelopeOfAClientIsUnwrapped(t *testing.T) {
	for _, c := range []struct {
		client, body string
		want         []string
		envelope     string
		key          string
	}{
		{
			"segment", `{"batch":[{"type":"track","n":1.50},{"type":"page"}],"writeKey":"k","sentAt":"now"}`,
			[]string{`track:{"type":"track","n":1.50}`, `page:{"type":"page"}`},
			`{"sentAt":"now"}`, "k",
		},
		{"posthog", `{"api_key":"k","batch":[{"event":"order","type":"x"}]}`, []string{`order:{"event":"order","type":"x"}`}, "", "k"},
		{"snowplow", "{\"schema\":\n\"iglu\",\"data\":[{\"e\":\"pv\"}]}", []string{`pv:{"e":"pv"}`}, "{\"schema\":\"iglu\"}", ""},
		{
			"amplitude", `{"events":[{"event_type":"a"},{"event_type":"b"}],"options":{"min": 1}}`,
			[]string{`a:{"event_type":"a"}`, `b:{"event_type":"b"}`},
			`{"options":{"min": 1}}`, "",
		},
		{"ga4", `{"client_id":"c","api_secret":"s","events":[{"name":"order"}]}`, []string{`order:{"name":"order"}`}, `{"client_id":"c"}`, ""},
		{
			"matomo", `{"requests":["?action_name=a%20b&token_auth=s",{"idsite":1}],"token_auth":"s"}`,
			[]string{`:{"action_name":"a b"}`, `:{"idsite":1}`},
			"", "",
		},
		{"otlp", `{"resourceSpans":[{"resource":{}}]}`, []string{`:{"resource":{}}`}, "", ""},
		{"loki", `{"streams":[{"stream":{}},{"stream":{}}]}`, []string{`:{"stream":{}}`, `:{"stream":{}}`}, "", ""},
		{"jitsu", `{"type":"track","batch":[{}]}`, []string{`track:{"type":"track","batch":[{}]}`}, "", ""},
		{"sentry", "{\"dsn\":\"x\"}\n{\"type\":\"event\"}\n{\"message\":\"m\"}", []string{`:{"dsn":"x"}`, `event:{"type":"event"}`, `:{"message":"m"}`}, "", ""},
		{"segment", `{"type":"track"}`, []string{`track:{"type":"track"}`}, "", ""},
		{"segment", `{"type":"track","batch":{}}`, []string{`track:{"type":"track","batch":{}}`}, "", ""},
		{"segment", `[{"type":"track","batch":[]}]`, []string{`track:{"type":"track","batch":[]}`}, "", ""},
		{"", `{"type":"track","batch":[{}]}`, []string{`track:{"type":"track","batch":[{}]}`}, "", ""},
	} {
		found := event.NewSplitter(64, 10).Split([]byte(c.body), record.Header{Source: record.Source{Client: c.client}})
		_, got := of(c.client, c.body)
		if diff := cmp.Diff(c.want, got); diff != "" || string(found.Envelope) != c.envelope || found.Key != c.key {
			t.Errorf("%s: %s: envelope %s, key %q\n%s", c.client, c.body, found.Envelope, found.Key, diff)
		}
	}
}

// What cannot be an envelope is judged as it would be at /events.
func TestABrokenEnvelopeIsOneRejectOfTheWholeBody(t *testing.T) {
	for body, want := range map[string]string{
		`{"batch":[{}],"batch":[{}]}`:                    "duplicate_key@14",
		`{"batch":[{}],"context":{"a":1,"a":2}}`:         "duplicate_key@31",
		`{"batch":[{}]`:                                  "not_json@13",
		`{"batch":[{}]} x`:                               "not_json@15",
		`{"batch":[],"sentAt":1}`:                        "empty",
		`{"batch":[` + strings.Repeat("{},", 11) + `0]}`: "too_many_events",
		"{\"batch\":[{\"a\":\"\xff\"}]}":                 "not_json@16",
	} {
		form, got := splitWithin(body, 64, 10, record.Header{Source: record.Source{Client: "segment"}})
		whole := form == event.Rejected || form == event.Single
		if !whole || len(got) != 1 || !strings.HasPrefix(got[0], want+":") || !strings.HasSuffix(got[0], body) {
			t.Errorf("%s: form %d, %q; want %s", body, form, got, want)
		}
	}
}

// A line that readers stop at would take the hour's other lines with it.
func TestWhatReadersDisagreeOnDoesNotStandBesideAnEvent(t *testing.T) {
	s := event.NewSplitter(64, 10)
	s.PortableOnly(true)
	h := record.Header{Source: record.Source{Client: "segment"}}
	if found := s.Split([]byte(`{"batch":[{}],"sentAt":1e999}`), h); found.Events[0].Reason != record.NotPortable || found.Envelope != "" {
		t.Errorf("found %+v", found)
	}
}

func TestWhatIsTooMuchForEveryLineStaysOneEvent(t *testing.T) {
	for name, body := range map[string]string{
		"bytes":   `{"batch":[{},{}],"a":"` + strings.Repeat("x", 17<<10) + `"}`,
		"members": `{"batch":[{},{}]` + strings.Repeat(`,"%d":1`, 300) + `}`,
		"depth":   `{"batch":[{},{}],"a":` + strings.Repeat("[", 60) + strings.Repeat("]", 60) + `}`,
	} {
		for i := range strings.Count(body, "%d") {
			body = strings.Replace(body, "%d", fmt.Sprint(i), 1)
		}
		form, got := of("segment", body)
		if name == "depth" {
			if form != event.Array {
				t.Errorf("61 levels are fine, but form is %d", form)
			}
			continue
		}
		if form != event.Single || len(got) != 1 || got[0] != ":"+body {
			t.Errorf("too many %s: form %d, %d events", name, form, len(got))
		}
	}
}

func TestABadEventOfAnEnvelopeIsRejectedAlone(t *testing.T) {
	_, got := of("segment", `{"batch":[{"type":"a"},7,{"a":1,"a":2},{"type":"b"}]}`)
	want := []string{`a:{"type":"a"}`, "not_an_object@0:7", `duplicate_key@7:{"a":1,"a":2}`, `b:{"type":"b"}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The events of an envelope, with what stands between them, are the envelope's bytes.
func TestEventsOfAnEnvelopeJoinedAreTheEnvelopesBytes(t *testing.T) {
	space := rapid.StringMatching(`[ \t\r\n]{0,3}`)
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(wrapping()).Draw(t, "client")
		var events []string
		for range rapid.IntRange(1, 5).Draw(t, "events") {
			text := rapid.SampledFrom([]string{`{"a":1.50}`, `{ "n" : [ ] }`, `{"x":"\u00e9\/"}`, `{"batch":[{}]}`, `7`}).Draw(t, "event")
			events = append(events, space.Draw(t, "before")+text+space.Draw(t, "behind"))
		}
		array := "[" + strings.Join(events, ",") + "]"
		members := []string{fmt.Sprintf("%q:%s", rapid.SampledFrom(c.Members).Draw(t, "member"), array), `"x":[1, 2]`}
		if rapid.Bool().Draw(t, "last") {
			members[0], members[1] = members[1], members[0]
		}
		body := space.Draw(t, "begin") + "{" + strings.Join(members, ",") + "}" + space.Draw(t, "end")
		found := event.NewSplitter(64, 10).Split([]byte(body), record.Header{Source: record.Source{Client: c.Name}})
		if len(found.Events) != len(events) || found.Envelope != `{"x":[1, 2]}` {
			t.Fatalf("%q has %d events beside %s", body, len(found.Events), found.Envelope)
		}
		at := strings.Index(body, array) + 1
		for i, e := range found.Events {
			gap, text := body[at:e.Offset], body[e.Offset:e.Offset+len(e.Raw)]
			if strings.Trim(gap, " \t\r\n,") != "" || text != string(e.Raw) {
				t.Errorf("event %d is %q at %d of %q", i, e.Raw, e.Offset, body)
			}
			at = e.Offset + len(e.Raw)
		}
		if rest := body[at : strings.Index(body, array)+len(array)]; strings.Trim(rest, " \t\r\n") != "]" {
			t.Errorf("%q is left of %q", rest, body)
		}
	})
}

// wrapping are the clients that wrap their events.
func wrapping() (all []clients.Client) {
	for _, c := range clients.Table {
		if len(c.Members) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// Whatever the bytes and the client: no byte of an event changes, and what is not taken
// for an envelope is judged as at /events.
func FuzzEnvelope(f *testing.F) {
	for i, c := range wrapping() {
		f.Add([]byte(fmt.Sprintf(`{"a":1,%q:[{"type":"t"}, "?a=b" ,{}],"b":{}}`, c.Members[0])), i)
	}
	f.Add([]byte(`{"batch":[{}],"batch":[]}`), 0)
	all := wrapping()
	f.Fuzz(func(t *testing.T, body []byte, n int) {
		c := all[uint(n)%uint(len(all))]
		found := event.NewSplitter(64, 100).Split(body, record.Header{Source: record.Source{Client: c.Name}})
		if len(found.Events) == 0 {
			t.Fatal("no events")
		}
		if found.Envelope != "" && !json.Valid([]byte(found.Envelope)) {
			t.Errorf("envelope is %q", found.Envelope)
		}
		for i, e := range found.Events {
			built := c.Queries && len(e.Raw) > 0 && body[e.Offset] == '"'
			if !built && string(body[e.Offset:e.Offset+len(e.Raw)]) != string(e.Raw) {
				t.Errorf("event %d is %q, not a part of %q", i, e.Raw, body)
			}
			if e.Reason == "" && !json.Valid(e.Raw) {
				t.Errorf("event %d is %q", i, e.Raw)
			}
		}
	})
}

func TestACloudEventInBinaryModeIsOneEventOfItsType(t *testing.T) {
	h := record.Header{Source: record.Source{Attributes: `{"specversion":"1.0","type":"order","id":"1"}`}}
	for body, want := range map[string]string{
		`{"total":1,"type":"x"}`: `order:{"total":1,"type":"x"}`,
		`[{},{}]`:                `not_an_object@0:[{},{}]`,
		"{}\n{}":                 "not_json@2:{}\n{}",
	} {
		if _, got := splitWithin(body, 64, 10, h); len(got) != 1 || got[0] != want {
			t.Errorf("%q: %q, want %q", body, got, want)
		}
	}
	h.Source.Attributes = `{"id":"1"}`
	if _, got := splitWithin(`[{},{}]`, 64, 10, h); len(got) != 2 {
		t.Errorf("without a version of CloudEvents: %q", got)
	}
}

const urlencoded = "application/x-www-form-urlencoded; charset=UTF-8"

func TestAFormIsItsDataOrItsFields(t *testing.T) {
	encoded := base64.StdEncoding.EncodeToString([]byte(`[{"event":"a>>>"},{"event":"b???"}]`))
	multipart := func(parts ...string) string {
		const begin = "--b\r\nContent-Disposition: form-data; "
		return begin + strings.Join(parts, "\r\n"+begin) + "\r\n--b--\r\n"
	}
	for _, c := range []struct {
		client, contentType, body string
		want                      []string
		envelope                  string
	}{
		{"", urlencoded, "type=click&x=1+2&y=%C3%A9", []string{`click:{"type":"click","x":"1 2","y":"é"}`}, ""},
		{"", urlencoded, "a=1&b=2&a=3&c", []string{`:{"a":["1","3"],"b":"2","c":""}`}, ""},
		{"", urlencoded, "a=50%&b=%22", []string{`:{"a":"50%","b":"\""}`}, ""},
		{"", urlencoded, `{"type":"t"}`, []string{`t:{"type":"t"}`}, ""},
		{"", urlencoded, "{\"type\":\"t\"}\n{}", []string{`t:{"type":"t"}`, ":{}"}, ""},
		{"", urlencoded, "hello", []string{"not_json@0:hello"}, ""},
		{"mixpanel", urlencoded, "data=" + url.QueryEscape(encoded) + "&verbose=1", []string{`a>>>:{"event":"a>>>"}`, `b???:{"event":"b???"}`}, `{"verbose":"1"}`},
		{"mixpanel", urlencoded, "data=" + url.QueryEscape(`{"event": "a"}`), []string{`a:{"event": "a"}`}, ""},
		{"", urlencoded, "data=7&type=t", []string{`t:{"data":"7","type":"t"}`}, ""},
		{"posthog", urlencoded, "data=" + url.QueryEscape(`{"batch":[{"event":"a"}],"sent_at":1}`) + "&ver=2", []string{`a:{"event":"a"}`}, `{"sent_at":1,"ver":"2"}`},
		{"", urlencoded, "a=%ff", []string{"not_json:a=%ff"}, ""},
		{"", "multipart/form-data; boundary=b", multipart("name=\"type\"\r\n\r\nclick", "name=\"n\"\r\n\r\n1\n2"), []string{`click:{"type":"click","n":"1\n2"}`}, ""},
		{"", "multipart/form-data; boundary=b", multipart("name=\"data\"\r\n\r\n{\"type\":\"t\"}"), []string{`t:{"type":"t"}`}, ""},
		{"", "multipart/form-data; boundary=b", `{"type":"t"}`, []string{`t:{"type":"t"}`}, ""},
		{"", "multipart/form-data; boundary=b", "--b\r\n{}\r\n{}", []string{"not_json:--b\r\n{}\r\n{}"}, ""},
	} {
		h := record.Header{ContentType: c.contentType, Source: record.Source{Client: c.client}}
		_, got := splitWithin(c.body, 64, 10, h)
		found := event.NewSplitter(64, 10).Split([]byte(c.body), h)
		if diff := cmp.Diff(c.want, got); diff != "" || string(found.Envelope) != c.envelope || found.Queried {
			t.Errorf("%q: envelope %s\n%s", c.body, found.Envelope, diff)
		}
	}
}

func TestAQueryWithoutABodyIsAnEventOfItsClient(t *testing.T) {
	for _, c := range []struct{ client, query, want string }{
		{"pixel", "type=open&id=42", `open:{"type":"open","id":"42"}`},
		{"pixel", "", `:{}`},
		{"snowplow", "e=pv&url=a%26b", `pv:{"e":"pv","url":"a&b"}`},
		{"mixpanel", "data=eyJldmVudCI6ImEifQ==&ip=1", `a:{"event":"a"}`},
		{"segment", "", "empty:"},
		{"", "type=open", "empty:"},
	} {
		h := record.Header{Source: record.Source{Client: c.client, Query: c.query}}
		_, got := splitWithin("", 64, 10, h)
		found := event.NewSplitter(64, 10).Split(nil, h)
		if len(got) != 1 || got[0] != c.want || found.Queried != (found.Form != event.Rejected) {
			t.Errorf("%s?%s: %q, want %q", c.client, c.query, got, c.want)
		}
	}
}

func TestAFormOfTooManyFieldsIsRejected(t *testing.T) {
	_, got := splitWithin(strings.Repeat("a=1&", 11), 64, 10, record.Header{ContentType: urlencoded})
	if len(got) != 1 || !strings.HasPrefix(got[0], "too_complex:") {
		t.Errorf("got %q", got)
	}
}
