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
// Validator may inflate, which no answer holds beside others, and lines of every sort.
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

// overflowing returns bodies whose lines no answer of the Validator holds together: an
// answer has room for 4.4 MB, and 1 MiB of them is handed over at once.
func overflowing(bodies int, body func(*scene) traffic.Request) func(*scene, int) []traffic.Request {
	return func(s *scene, _ int) (all []traffic.Request) {
		for range bodies {
			all = append(all, body(s))
		}
		return all
	}
}

// Bodies of these are what overflows: each with how many bytes gzip makes of one.

func ratio5(s *scene) traffic.Request { return s.generator.Compressed(s.generator.Session(100, 310)) }

func ratio16(s *scene) traffic.Request { return s.generator.Compressed(s.generator.Session(100, 68)) }

// ratio1000 inflates as far as a body may.
func ratio1000(s *scene) traffic.Request {
	return s.generator.Compressed(s.generator.Sized(s.validatorInflates()))
}

func twoMillion(s *scene) traffic.Request {
	return s.generator.Compressed(s.generator.Sized(2_300_000))
}

// plainLarge is an event that no record holds until Redrive has compressed it.
func plainLarge(s *scene) traffic.Request { return s.generator.Sized(1_700_000) }

// Lines of these take ten times their bytes and more, each with the record's header.

func emptyObjects(s *scene) traffic.Request { return s.generator.EmptyObjects(10_000) }
func tinyEvents(s *scene) traffic.Request   { return s.generator.Tiny(9_000) }

// collected has Firehose hand over whole batches: what is sent within some seconds.
func collected(_ *scene, o *simulator.Options) error {
	o.Patience = 5 * time.Second
	return nil
}

// isOverflow says whether the Validator has stored an object of lines itself: its name
// begins with an ingest id, Firehose's with a stream's.
func isOverflow(key string) bool {
	return strings.HasPrefix(key, record.EventsPrefix) && ingestID.MatchString(path.Base(key))
}

var ingestID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7`)

// someOverflowed says that lines did not fit an answer.
func someOverflowed(s *scene, _ Result) error {
	if s.overflows.Load() == 0 {
		return errors.New("all lines fitted an answer")
	}
	return nil
}

// overflowRefused waits until S3 has refused lines, and longer than one invocation lasts.
func overflowRefused(s *scene) error {
	for range 1000 {
		if s.overflows.Load() > 0 {
			time.Sleep(shortTimeout + time.Second)
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.New("no lines were to be stored within 10 s")
}

// shortTimeout is that of a Validator that has to be called again while S3 refuses.
const shortTimeout = 4 * time.Second

// hurried is a Validator that is late from the start: it judges one record a worker, and
// leaves the others of its batch for another one.
var hurried = mutation{
	name: "late from the start", file: "lambdas/validate/store.go",
	old: `hours{late: deadline.Add(-left / 4), end`,
	new: `hours{late: now, end`,
}

func lateFromTheStart(_ *scene, o *simulator.Options) (err error) {
	o.Bootstraps, err = hurried.build(filepath.Join(o.Dir, "hurried"))
	return err
}

var deferredKey = regexp.MustCompile(`^` + record.SpillPrefix + `.*-[0-9a-f]{32}$`)

// someDeferred says that records were left for another batch.
func someDeferred(s *scene, _ Result) error {
	if s.deferrals.Load() == 0 {
		return errors.New("nothing was deferred")
	}
	return nil
}

// killedAfterPut kills the Validator, some times, when S3 has lines and it has not heard so.
func killedAfterPut(s *scene, o *simulator.Options) error {
	var mu sync.Mutex
	written := map[string]int{}
	o.ObjectWritten = func(_, key string) {
		if !isOverflow(key) {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if written[key]++; written[key] > 1 {
			s.overwritten.Add(1)
		}
		if s.kills.Load() < 3 {
			s.kills.Add(int64(s.sim.Function("Validator").Kill()))
		}
	}
	return collected(s, o)
}

// overwroteThemselves says that the batches that came again wrote the same objects.
func overwroteThemselves(s *scene, _ Result) error {
	if s.kills.Load() == 0 || s.overwritten.Load() == 0 {
		return fmt.Errorf("%d processes were killed, %d objects were overwritten", s.kills.Load(), s.overwritten.Load())
	}
	return nil
}
