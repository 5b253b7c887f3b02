package fault

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"global-ingest/lambdas/record"
	"global-ingest/test/figures"
	"global-ingest/test/simulator"
	"global-ingest/test/traffic"
)

// Bodies at limits.

// maxBody is the largest body that Lambda takes from API Gateway, in bytes: an event has
// at most 6 MiB, base64 leaves 3/4 of that, and the proxy event holds more than the body.
const maxBody = 4_500_000

// bodiesAtLimits returns bodies with one event each, of sizes one byte below, at and above
// these limits: nothing; 8 KiB; what fits a record beside its header; 1,000 KiB, the limit
// of a record; 4.5 MB, the largest body; and 6 MB, which no Lambda event takes.
func bodiesAtLimits(r *run, _ int) (all []traffic.Request) {
	inflated := r.validatorInflates()
	for _, limit := range []int{
		0, 8 << 10, record.MaxBytes - headerBytes(record.MaxBytes-1000), record.MaxBytes, maxBody, 6_000_000, 6 << 20,
	} {
		for size := max(limit-1, 0); size <= limit+1; size++ {
			request := r.generator.Sized(size)
			if size > inflated {
				request.Events[0].Reason = record.TooLarge
			}
			all = append(all, request)
		}
	}
	return all
}

// oversizeBodies returns bodies that only Redrive can bring into records: an event as large
// as the Validator may inflate, which needs an answer of its own, and lines of every kind.
func oversizeBodies(r *run, _ int) []traffic.Request {
	g := r.generator
	return []traffic.Request{g.Sized(r.validatorInflates()), g.Oversize(), g.OversizeEnvelope()}
}

// validatorInflates is the Validator's limit for an inflated body, in bytes.
func (r *run) validatorInflates() int {
	text, _ := simulator.Variables(templates(), "Validator")["MAX_INFLATED_BYTES"].(string)
	limit, err := strconv.Atoi(text)
	if err != nil {
		panic(err) // infra writes a number
	}
	return limit
}

// headerBytes is the length of the header of a record, for a body of this many bytes.
func headerBytes(body int) int {
	id := record.NewID() // a request's id is as long
	h := record.Header{
		ID: id, Region: figures.Region, RequestID: id, ReceivedAt: time.Now(), IP: "127.0.0.0", UserAgent: traffic.UserAgent,
		ContentType: traffic.SizedContentType,
	}
	return len(record.Append(nil, h, make([]byte, body))) - body
}

// refusedAbove45MB checks that the gateway refused the bodies that are too large for
// Lambda. On a machine that is too busy for the deployed bounds, one or two more large
// bodies may be refused.
func refusedAbove45MB(_ *run, got Result) error {
	const tooLarge = 6 // three each at 6 MB and 6 MiB
	if got.Refused < tooLarge || got.Refused > tooLarge+2 {
		return fmt.Errorf("%d bodies were refused, want the %d above what Lambda takes", got.Refused, tooLarge)
	}
	return nil
}

// crafted is a body at which the mutated Ingest panics.
const crafted = "panic!"

var panics = mutation{
	name: "panic on a crafted body", file: "lambdas/ingest/handler.go",
	old: `to = h.encode(s, r)`,
	new: `to = h.encode(s, r)
	if n := len(s.record); to.bodies != nil && string(s.record[max(0, n-len("` + crafted + `")):]) == "` + crafted + `" {
		panic(string(s.record))
	}`,
}

// panicking builds an Ingest that panics at some bodies.
func panicking(_ *run, o *simulator.Options) (err error) {
	o.Bootstraps, err = panics.build(filepath.Join(o.Dir, "panicking"))
	return err
}

// withCrafted puts crafted bodies among the others.
func withCrafted(r *run, events int) []traffic.Request {
	requests := r.generator.Mixed(events)
	for range craftedBodies {
		requests = append(requests, r.generator.Crafted(crafted))
	}
	return r.generator.Shuffled(requests)
}

const craftedBodies = 10

// onlyCraftedRefused checks that a panic ends only its own request.
func onlyCraftedRefused(_ *run, got Result) error {
	if got.Refused != craftedBodies {
		return fmt.Errorf("%d events were refused, want the %d crafted ones", got.Refused, craftedBodies)
	}
	return nil
}

