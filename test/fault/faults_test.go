package fault

import (
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"global-ingest/test/simulator"
)

// Faults of calls: what Firehose, S3 and Lambda answer while a row lasts.

func badRequest(kind string) simulator.Fault {
	return simulator.Fault{Status: http.StatusBadRequest, Type: kind}
}

// share breaks a share of the calls of one operation, or of all when it is empty.
func share(part float64, operation string, fault simulator.Fault) func(*scene) simulator.Faults {
	return func(s *scene) simulator.Faults {
		return func(c simulator.Call) *simulator.Fault {
			if operation != "" && c.Operation != operation || !s.random.below(part) {
				return nil
			}
			return &fault
		}
	}
}

// batchesDenied denies every batch, which the SDK does not try again, and answers
// single records with single.
func batchesDenied(single simulator.Fault) func(*scene) simulator.Faults {
	return func(s *scene) simulator.Faults {
		denied := badRequest("AccessDeniedException")
		return func(c simulator.Call) *simulator.Fault {
			if c.Operation != "PutRecordBatch" {
				return &single
			}
			s.denied.Add(1)
			return &denied
		}
	}
}

// refuseInPart has ingest spill everything and refuses some records of each batch
// by which Redrive and the Validator put theirs.
func refuseInPart(s *scene) simulator.Faults {
	return func(c simulator.Call) *simulator.Fault {
		if c.Operation == "PutRecord" {
			return simulator.Unavailable()
		}
		var refused []int
		for i := range c.Records {
			if s.random.below(0.3) {
				refused = append(refused, i)
			}
		}
		if len(refused) > 0 {
			s.denied.Add(1)
		}
		return &simulator.Fault{Refuse: refused}
	}
}

// anything breaks a tenth of all calls, each in one of many ways.
func anything(s *scene) simulator.Faults {
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
		if !s.random.below(0.1) {
			return nil
		}
		return &kinds[s.random.intN(len(kinds))]
	}
}

// refuse fails a share of the writes below a prefix.
func refuse(part float64, prefix string) func(*scene) func(key string) error {
	return func(s *scene) func(key string) error {
		return func(key string) error {
			if strings.HasPrefix(key, prefix) && s.random.below(part) {
				return errors.New("S3 is down")
			}
			return nil
		}
	}
}

// always fails every invocation of a function, until it is mended in after.
const always = 0

// failFirst fails the first n invocations of a function, or all while failed/ is empty.
func failFirst(function string, n int64, fault error) func(*scene) func(string) error {
	return func(s *scene) func(string) error {
		var calls atomic.Int64
		return func(called string) error {
			if called != function || n != always && calls.Add(1) > n || s.replaying.Load() {
				return nil
			}
			return fault
		}
	}
}
