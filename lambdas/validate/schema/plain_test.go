package schema

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"
)

// FuzzPlain: the decoder makes the same tree as the fast way.
func FuzzPlain(f *testing.F) {
	for _, text := range []string{
		`{}`, `[]`, `{"a":[1,2.50,-0,{"b":null}],"c":"größe","d":true,"e":false}`, ` { "a" : [ ] , "b" : { } } `,
		`{"a":"\u0061"}`, `{"a\n":1}`, `{"a":1e5}`, `[[[1],[2,[3,4]]],5]`, `"text"`, `12`, `{"a":{"a":{"a":1}},"b":{"a":2}}`,
	} {
		f.Add([]byte(text))
	}
	var p plain
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) || !utf8.Valid(text) {
			t.Skip("an event is JSON")
		}
		defer p.release()
		tree, ok := p.parse(text)
		if !ok {
			return
		}
		want, finding := parse(text)
		if finding != nil || !reflect.DeepEqual(tree, want) {
			t.Fatalf("%s: tree is %#v, the decoder's %#v, %v", text, tree, want, finding)
		}
	})
}
