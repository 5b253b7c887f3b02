package fault

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"global-ingest/test/simulator"
)

// Faults of calls: what Firehose, S3 and Lambda answer while a row runs.

func badRequest(kind string) simulator.Fault {
	return simulator.Fault{Status: http.StatusBadRequest, Type: kind}
}

// share breaks a share of the calls of one operation, or of all when it is empty.
func share(part float64, operation string, fault simulator.Fault) func(*run) simulator.Faults {
	return func(r *run) simulator.Faults {
		return func(c simulator.Call) *simulator.Fault {
			if operation != "" && c.Operation != operation || !r.random.below(part) {
				return nil
			}
			return &fault
		}
	}
}

// batchesDenied denies every batch, which the SDK does not retry, and answers puts of
// single records with single.
func batchesDenied(single simulator.Fault) func(*run) simulator.Faults {
	return func(r *run) simulator.Faults {
		denied := badRequest("AccessDeniedException")
		return func(c simulator.Call) *simulator.Fault {
			if c.Operation != "PutRecordBatch" {
				return &single
			}
			r.denied.Add(1)
			return &denied
		}
	}
}

// refuseInPart makes Ingest spill everything, and refuses some records of each batch of
// Redrive and the Validator.
func refuseInPart(r *run) simulator.Faults {
	return func(c simulator.Call) *simulator.Fault {
		if c.Operation == "PutRecord" {
			return simulator.Unavailable()
		}
		var refused []int
		for i := range c.Records {
			if r.random.below(0.3) {
				refused = append(refused, i)
			}
		}
		if len(refused) > 0 {
			r.denied.Add(1)
		}
		return &simulator.Fault{Refuse: refused}
	}
}

// anything breaks a tenth of all calls, each in one of many ways.
func anything(r *run) simulator.Faults {
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
		if !r.random.below(0.1) {
			return nil
		}
		return &kinds[r.random.intN(len(kinds))]
	}
}

// refuse fails a share of the writes below a prefix.
func refuse(part float64, prefix string) func(*run) func(key string) error {
	return func(r *run) func(key string) error {
		return func(key string) error {
			if strings.HasPrefix(key, prefix) && r.random.below(part) {
				return errors.New("S3 is down")
			}
			return nil
		}
	}
}

// always makes failFirst fail every invocation until failed/ is replayed.
const always = 0

// failFirst fails the first n invocations of a function.
func failFirst(function string, n int64, fault error) func(*run) func(string) error {
	return func(r *run) func(string) error {
		var calls atomic.Int64
		return func(called string) error {
			if called != function || n != always && calls.Add(1) > n || r.replaying.Load() {
				return nil
			}
			return fault
		}
	}
}
