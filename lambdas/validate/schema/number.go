package schema

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The schema engine compares numbers exactly, as fractions of whole numbers. That is
// right, but clients can abuse it: on two cores 1e999999 takes 24 ms, a number of a
// million digits 1.6 s, and 1e1000001 makes the engine's fraction nil. So a number is
// rewritten before the engine sees it, by a rule that changes no verdict.
//
// Write a number as digits × 10^e, digits without zeros at either end. A constant of a
// schema has at most 100 digits and lies between 1e-100 and 1e100 (or is 0):
// checkConstant. Then 400 is as good as any larger exponent: digits × 10^400 is beyond
// every constant as the number was, is whole as it was, and is a multiple of d exactly
// when the number was, since d holds the factors 2 and 5 at most log2(1e100) = 332
// times. Likewise a number below 1e-400 stays below every constant, stays not whole and
// not a multiple. What remains takes some 10 µs.
//
// Only uniqueItems takes two such giants with the same digits for equal. A number of
// more than MaxDigits digits is refused where its type has a schema: it costs time by
// the square, and rewriting cannot be exact.
const (
	MaxDigits         = 1_000
	maxExponent       = 400
	maxConstantDigits = 100
	maxPlainDigits    = 300 // of a number without exponent, which stays as it is
)

var errDigits = fmt.Errorf("number has more than %d significant digits", MaxDigits)

// decimal is sign digits × 10^exponent. digits have no zeros at either end and are ""
// for zero. The exponent is capped at ±saturated.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// saturated is far beyond any exponent that the digits of a body can make, and far from
// overflow.
const saturated = 1 << 40

// exact returns a number on which the engine decides as on text.
func exact(text string) (string, error) {
	if len(text) <= maxPlainDigits && !strings.ContainsAny(text, "eE") {
		return text, nil // nothing to rewrite: nearly every number
	}
	n := split(text)
	if len(n.digits) > MaxDigits {
		return "", errDigits
	}
	n.exponent = max(min(n.exponent, maxExponent), -maxExponent-len(n.digits))
	return n.String(), nil
}

// checkConstant refuses a number of a schema that exact's rule does not cover.
func checkConstant(text string) error {
	n := split(text)
	magnitude := n.exponent + len(n.digits)
	if n.digits != "" && (len(n.digits) > maxConstantDigits || magnitude > 100 || magnitude < -99) {
		return errors.New("number is beyond 1e±100 or has more than 100 digits")
	}
	return nil
}

// split takes a JSON number apart.
func split(text string) decimal {
	var n decimal
	text, n.negative = strings.CutPrefix(text, "-")
	mantissa, exponent := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], text[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	n.digits = strings.TrimLeft(whole+fraction, "0")
	n.exponent = parseExponent(exponent) - len(fraction)
	trimmed := strings.TrimRight(n.digits, "0")
	n.exponent += len(n.digits) - len(trimmed)
	n.digits = trimmed
	return n
}

func parseExponent(text string) int {
	digits, negative := strings.CutPrefix(text, "-")
	digits = strings.TrimLeft(strings.TrimPrefix(digits, "+"), "0")
	value := saturated
	if len(digits) <= 12 {
		value, _ = strconv.Atoi(digits) // "" is an exponent of 0
	}
	value = min(value, saturated)
	if negative {
		return -value
	}
	return value
}

// String returns n as a JSON number.
func (n decimal) String() string {
	switch {
	case n.digits == "":
		return "0"
	case n.negative:
		return "-" + n.digits + "e" + strconv.Itoa(n.exponent)
	}
	return n.digits + "e" + strconv.Itoa(n.exponent)
}
