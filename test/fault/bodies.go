package fault

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// Bodies that are at a limit.

// maxBody is the largest body that Lambda takes of API Gateway, in bytes: an event of
// 6 MiB, of which base64 leaves 3/4, less what the proxy event holds beside it.
const maxBody = 4_500_000

// bodiesAtLimits has one event of exactly each size at, below and above: nothing;
// 8 KiB; what fits a record beside its header, and 1,000 KiB, which a record does not;
// 4.5 MB, the largest body; and 6 MB, which no Lambda event takes.
func bodiesAtLimits(s *scene, _ int) (all []traffic.Request) {
	inflated := s.validatorInflates()
	for _, limit := range []int{0, 8 << 10, record.MaxBytes - headerBytes(record.MaxBytes-1000), record.MaxBytes, maxBody, 6_000_000, 6 << 20} {
		for size := max(limit-1, 0); size <= limit+1; size++ {
			r := s.generator.Sized(size)
			if size > inflated {
				r.Events[0].Reason = record.TooLarge
			}
			all = append(all, r)
		}
	}
	return all
}

// oversizeBodies are what only Redrive can bring into records: an event as large as the
// Validator may inflate, which fills an answer by itself, and lines of every sort.
func oversizeBodies(s *scene, _ int) []traffic.Request {
	return []traffic.Request{s.generator.Sized(s.validatorInflates()), s.generator.Oversize()}
}

// validatorInflates is the Validator's limit, in bytes.
func (s *scene) validatorInflates() int {
	text, _ := simulator.Variables(templates(), "Validator")["MAX_INFLATED_BYTES"].(string)
	limit, err := strconv.Atoi(text)
	if err != nil {
		panic(err) // infra writes a number
	}
	return limit
}

// headerBytes is the length of a record's header beside a body of this many bytes of
// the clients here.
func headerBytes(body int) int {
	id := record.NewID() // a request's id is as long
	h := record.Header{
		ID: id, RequestID: id, ReceivedAt: time.Now(), IP: "127.0.0.0", UserAgent: traffic.UserAgent, ContentType: traffic.SizedContentType,
	}
	return len(record.Append(nil, h, make([]byte, body))) - body
}

// refusedAbove45MB says that the gateway refused what Lambda does not take. A machine
// that is too busy for the deployed bounds may refuse one or two bodies of megabytes
// more, as it may anywhere.
func refusedAbove45MB(_ *scene, r Result) error {
	const tooLarge = 6 // three each at 6 MB and 6 MiB
	if r.Refused < tooLarge || r.Refused > tooLarge+2 {
		return fmt.Errorf("%d bodies were refused, want the %d above what Lambda takes", r.Refused, tooLarge)
	}
	return nil
}

// crafted is a body that the mutated Ingest panics at, by its last byte.
const crafted = "panic!"

var panics = mutation{
	name: "panic on a crafted body", file: "lambdas/ingest/handler.go",
	old: `cors = h.encode(s, event)`,
	new: `cors = h.encode(s, event)
	if s.record[len(s.record)-1] == '!' {
		panic(string(s.record))
	}`,
}

// panicking has an Ingest that panics at some bodies.
func panicking(_ *scene, o *simulator.Options) (err error) {
	o.Bootstraps, err = panics.build(filepath.Join(o.Dir, "panicking"))
	return err
}

// withCrafted puts crafted bodies among the others.
func withCrafted(s *scene, events int) []traffic.Request {
	requests := s.generator.Mixed(events)
	for range craftedBodies {
		requests = append(requests, s.generator.Crafted(crafted))
	}
	return s.generator.Shuffled(requests)
}

const craftedBodies = 10

// onlyCraftedRefused says that a panic is the misfortune of its own request.
func onlyCraftedRefused(_ *scene, r Result) error {
	if r.Refused != craftedBodies {
		return fmt.Errorf("%d events were refused, want the %d crafted ones", r.Refused, craftedBodies)
	}
	return nil
}

// tinyEvents are so many of a request that their lines, each with the record's
// header, take more than ten times its bytes: 1.5 MB each, four of which no answer holds.
func tinyEvents(s *scene, _ int) (all []traffic.Request) {
	for range 8 {
		all = append(all, s.generator.Tiny(9_000))
	}
	return all
}