// overflowing returns bodies whose lines do not fit one answer of the Validator: an answer
// has room for 4.4 MB, and Firehose hands over 1 MiB of bodies at once.
func overflowing(bodies int, body func(*run) traffic.Request) func(*run, int) []traffic.Request {
	return func(r *run, _ int) (all []traffic.Request) {
		for range bodies {
			all = append(all, body(r))
		}
		return all
	}
}

// Compressed bodies that overflow, named by the factor by which they inflate.

func ratio5(r *run) traffic.Request { return r.generator.Compressed(r.generator.Session(100, 310)) }

func ratio16(r *run) traffic.Request { return r.generator.Compressed(r.generator.Session(100, 68)) }

// ratio1000 inflates as far as a body may.
func ratio1000(r *run) traffic.Request {
	return r.generator.Compressed(r.generator.Sized(r.validatorInflates()))
}

func twoMillion(r *run) traffic.Request {
	return r.generator.Compressed(r.generator.Sized(2_300_000))
}

// plainLarge is an event that is too large for a record until Redrive has compressed it.
func plainLarge(r *run) traffic.Request { return r.generator.Sized(1_700_000) }

// Bodies whose lines are ten times as long and more: each line repeats the header.

func emptyObjects(r *run) traffic.Request { return r.generator.EmptyObjects(10_000) }
func tinyEvents(r *run) traffic.Request   { return r.generator.Tiny(9_000) }

// collected makes Firehose hand over whole batches: what is sent within some seconds.
func collected(_ *run, o *simulator.Options) error {
	o.Patience = 5 * time.Second
	return nil
}

// isOverflow says whether the Validator itself stored an object of lines: then its name
// begins with an ingest id, and otherwise with the name of a stream.
func isOverflow(key string) bool {
	return strings.HasPrefix(key, record.EventsPrefix) && ingestID.MatchString(path.Base(key))
}

var ingestID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7`)

// someOverflowed checks that some lines did not fit an answer.
func someOverflowed(r *run, _ Result) error {
	if r.overflows.Load() == 0 {
		return errors.New("all lines fitted an answer")
	}
	return nil
}

// overflowRefused waits until S3 has refused lines, and then longer than an invocation.
func overflowRefused(r *run) error {
	for range 1000 {
		if r.overflows.Load() > 0 {
			time.Sleep(shortTimeout + time.Second)
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("the Validator stored no lines within 10 s")
}

// shortTimeout makes the Validator time out, and so be called again, while S3 refuses.
const shortTimeout = 4 * time.Second

// hurried is a Validator without time: each worker judges one record, and the other
// records of the batch are left for another batch.
var hurried = mutation{
	name: "late from the start", file: "lambdas/validate/store.go",
	old: `hours{late: deadline.Add(-left / 4), end`,
	new: `hours{late: now, end`,
}

func lateFromTheStart(_ *run, o *simulator.Options) (err error) {
	o.Bootstraps, err = hurried.build(filepath.Join(o.Dir, "hurried"))
	return err
}

var deferredKey = regexp.MustCompile(`^` + record.SpillPrefix + `.*-[0-9a-f]{32}$`)

// someDeferred checks that records were left for another batch.
func someDeferred(r *run, _ Result) error {
	if r.deferrals.Load() == 0 {
		return errors.New("nothing was deferred")
	}
	return nil
}

// killedAfterPut kills the Validator three times, each when S3 has stored its lines and has
// not answered.
func killedAfterPut(r *run, o *simulator.Options) error {
	var mu sync.Mutex
	written := map[string]int{}
	o.ObjectWritten = func(_, key string) {
		if !isOverflow(key) {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if written[key]++; written[key] > 1 {
			r.overwritten.Add(1)
		}
		if r.kills.Load() < 3 {
			r.kills.Add(int64(r.sim.Function("Validator").Kill()))
		}
	}
	return collected(r, o)
}

// overwroteThemselves checks that batches that came again wrote the same objects.
func overwroteThemselves(r *run, _ Result) error {
	if r.kills.Load() == 0 || r.overwritten.Load() == 0 {
		return fmt.Errorf("%d processes were killed, %d objects were overwritten", r.kills.Load(), r.overwritten.Load())
	}
	return nil
}
