package schema

import (
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// TestATimeThatIsTakenUnaskedIsOneOfTheEngine, whatever byte of a time is another.
func TestATimeThatIsTakenUnaskedIsOneOfTheEngine(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(base, map[string]any{"format": "date-time"}); err != nil {
		t.Fatal(err)
	}
	engines := compiler.MustCompile(base).Format.Validate
	taken := 0
	check := func(t rapid.TB, text string) {
		if isUTC(text) {
			taken++
			if err := engines(text); err != nil {
				t.Errorf("%q is taken, and the engine finds: %v", text, err)
			}
		}
	}
	for _, text := range []string{
		"", "Z", "2026-11-23T10:00:00", "2026-11-23T1:00:00Z", "2026-11-23T1:00:00.1Z", "2026-11-23T10:00:00,123Z", "2026-11-23T10:00:00.Z",
		"2026-11-23 10:00:00Z", "2026-02-30T10:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T23:59:60Z", "2026-11-23T10:00:00.123+01:00Z",
	} {
		if check(t, text); isUTC(text) {
			t.Errorf("%q is taken", text)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(rapid.SampledFrom([]string{"2026-11-23T10:00:00Z", "2024-02-29T23:59:59.123456789Z", "2026-11-23T1:00:00.1Z"}).Draw(t, "time"))
		for range rapid.IntRange(0, 2).Draw(t, "changes") {
			text[rapid.IntRange(0, len(text)-1).Draw(t, "at")] = rapid.SampledFrom([]byte("0123459:-+.,TtZz ")).Draw(t, "byte")
		}
		check(t, string(text))
	})
	if taken < 20 {
		t.Errorf("%d times are taken unasked: the test draws too little", taken)
	}
}
