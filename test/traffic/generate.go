package traffic

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"global-ingest/lambdas/record"
)

// Event is one event that a request must leave in the lake: valid, or rejected
// for a reason.
type Event struct {
	N       int           // its index in the request; Whole: the reject is the body
	Reason  record.Reason // empty: valid
	Type    string        // of a rejected one as far as it can be read
	Payload []byte        // what must be stored, byte for byte
}

// Whole is the N of a reject that is not one event but the whole body.
const Whole = -1

// Request is one request and what must become of it.
type Request struct {
	Kind        string // for messages
	Client      string // its name in the source of what is stored; empty: none
	Method      string // empty: POST
	Path        string // with the query; empty: one of the plain ones
	Headers     map[string]string
	ContentType string // "none": no such header
	Encoding    string // Content-Encoding; empty: no such header
	Body        []byte
	Events      []Event
	TurnedAway  int // the status with which the gateway refuses it: nothing of it may be stored; 0: it is taken
}

// Generator makes requests of every kind from one seed.
type Generator struct {
	random *rand.Rand
	count  int
}

// NewGenerator returns a Generator that makes the same requests for the same seed.
func NewGenerator(seed uint64) *Generator {
	return &Generator{random: rand.New(rand.NewPCG(seed, seed))}
}

// Mixed returns requests with at least n Events: each kind once, and then as they
// come by their weights.
func (g *Generator) Mixed(n int) []Request {
	var all []Request
	count := 0
	add := func(k kind) {
		r := g.Made(k.name, k.make(g))
		all = append(all, r)
		count += len(r.Events)
	}
	var weighted []kind // each as often as its weight says
	for _, k := range kinds {
		add(k)
		weighted = append(weighted, slices.Repeat([]kind{k}, k.weight)...)
	}
	for count < n {
		add(pick(g, weighted...))
	}
	return g.Shuffled(all)
}

// Shuffled returns the requests in another order.
func (g *Generator) Shuffled(requests []Request) []Request {
	g.random.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
	return requests
}

// Made gives r a name, and a content type and path as clients choose them.
func (g *Generator) Made(kind string, r Request) Request {
	r.Kind = kind
	if r.ContentType == "" {
		r.ContentType = pick(g, "application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded",
			"x/y; broken=\"", "none")
	}
	if r.Path == "" {
		r.Path = pick(g, "/", "/events")
	}
	return r
}

func pick[T any](g *Generator, choices ...T) T { return choices[g.random.IntN(len(choices))] }

// mark is a text that no other event has, so that each event's bytes are its own.
func (g *Generator) mark() string {
	g.count++
	return fmt.Sprintf("c%d-%x", g.count, g.random.Uint64())
}

// text fills a pattern in: CLICK is a valid event of the type click, and MARK a mark.
func (g *Generator) text(pattern string) string {
	pattern = strings.ReplaceAll(pattern, "CLICK", `{"type":"click","event_id":"MARK",`+
		`"occurred_at":"2026-11-23T10:00:00Z","session":"s","page":{"url":"https://example.com/"},"element":{"id":"buy"}}`)
	return strings.ReplaceAll(pattern, "MARK", g.mark())
}

// good makes a valid event of a pattern, and bad one that is rejected.
func (g *Generator) good(typ, pattern string) Event {
	return Event{Type: typ, Payload: []byte(g.text(pattern))}
}

func (g *Generator) bad(reason record.Reason, typ, pattern string) Event {
	return Event{Reason: reason, Type: typ, Payload: []byte(g.text(pattern))}
}

func (g *Generator) click() Event { return g.good("click", "CLICK") }

// clicks are from least to most valid events.
func (g *Generator) clicks(least, most int) (all []Event) {
	for range least + g.random.IntN(most-least+1) {
		all = append(all, g.click())
	}
	return all
}

// joined is a request whose body is these events, with texts around and between them.
func joined(open, between, end string, events ...Event) Request {
	body := []byte(open)
	for n := range events {
		if n > 0 {
			body = append(body, between...)
		}
		body = append(body, events[n].Payload...)
		events[n].N = n
	}
	return Request{Body: append(body, end...), Events: events}
}

// reject is a request whose whole body becomes one reject.
func reject(reason record.Reason, body []byte) Request {
	return Request{Body: body, Events: []Event{{N: Whole, Reason: reason, Payload: body}}}
}
