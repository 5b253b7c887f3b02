package event_test

import (
	"strings"
	"testing"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

func TestTheTypeIsFoundWhereTheSettingSays(t *testing.T) {
	eiffel, segment := []string{"meta.type", "type"}, []string{"event"}
	for _, c := range []struct {
		typeFrom   []string
		text, want string
	}{
		{nil, `{"type":"a","event":"b"}`, "a"},
		{[]string{"type"}, `{"type":"a"}`, "a"},
		{segment, `{"type":"a","event":"b"}`, "b"},
		{segment, `{"\u0065vent":"b\u0062"}`, "bb"},
		{segment, `{"event":1}`, ""},
		{segment, `{"a":{"event":"b"}}`, ""},
		{eiffel, `{"type":"a","meta":{"id":1,"type":"b"}}`, "b"},
		{eiffel, `{"meta":{"type":"b"},"type":"a"}`, "b"},
		{eiffel, `{"m\u0065ta":{"typ\u0065":"b"}}`, "b"},
		{eiffel, `{"meta":{"type":1},"type":"a"}`, "a"},
		{eiffel, `{"meta":"type","type":"a"}`, "a"},
		{eiffel, `{"meta":[{"type":"b"}],"type":"a"}`, "a"},
		{eiffel, `{"meta.type":"b"}`, "b"},
		{eiffel, `{"a":{"meta":{"type":"b"}}}`, ""},
		{eiffel, `{}`, ""},
		{[]string{"a.b.c"}, `{"a":{"x":{"b":{"c":"no"}},"b":{"c":"yes"}}}`, "yes"},
		{[]string{"a.b.c"}, `{"a.b":{"c":"yes"}}`, "yes"},
	} {
		s := event.NewSplitter(64, 10, c.typeFrom...)
		for _, body := range []string{c.text, "[" + c.text + "," + c.text + "]", c.text + "\n" + c.text} {
			for _, e := range s.Split([]byte(body), record.Header{}).Events {
				if e.Type != c.want || e.Reason != "" {
					t.Errorf("%v: type of %s is %q, want %q", c.typeFrom, e.Raw, e.Type, c.want)
				}
			}
		}
	}
}

func TestTheTypeOfARejectIsFoundWhereTheSettingSays(t *testing.T) {
	for text, want := range map[string]string{
		`{"meta":{"type":"b"},"type":"a","x":NaN}`:                  "b",
		`{"x":NaN,"meta":{"type":"b"}}`:                             "",
		`{"meta":{"type":"b"},"x":1,"x":1}`:                         "b",
		`{"meta":{"type":"b","type":"c"},"type":"a"}`:               "",
		"{\"meta\":{\"type\":\"b\"},\"x\":\"\xff\"}":                "b",
		`{"meta":{"type":"b"},"x":` + strings.Repeat("[", 99) + "1": "b",
	} {
		found := event.NewSplitter(3, 10, "meta.type", "type").Split([]byte(text), record.Header{}).Events[0]
		if found.Reason == "" || found.Type != want {
			t.Errorf("%s: reason %q, type %q, want %q", text, found.Reason, found.Type, want)
		}
	}
}

func TestAPlaceThatCannotBeOneIsNamed(t *testing.T) {
	for _, places := range [][]string{{"type"}, {"meta.type", "event"}, {"größe"}} {
		if err := event.CheckTypeFrom(places); err != nil {
			t.Error(err)
		}
	}
	for want, places := range map[string][]string{
		`is empty`: {}, `has "", must`: {"type", ""}, `has "a..b"`: {"a..b"}, `has ".a"`: {".a"}, `has "a,b"`: {"a,b"},
	} {
		if err := event.CheckTypeFrom(places); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error is %v, want it to hold %s", places, err, want)
		}
	}
}
