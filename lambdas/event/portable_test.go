package event_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"global-ingest/lambdas/event"
	"global-ingest/lambdas/record"
)

// judged returns the only event of a body.
func judged(text string, portable bool) event.Item {
	s := event.NewSplitter(event.MaxDepth, event.MaxEvents)
	s.PortableOnly(portable)
	return s.Split([]byte(text), record.Header{}).Events[0]
}

// TestWhatStopsReadersIsNotPortable, with its place; what is near it is.
func TestWhatStopsReadersIsNotPortable(t *testing.T) {
	const surrogate, double, bits = "half of a surrogate pair, which no text can hold", "a number beyond what a double holds, 1.8e308", "an integer beyond 64 bits"
	for text, want := range map[string]record.Finding{
		`{"a":"\ud800"}`:                           {Instance: "/a", Message: surrogate, Offset: 5},
		`{"a":"x\uDBFFy"}`:                         {Instance: "/a", Message: surrogate, Offset: 5},
		`{"a":"\ud800\ud800\udc00"}`:               {Instance: "/a", Message: surrogate, Offset: 5},
		`{"a":"\ud83d\u0041"}`:                     {Instance: "/a", Message: surrogate, Offset: 5},
		`{"a":"\ud83d\n"}`:                         {Instance: "/a", Message: surrogate, Offset: 5},
		`{"type":"t","a":[1, {"\udc00":1}]}`:       {Instance: "/a/1/\ufffd", Message: surrogate, Offset: 21},
		`{"a":1e400}`:                              {Instance: "/a", Message: double, Offset: 5},
		`{"a":[0,-1E+309]}`:                        {Instance: "/a/1", Message: double, Offset: 8},
		`{"a":` + strings.Repeat("9", 400) + `.5}`: {Instance: "/a", Message: double, Offset: 5},
		`{"a":18446744073709551616}`:               {Instance: "/a", Message: bits, Offset: 5},
		`{"a":-9223372036854775809}`:               {Instance: "/a", Message: bits, Offset: 5},
	} {
		e := judged(text, true)
		if diff := cmp.Diff([]record.Finding{want}, e.Errors); e.Reason != record.NotPortable || string(e.Raw) != text || diff != "" {
			t.Errorf("%.60s is %q (-want +got)\n%s", text, e.Reason, diff)
		}
		if e := judged(text, false); e.Reason != "" {
			t.Errorf("%.60s is %q although Portable is false", text, e.Reason)
		}
	}
	for _, text := range []string{
		`{"a":"\ud83d\ude00\uD83D\uDE00"}`, `{"a":"\\ud800"}`, `{"a":"\ud7ff\ue000"}`, `{"a":1.7e308}`, `{"a":1e-400}`, `{"a":18446744073709551615}`,
		`{"a":-9223372036854775808}`, `{"a":0.1111111111111111111111111}`, `{"a":"1e400"}`, `{"a":-0,"b":1E2}`,
	} {
		if e := judged(text, true); e.Reason != "" {
			t.Errorf("%s is %q", text, e.Reason)
		}
	}
}

// TestPortableIsWhatGoReadsExactly: of drawn events, the refused are those with a number
// or a text that Go cannot hold, wherever it stands and however the event is written.
func TestPortableIsWhatGoReadsExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := rapid.StringMatching(`-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?`).Draw(t, "number")
		units := rapid.SliceOfN(rapid.SampledFrom([]string{"a", `\\`, `\n`, `\ud83d`, `\ude00`, `\uD83D`, `\uDE00`, `\u0041`}), 0, 6).Draw(t, "units")
		name := rapid.SampledFrom([]string{"a", `\u0062`}).Draw(t, "name")
		text := fmt.Sprintf(`{"%s": [%s, {"c":"%s"}]}`, name, digits, strings.Join(units, ""))
		if got, want := judged(text, true).Reason == record.NotPortable, !holds(digits) || isHalf(strings.Join(units, "")); got != want {
			t.Fatalf("%s: refused is %t, want %t", text, got, want)
		}
	})
}

// holds says whether Go has an exact integer, or a finite double, for a number.
func holds(number string) bool {
	if strings.ContainsAny(number, ".eE") {
		f, _ := new(big.Float).SetPrec(2_000).SetString(number)
		d, _ := f.Float64()
		return !math.IsInf(d, 0)
	}
	n, _ := new(big.Int).SetString(number, 10)
	return n.IsInt64() || n.IsUint64()
}

// isHalf says whether Go replaces something of a JSON string: each half it cannot pair.
func isHalf(inside string) bool {
	var text string
	if err := json.Unmarshal([]byte(`"`+inside+`"`), &text); err != nil {
		panic(err)
	}
	return strings.Contains(text, "\ufffd")
}
