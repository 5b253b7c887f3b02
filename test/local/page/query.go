package page

import (
	"bytes"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"global-ingest/lambdas/record"
)

// query chooses events.
type query struct {
	id, eventType, text string
	verdict             verdict
	reason              record.Reason

	after int64
	limit int
	count int           // answer once so many match
	wait  time.Duration // or when it is over
}

const maxWait = time.Minute

// parameters are those of one request, each read once.
type parameters struct {
	values  url.Values
	problem error // the first
}

// parametersOf refuses a parameter that is not allowed, and one that is given twice.
func parametersOf(values url.Values, allowed ...string) *parameters {
	p := &parameters{values: values}
	for name, given := range values {
		switch {
		case len(allowed) == 0:
			p.fail("unknown parameter %q: no parameter is allowed", name)
		case !slices.Contains(allowed, name):
			p.fail("unknown parameter %q: allowed are %s", name, strings.Join(allowed, ", "))
		case len(given) > 1:
			p.fail("parameter %q is given %d times, allowed is once", name, len(given))
		}
	}
	return p
}

func (p *parameters) fail(format string, args ...any) {
	if p.problem == nil {
		p.problem = fmt.Errorf(format, args...)
	}
}

// oneOf returns a value of a closed set, or "" without the parameter.
func oneOf[T ~string](p *parameters, name string, set []T) T {
	value := T(p.values.Get(name))
	if p.values.Has(name) && !slices.Contains(set, value) {
		p.fail("parameter %q is %q: allowed are %s", name, value, list(set))
	}
	return value
}

func list[T ~string](set []T) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(set), " ", ", "), "[]")
}

// number returns a whole number of a range.
func (p *parameters) number(name string, otherwise, least, most int64) int64 {
	if !p.values.Has(name) {
		return otherwise
	}
	n, err := strconv.ParseInt(p.values.Get(name), 10, 64)
	if err != nil || n < least || n > most {
		p.fail("parameter %q is %q: allowed is a whole number from %d to %d", name, p.values.Get(name), least, most)
	}
	return n
}

// duration returns a time of a range.
func (p *parameters) duration(name string, otherwise, most time.Duration) time.Duration {
	if !p.values.Has(name) {
		return otherwise
	}
	d, err := time.ParseDuration(p.values.Get(name))
	if err != nil || d < 0 || d > most {
		p.fail("parameter %q is %q: allowed is a time from 0s to %s, such as 5s or 250ms", name, p.values.Get(name), most)
	}
	return d
}

var filterNames = []string{"id", "type", "verdict", "reason", "text"}

// filterOf reads what chooses events.
func filterOf(p *parameters) query {
	return query{
		id: p.values.Get("id"), eventType: p.values.Get("type"), text: strings.ToLower(p.values.Get("text")),
		verdict: oneOf(p, "verdict", verdicts), reason: oneOf(p, "reason", record.Reasons()),
	}
}

// queryOf reads the parameters of GET /events.
func queryOf(p *parameters) (query, error) {
	q := filterOf(p)
	q.after = p.number("after", 0, 0, 1<<53)
	q.limit = int(p.number("limit", 100, 1, kept))
	q.count = int(p.number("count", 0, 1, kept))
	q.wait = p.duration("wait", 0, maxWait)
	if q.wait > 0 && q.count == 0 {
		p.fail(`parameter "wait" needs "count": how many events to wait for`)
	}
	return q, p.problem
}

// judged returns the events of a view that q chooses, the newest first.
func (q query) judged(v view) (found []item) {
	for _, i := range v.items {
		if i.seq > q.after && (q.verdict == "" || i.verdict == q.verdict) && q.matches(i.read()) {
			found = append(found, i)
		}
	}
	return found
}

// unjudged returns the requests that q chooses, by id: only that is known of them.
func (q query) unjudged(v view) (found []request) {
	if q.eventType != "" || q.reason != "" || q.text != "" || q.verdict != "" && q.verdict != waiting {
		return nil
	}
	for _, r := range v.requests {
		if q.id == "" || q.id == r.id {
			found = append(found, r)
		}
	}
	return found
}

func (q query) matches(c *content) bool {
	return (q.id == "" || q.id == c.ID || q.id == ingestID(c.ID)) &&
		(q.eventType == "" || q.eventType == c.Type) &&
		(q.reason == "" || q.reason == c.Reason) &&
		(q.text == "" || q.says(c))
}

// says returns whether an event, or what was found in it, holds the text, whatever the case.
func (q query) says(c *content) bool {
	for _, text := range []string{c.ID, c.Type, string(c.Reason)} {
		if strings.Contains(strings.ToLower(text), q.text) {
			return true
		}
	}
	for _, e := range c.Errors {
		if strings.Contains(strings.ToLower(e.Instance+" "+e.Message), q.text) {
			return true
		}
	}
	return bytes.Contains(bytes.ToLower(c.Payload), []byte(q.text))
}
