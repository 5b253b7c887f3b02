// Package fault sends events through the pipeline while something is broken, and
// accounts for each of them afterwards: what was acknowledged must be in the lake,
// once by its id, with the bytes that were sent. The functions are the real
// binaries on the simulator, configured by the golden templates.
package fault

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"global-ingest/test/simulator"
)

// row is one fault, from the first request until all are sent; then it is mended.
type row struct {
	name string
	// faults and objects say what goes wrong with calls to Firehose and writes to
	// S3; nil: nothing. Randomness is the run's own.
	faults  func(*random) simulator.Faults
	objects func(*random) func(bucket, key string) error
	// refuses says that clients hear 503 while it lasts, and nothing is acknowledged.
	refuses bool
}

// rows are the faults, the healthy pipeline first: the others' latency is compared
// with its.
var rows = []row{
	{name: "none"},
	{name: "503 on 1 %", faults: share(0.01, "PutRecord", *simulator.Unavailable())},
	{name: "503 on 30 %", faults: share(0.3, "PutRecord", *simulator.Unavailable())},
	{name: "503 on 100 %", faults: share(1, "", *simulator.Unavailable())},
	{name: "stored, then reset, 5 %", faults: share(0.05, "PutRecord", simulator.Fault{ResetAfter: true})},
	{name: "reset before, 5 %", faults: share(0.05, "PutRecord", simulator.Fault{ResetBefore: true})},
	{name: "hang, 2 %", faults: share(0.02, "PutRecord", simulator.Fault{Hang: true})},
	{name: "slow, 300 ms", faults: share(1, "PutRecord", simulator.Fault{Delay: 300 * time.Millisecond})},
	{name: "400 KMS", faults: share(1, "PutRecord", badRequest("InvalidKMSResourceException"))},
	{name: "400 not found", faults: share(1, "PutRecord", badRequest("ResourceNotFoundException"))},
	{name: "400 access denied", faults: share(1, "PutRecord", badRequest("AccessDeniedException"))},
	{name: "400 invalid argument", faults: share(1, "PutRecord", badRequest("InvalidArgumentException"))},
	{name: "400 of an unknown type", faults: share(1, "PutRecord", badRequest("NobodyKnowsException"))},
	{name: "Firehose and S3 down", faults: share(1, "", *simulator.Unavailable()), objects: refuse(1, ""), refuses: true},
	{name: "batches refused in part", faults: refuseInPart},
	{name: "S3 refuses deliveries", objects: refuse(0.5, "events/")},
	{name: "S3 refuses spills, 20 %", faults: share(0.5, "PutRecord", *simulator.Unavailable()), objects: refuse(0.2, "spill/"), refuses: true},
	{name: "all of it, mixed", faults: mixed, objects: refuse(0.05, ""), refuses: true},
}

func badRequest(kind string) simulator.Fault {
	return simulator.Fault{Status: http.StatusBadRequest, Type: kind}
}

// random is a source that goroutines may share.
type random struct {
	mu     sync.Mutex
	source *rand.Rand
}

func newRandom(seed uint64) *random {
	return &random{source: rand.New(rand.NewPCG(seed, 0))}
}

func (r *random) below(share float64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Float64() < share
}

func (r *random) intN(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.IntN(n)
}

// share breaks a share of the calls of one operation, or of all when it is empty.
func share(part float64, operation string, fault simulator.Fault) func(*random) simulator.Faults {
	return func(r *random) simulator.Faults {
		return func(c simulator.Call) *simulator.Fault {
			if operation != "" && c.Operation != operation || !r.below(part) {
				return nil
			}
			return &fault
		}
	}
}

// refuseInPart has ingest spill everything and refuses some records of each batch
// by which Redrive and the Validator put theirs.
func refuseInPart(r *random) simulator.Faults {
	return func(c simulator.Call) *simulator.Fault {
		if c.Operation == "PutRecord" {
			return simulator.Unavailable()
		}
		var refused []int
		for i := range c.Records {
			if r.below(0.3) {
				refused = append(refused, i)
			}
		}
		return &simulator.Fault{Refuse: refused}
	}
}

func mixed(r *random) simulator.Faults {
	kinds := []simulator.Fault{
		*simulator.Unavailable(),
		{ResetBefore: true},
		{ResetAfter: true},
		{Hang: true},
		{Delay: 300 * time.Millisecond},
		badRequest("InvalidKMSResourceException"),
		{Refuse: []int{0}},
	}
	return func(simulator.Call) *simulator.Fault {
		if !r.below(0.1) {
			return nil
		}
		return &kinds[r.intN(len(kinds))]
	}
}

// refuse fails a share of the writes below a prefix.
func refuse(part float64, prefix string) func(*random) func(bucket, key string) error {
	return func(r *random) func(bucket, key string) error {
		return func(_, key string) error {
			if strings.HasPrefix(key, prefix) && r.below(part) {
				return errors.New("S3 is down")
			}
			return nil
		}
	}
}

// options has the simulator run the row's fault until mended is set.
func (w row) options(o *simulator.Options, r *random, mended *atomic.Bool) {
	if w.faults != nil {
		faults := w.faults(r)
		o.FirehoseFaults = func(c simulator.Call) *simulator.Fault {
			if mended.Load() {
				return nil
			}
			return faults(c)
		}
	}
	if w.objects != nil {
		objects := w.objects(r)
		o.ObjectFaults = func(bucket, key string) error {
			if mended.Load() {
				return nil
			}
			return objects(bucket, key)
		}
	}
}
