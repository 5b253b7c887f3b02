package schema

import (
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A pattern is a regular expression of ECMA-262, as the drafts say. Go's regexp runs
// all that it can express, in linear time. Look-around, references to groups and
// repetition beyond 1,000 are left to regexp2, which backtracks and can take for ever:
// `^(?=(a+)+$)` doubles with each letter of the value.
const (
	// longestMatch bounds one value. An honest match takes a few microseconds.
	longestMatch = 100 * time.Millisecond
	// patience bounds all values of a process, which gets half of the passing time
	// back: a batch full of hostile values takes at most 20 s of the Validator's minute
	// before the rest is refused untried.
	patience = 10 * time.Second
)

// tick is how exactly regexp2 keeps longestMatch: it stops up to two ticks late.
const tick = 10 * time.Millisecond

var quicken = sync.OnceFunc(func() { regexp2.SetTimeoutCheckPeriod(tick) })

// checkPattern says why a pattern is not valid.
func checkPattern(pattern string) error {
	_, err := compilePattern(pattern)
	return err
}

// compilePattern implements jsonschema.RegexpEngine.
func compilePattern(pattern string) (jsonschema.Regexp, error) {
	quicken()
	t, err := translate(pattern)
	if err != nil {
		return nil, err
	}
	exact, err := regexp2.Compile(pattern, regexp2.ECMAScript|regexp2.Unicode)
	if err != nil && !t.unicode { // without the flag u more is legal, for example [\w-.]
		exact, err = regexp2.Compile(pattern, regexp2.ECMAScript)
	}
	if err != nil {
		return nil, fmt.Errorf("is not a regular expression of ECMA-262: %w", err)
	}
	if linear, err := regexp.Compile(t.text); err == nil && !t.goesBack {
		return ecma{linear, pattern}, nil
	}
	exact.MatchTimeout = longestMatch
	return backtracking{exact, pattern}, nil
}

// ecma is a pattern that Go's regexp runs.
type ecma struct {
	*regexp.Regexp
	pattern string
}

// String returns the pattern as it was written.
func (e ecma) String() string { return e.pattern }

// backtracking is a pattern that needs regexp2.
type backtracking struct {
	exact   *regexp2.Regexp
	pattern string
}

// String returns the pattern as it was written.
func (b backtracking) String() string { return b.pattern }

// MatchString panics with an undecided when it cannot tell in time. The engine knows
// only yes and no, and below a "not" either could be the wrong verdict.
func (b backtracking) MatchString(text string) bool {
	if !allowed.left() {
		panic(undecided("does not try the pattern " + b.pattern + ": patterns that backtrack have used up their time"))
	}
	start := time.Now()
	matches, err := b.exact.MatchString(text)
	allowed.spend(time.Since(start))
	if err != nil {
		panic(undecided("gave up on the pattern " + b.pattern + " after " + longestMatch.String()))
	}
	return matches
}

// undecided says why a schema could not decide.
type undecided string

// allowance is time that can be spent. Half of it comes back as time passes.
type allowance struct {
	sync.Mutex
	debt time.Duration
	at   time.Time
}

var allowed allowance

// left says whether there is time to spend.
func (a *allowance) left() bool {
	a.Lock()
	defer a.Unlock()
	if a.debt == 0 {
		return true
	}
	now := time.Now()
	a.debt = max(0, a.debt-now.Sub(a.at)/2)
	a.at = now
	return a.debt < patience
}

func (a *allowance) spend(d time.Duration) {
	a.Lock()
	defer a.Unlock()
	if a.debt == 0 {
		a.at = time.Now()
	}
	a.debt += d
}
