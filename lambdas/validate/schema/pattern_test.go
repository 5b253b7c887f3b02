package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// They backtrack only where Go's regexp cannot express them.
func TestPatternsMatchAsInECMA262(t *testing.T) {
	for pattern, c := range map[string]struct {
		matches, others []string
		goesBack        bool
	}{
		`^\d+$`:                   {matches: []string{"019"}, others: []string{"", "٣", "1\n"}},
		`^\w$`:                    {matches: []string{"a", "_", "0"}, others: []string{"é", "-"}},
		`^\W$`:                    {matches: []string{"é", "-", "😀"}, others: []string{"a"}},
		`^\p{L}+$`:                {matches: []string{"aéж"}, others: []string{"1"}},
		`^\p{Letter}+$`:           {matches: []string{"aéж"}, others: []string{"1"}, goesBack: true},
		`^\P{Lu}$`:                {matches: []string{"a"}, others: []string{"A"}},
		`^\p{Script=Greek}+$`:     {matches: []string{"αβγ"}, others: []string{"a"}},
		`^\p{sc=Grek}+$`:          {matches: []string{"αβγ"}, others: []string{"a"}, goesBack: true},
		`^(?<year>\d{4})-\d\d$`:   {matches: []string{"2026-11"}, others: []string{"26-11"}},
		`^https?:\/\/`:            {matches: []string{"http://a"}, others: []string{"ftp://"}},
		`^[\w\-.]+$`:              {matches: []string{"a-b.c"}, others: []string{"a b"}},
		`^[\w-.]+$`:               {matches: []string{"a-b.c"}, others: []string{"a b"}},
		`^😀$`:                     {matches: []string{"😀"}, others: []string{"😁", "😀😀"}},
		`^[😀-😂]$`:                 {matches: []string{"😁"}, others: []string{"a"}},
		`^(?!test)`:               {matches: []string{"a", ""}, others: []string{"test1"}, goesBack: true},
		`^(?=.*\d)(?=.*[a-z]).+$`: {matches: []string{"a1"}, others: []string{"a", "1"}, goesBack: true},
		`(?<=\$)\d+`:              {matches: []string{"$5"}, others: []string{"5"}, goesBack: true},
		`(?<!a)b`:                 {matches: []string{"cb", "b"}, others: []string{"ab"}, goesBack: true},
		`^(a|b)\1$`:               {matches: []string{"aa", "bb"}, others: []string{"ab"}, goesBack: true},
		`^(?<q>['"]).*\k<q>$`:     {matches: []string{`"a"`, `'a'`}, others: []string{`"a'`}, goesBack: true},
		`^\u0041\x42$`:            {matches: []string{"AB"}, others: []string{"ab"}},
		`^\u{1F600}$`:             {matches: []string{"😀"}, others: []string{"a"}},
		`^\uD83D\uDE00$`:          {matches: []string{"😀"}, others: []string{"a"}, goesBack: true},
		`^[^]$`:                   {matches: []string{"a", "\n", "😀"}, others: []string{"", "ab"}},
		`a[]`:                     {others: []string{"a", ""}},
		`^\cA$`:                   {matches: []string{"\x01"}, others: []string{"A"}},
		`^a{0,2000}$`:             {matches: []string{"", strings.Repeat("a", 2000)}, others: []string{strings.Repeat("a", 2001)}, goesBack: true},
		`^\s$`:                    {matches: []string{" ", "\u00a0", "\ufeff", "\u2028", "\v", "\u3000"}, others: []string{"", "a", "\u200b", "\u0085"}},
		`^[\s-x]$`:                {matches: []string{"\u00a0", "-", "x"}, others: []string{"y"}},
		`^\S$`:                    {matches: []string{"a", "\u200b", "😀"}, others: []string{"\u00a0", "\n"}},
		`^[\S]$`:                  {matches: []string{"a", "\u200b", "😀"}, others: []string{"\u00a0", "\ufeff", "\n"}},
		`^.$`:                     {matches: []string{"a", "\v", "😀", "\u0085"}, others: []string{"\n", "\r", "\u2028", "\u2029"}},
		`^[.]$`:                   {matches: []string{"."}, others: []string{"a"}},
		`^(?i:a)$`:                {matches: []string{"a", "A"}, others: []string{"b"}, goesBack: true},
		`^\-\_\@$`:                {matches: []string{"-_@"}, others: []string{"-"}},
		`^[[a]$`:                  {matches: []string{"[", "a"}, others: []string{"]"}},
		`\bcat\b`:                 {matches: []string{"a cat"}, others: []string{"cats"}},
		`^[\b]$`:                  {matches: []string{"\b"}, others: []string{"b"}},
		`a|`:                      {matches: []string{"", "x"}},
		`^(a+)+$`:                 {matches: []string{"aaa"}, others: []string{strings.Repeat("a", 50_000) + "b"}},
	} {
		t.Run(pattern, func(t *testing.T) {
			compiled, err := compilePattern(pattern)
			if err != nil {
				t.Fatal(err)
			}
			if _, goesBack := compiled.(backtracking); goesBack != c.goesBack || compiled.String() != pattern {
				t.Errorf("%s goes back: %t", compiled, goesBack)
			}
			for _, text := range slices.Concat(c.matches, c.others) {
				if got := compiled.MatchString(text); got != slices.Contains(c.matches, text) {
					t.Errorf("%q matches: %t", text, got)
				}
			}
		})
	}
}

