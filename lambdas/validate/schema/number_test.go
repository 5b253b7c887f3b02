package schema

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestExactKeepsOrdinaryNumbersAsTheyAre(t *testing.T) {
	for _, text := range []string{"0", "-0", "1", "-1.50", "0.1", "12345678901234567890.123456789"} {
		if got, err := exact(text); got != text || err != nil {
			t.Errorf("%s became %s, %v", text, got, err)
		}
	}
}

func TestExactRewritesGiants(t *testing.T) {
	for text, want := range map[string]string{
		"1e5":                         "1e5",
		"0e999999999999":              "0",
		"-0.0E-5":                     "0",
		"100e-2":                      "1e0",
		"-12.50e1":                    "-125e0",
		"1e400":                       "1e400",
		"1e401":                       "1e400",
		"-1.5e1000000000":             "-15e400",
		"1e-1000000000":               "1e-401",
		"123e-9999999999999999999999": "123e-403",
		"1" + strings.Repeat("0", 2000) + "e-2000":  "1e0",
		"0." + strings.Repeat("0", 2000) + "1e2001": "1e0",
		"1e" + strings.Repeat("0", 2000) + "7":      "1e7",
	} {
		if got, err := exact(text); got != want || err != nil {
			t.Errorf("%.20s became %s, %v, want %s", text, got, err, want)
		}
	}
}

func TestExactRefusesMoreDigitsThanItsLimit(t *testing.T) {
	if _, err := exact(strings.Repeat("7", MaxDigits)); err != nil {
		t.Error(err)
	}
	if _, err := exact("0." + strings.Repeat("7", MaxDigits+1)); err == nil {
		t.Error("one digit more is let pass")
	}
}

// Rewriting changes no verdict: no comparison with a constant that a schema may hold,
// not whether a number is whole, and not whether it is a multiple of such a constant.
func TestExactChangesNoVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := fmt.Sprintf("%s%d%se%d",
			rapid.SampledFrom([]string{"", "-"}).Draw(t, "sign"),
			rapid.Uint64().Draw(t, "whole"),
			rapid.SampledFrom([]string{"", ".0", ".5", ".125", ".000001", ".7000"}).Draw(t, "fraction"),
			rapid.IntRange(-2000, 2000).Draw(t, "exponent"))
		constant := fmt.Sprintf(
			"%de%d", rapid.Uint64Range(1, 1<<63).Draw(t, "digits"), rapid.IntRange(-100, 80).Draw(t, "magnitude"),
		)
		if checkConstant(constant) != nil {
			t.Skip("no schema may hold this constant")
		}
		rewritten, err := exact(text)
		if err != nil {
			t.Fatal(err)
		}
		want, got, c := rat(t, text), rat(t, rewritten), rat(t, constant)
		if want.Cmp(c) != got.Cmp(c) || want.IsInt() != got.IsInt() || want.Sign() != got.Sign() {
			t.Errorf("%s became %s", text, rewritten)
		}
		if new(big.Rat).Quo(want, c).IsInt() != new(big.Rat).Quo(got, c).IsInt() {
			t.Errorf("as multiples of %s, %s became %s", constant, text, rewritten)
		}
	})
}

func rat(t *rapid.T, text string) *big.Rat {
	value, ok := new(big.Rat).SetString(text)
	if !ok {
		t.Fatalf("%s is not a number", text)
	}
	return value
}
