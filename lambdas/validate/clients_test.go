package validate_test

import (
	"fmt"
	"strings"
	"testing"

	"global-ingest/lambdas/record"
)

// sentBy returns the record of a client's request.
func sentBy(id string, s record.Source, body string) []byte {
	h := header(id)
	h.Source = s
	return record.Append(nil, h, []byte(body))
}

// tails returns what each line has behind what every line has, and its id.
func tails(lines []byte) (all []string) {
	for line := range strings.Lines(string(lines)) {
		id, rest, _ := strings.Cut(strings.TrimPrefix(line, `{"id":"`), `","type":"`)
		eventType, rest, _ := strings.Cut(rest, `"`)
		_, tail, _ := strings.Cut(rest, `"ua":"agent/1"`)
		all = append(all, id+" "+eventType+" "+strings.TrimSpace(tail))
	}
	return all
}

func TestEventsOfAnEnvelopeAreLinesWithTheirSource(t *testing.T) {
	l := newLab(t, config())
	s := record.Source{Client: "segment", Path: "/v1/batch", Query: "a=1"}
	got := l.invoke(t, sentBy("a", s, `{"batch":[{"type":"x","n":1.50},7,{"type":"y"}],"writeKey":"k","sentAt":1}`))
	const source = `,"source":{"client":"segment","path":"/v1/batch","query":"a=1","key":"k","envelope":{"sentAt":1}}`
	want := []string{`a/0 x ` + source + `,"event":{"type":"x","n":1.50}}`, `a/2 y ` + source + `,"event":{"type":"y"}}`}
	if lines := tails(got[0].Data); fmt.Sprint(lines) != fmt.Sprint(want) {
		t.Errorf("lines are %q, want %q", lines, want)
	}
	rejects := l.rejects(t)
	if len(rejects) != 1 || rejects[0].ID != "a/1" || rejects[0].Source.Envelope != `{"sentAt":1}` || rejects[0].Source.Key != "k" {
		t.Errorf("rejects are %+v", rejects)
	}
}

func TestAQueryThatIsTheEventDoesNotStandBesideIt(t *testing.T) {
	l := newLab(t, config())
	got := l.invoke(t, sentBy("a", record.Source{Client: "pixel", Path: "/pixel.gif", Query: "type=open&n=1"}, ""))
	want := `a/0 open ,"source":{"client":"pixel","path":"/pixel.gif"},"event":{"type":"open","n":"1"}}`
	if lines := tails(got[0].Data); len(lines) != 1 || lines[0] != want {
		t.Errorf("lines are %q, want %s", lines, want)
	}
}

// Without this a body of 650 KB would become 800 MB of lines.
func TestALargeEnvelopeStandsInTheFirstLineOnly(t *testing.T) {
	l := newLab(t, config())
	const n = 200
	body := `{"batch":[` + strings.Repeat(`{},`, n-1) + `{}],"context":"` + strings.Repeat("x", 16_000) + `"}`
	lines := tails(l.invoke(t, sentBy("a", record.Source{Client: "segment", Path: "/v1/batch"}, body))[0].Data)
	if len(lines) != n || !strings.Contains(lines[0], `"envelope":{"context":"xxx`) {
		t.Fatalf("%d lines, the first is %.100s", len(lines), lines[0])
	}
	for _, line := range lines[1:] {
		if !strings.HasSuffix(line, `,"source":{"client":"segment","rest":"a/0"},"event":{}}`) {
			t.Fatalf("another is %.200s", line)
		}
	}
}

func TestOnlyEventsOfUnknownWriteKeysAreRejected(t *testing.T) {
	c := config()
	c.WriteKeys = []string{"good"}
	for name, r := range map[string]struct {
		source record.Source
		body   string
		passes bool
	}{
		"known, in a header":         {record.Source{Client: "segment", Key: "good"}, `{"batch":[{}]}`, true},
		"unknown, in a header":       {record.Source{Client: "segment", Key: "bad"}, `{"batch":[{}],"writeKey":"good"}`, false},
		"known, in the envelope":     {record.Source{Client: "posthog"}, `{"batch":[{}],"api_key":"good"}`, true},
		"unknown, in the envelope":   {record.Source{Client: "posthog"}, `{"batch":[{}],"api_key":"bad"}`, false},
		"known, in the event":        {record.Source{Client: "mixpanel"}, `{"event":"a","properties":{"token":"good"}}`, true},
		"unknown, in the event":      {record.Source{Client: "mixpanel"}, `{"event":"a","properties":{"token":"bad"}}`, false},
		"none":                       {record.Source{Client: "segment"}, `{"batch":[{}]}`, true},
		"none at /events":            {record.Source{}, `{"writeKey":"bad"}`, true},
		"unknown, given for /events": {record.Source{Key: "bad"}, `{}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, c)
			got := l.invoke(t, sentBy("a", r.source, r.body))
			if passes := len(got[0].Data) > 0; passes != r.passes {
				t.Errorf("passes: %t, want %t", passes, r.passes)
			}
			if rejects := l.rejects(t); !r.passes && (len(rejects) != 1 || rejects[0].Reason != record.UnknownKey) {
				t.Errorf("rejects are %+v", rejects)
			}
		})
	}
}

func TestStrictNamesTheMemberWhereAClientHasItsType(t *testing.T) {
	c := config()
	c.Strict = true
	l := newLab(t, c)
	l.invoke(t, sentBy("a", record.Source{Client: "amplitude"}, `{"events":[{"event_type":"new","type":"click"}]}`))
	rejects := l.rejects(t)
	if len(rejects) != 1 || rejects[0].Type != "new" || rejects[0].Errors[0].Instance != "/event_type" {
		t.Errorf("rejects are %+v", rejects)
	}
}