func TestWhatIsNotECMA262IsRefusedWithAReason(t *testing.T) {
	for pattern, want := range map[string]string{
		`(?i)a`:       `(?i) is not ECMA-262, where a group begins with`,
		`(?P<n>a)`:    `(?P<n>a) is not ECMA-262`,
		`(?>a)`:       `(?>a) is not ECMA-262`,
		`(?#a)`:       `(?#a) is not ECMA-262`,
		`\Aa`:         `\A is not ECMA-262 (the text begins at ^ and ends at $)`,
		`a\z`:         `\z is not ECMA-262`,
		`\Qa\E`:       `\Q is not ECMA-262`,
		`[[:alpha:]]`: `[:alpha:] is POSIX, not ECMA-262: write the characters, such as [A-Za-z]`,
		`a\`:          `a \ at its end escapes nothing`,
		`\u00`:        `\u00 is not ECMA-262: write`,
		`\p{Greek}`:   `unknown unicode category, script, or property`,
		`[b-a]`:       `[b-a] range in reverse order`,
		`a**`:         `invalid nested repetition operator`,
		`(`:           `missing closing )`,
		`a)`:          `unexpected )`,
		`[a`:          `unterminated [] set`,
		`\k<n>`:       `reference to undefined group`,
	} {
		if err := checkPattern(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want it to hold %s", pattern, err, want)
		}
	}
}

// A value on which a pattern cannot decide in time is a reject that says so, also below
// "not". After a while it is not tried.
func TestAHostileValueCannotHoldUpABatch(t *testing.T) {
	defer func() { allowed = allowance{} }()
	for name, text := range map[string]string{
		"pattern":           `{"properties":{"a":{"pattern":"^(?=(a+)+$)"}}}`,
		"not":               `{"not":{"properties":{"a":{"pattern":"^(?=(a+)+$)"}}}}`,
		"patternProperties": `{"patternProperties":{"^(?=(a+)+$)":{"type":"number"}}}`,
	} {
		set, err := Compile(fstest.MapFS{"t.json": {Data: []byte(text)}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		value := strings.Repeat("a", 60) + "b"
		event := fmt.Appendf(nil, `{"a":%q,%q:"x"}`, value, value)
		start := time.Now()
		_, findings := set.Validate("t", event)
		if took := time.Since(start); len(findings) != 1 || took > 20*longestMatch ||
			findings[0].Message != "gave up on the pattern ^(?=(a+)+$) after 100ms" {
			t.Errorf("%s: findings are %v after %v", name, findings, took)
		}
		allowed.spend(2 * patience)
		start = time.Now()
		for range 1_000 {
			_, findings = set.Validate("t", event)
		}
		if took := time.Since(start); len(findings) != 1 || took > time.Second ||
			!strings.HasPrefix(findings[0].Message, "does not try the pattern ^(?=(a+)+$)") {
			t.Errorf("%s: findings are %v after %v", name, findings, took)
		}
		allowed = allowance{debt: patience + time.Second, at: time.Now().Add(-3 * time.Second)} // half of which is regained
		if _, findings = set.Validate(
			"t", []byte(`{"a":"aaa"}`),
		); len(findings) > 0 &&
			strings.HasPrefix(findings[0].Message, "does not try") {
			t.Errorf("%s: findings are %v after a rest", name, findings)
		}
		allowed = allowance{}
	}
}
