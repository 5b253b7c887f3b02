package event

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"global-ingest/lambdas/record"
)

// FuzzScan: with the scanner and without it, a body is split the same, and where places
// are followed one finds the type that the scanner finds.
func FuzzScan(f *testing.F) {
	many := make([]string, 40)
	for i := range many {
		many[i] = fmt.Sprintf(`"name %d":%d`, i, i)
	}
	for _, text := range []string{
		`{}`, `{"type":"click","a":[1,-2.5e+3,true,null,{"b":"größe"}]}`, ` {"type" : "a" , "b":[ ] }`, `{"a":1,"a":2}`, `{"a\n":1}`, `{"type":1}`, `{"type":"\u0061"}`,
		`{"a":{"type":"inner"}}`, "{" + strings.Join(many, ",") + "}", "{" + strings.Join(append(many, many[3]), ",") + "}",
		`{"a":"` + strings.Repeat("x", 30) + "\x01" + `"}`, `{"a":01}`, `{"a":1.}`, `{"a":"\ud800"}`, `{"a":"\x"}`, `{"a":tru}`, `{"a":1}}`, `{"a":[[[[1]]]]}`, `{"a":[[[[[1]]]]]}`, "{\"a\":\"\xff\"}",
	} {
		f.Add([]byte(text))
		f.Add([]byte("[" + text + ", {\"type\":\"b\"}]"))
		f.Add([]byte(text + "\r\n{\"type\":\"b\"}\n"))
		f.Add([]byte("\x1e" + text + ",{\"type\":\"b\"}" + text))
	}
	with, without, following := NewSplitter(5, 4), NewSplitter(5, 4), NewSplitter(5, 4, "type", "type")
	without.scanner.maxDepth = 0 // nothing is plain
	f.Fuzz(func(t *testing.T, body []byte) {
		if a, b := with.Split(body, record.Header{}), without.Split(body, record.Header{}); !reflect.DeepEqual(a, b) {
			t.Fatalf("%q: with the scanner %+v, without %+v", body, a, b)
		}
		if a, b := with.Split(body, record.Header{}), following.Split(body, record.Header{}); !reflect.DeepEqual(a, b) {
			t.Fatalf("%q: with the scanner %+v, following places %+v", body, a, b)
		}
	})
}

func TestPlainEventsAreScanned(t *testing.T) {
	s := scanner{maxDepth: 3, typeMember: DefaultTypeFrom}
	for text, want := range map[string]string{`{}`: "", `{"a":{"b":["größe\n",1e5,false]},"type":"click"}`: `"click"`} {
		if named, ok := s.plain([]byte(text)); !ok || string(named) != want {
			t.Errorf("%s: %t, type %s", text, ok, named)
		}
	}
}
